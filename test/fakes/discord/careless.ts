import { expect } from 'vitest';
import type { FakeDiscord } from './fakeDiscord.js';
import type { Handle } from './handle.js';

export interface Answer {
  readonly status: number;
  readonly json: { readonly code?: number; readonly id?: string };
}

/** Text of that many characters. */
export const words = (count: number) => 'x'.repeat(count);

/** So many of something. */
export const times = <Item>(count: number, item: (index: number) => Item) =>
  Array.from({ length: count }, (_, index) => item(index));

/** A careless bot: asks REST anything, without discord.js's own checks and queues; only the global limit it keeps. */
export function careless(discord: FakeDiscord) {
  async function ask(method: string, path: string, body?: unknown, headers: object = {}): Promise<Answer> {
    const form = body instanceof FormData;
    const response = await fetch(`${discord.apiUrl}/v10${path}`, {
      method,
      headers: {
        authorization: `Bot ${discord.token}`,
        'user-agent': 'DiscordBot (https://example.org, 1)',
        ...(!form && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: form || typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const said = await response.text();
    // Many short tests are more than 50 requests a second.
    if (response.headers.has('x-ratelimit-global')) {
      await new Promise((resolve) => setTimeout(resolve, Number(response.headers.get('retry-after')) * 1000));
      return ask(method, path, body, headers);
    }
    return { status: response.status, json: said === '' ? {} : JSON.parse(said) };
  }

  return {
    ask,
    register: (...commands: object[]) => ask('PUT', `/applications/${discord.botId}/commands`, commands),
    callback: ({ interaction }: Handle, body: object) =>
      ask('POST', `/interactions/${interaction!.id}/${interaction!.token}/callback`, body),
    original: ({ interaction }: Handle, method: string, body?: unknown) =>
      ask(method, `/webhooks/${discord.botId}/${interaction!.token}/messages/@original`, body),
    /** The request is refused with that code, and written down as the one breach. */
    async breached(answer: Promise<Answer>, code: number, said: string): Promise<void> {
      const { json } = await answer;
      expect(json.code).toBe(code);
      const breaches = discord.forgive(/./);
      expect(breaches).toHaveLength(1);
      expect(breaches[0]).toContain(said);
    },
  };
}
