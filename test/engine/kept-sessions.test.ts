import { expect, it } from 'vitest';
import { keepSessions } from '../../src/engine/kept-sessions.js';
import type { Session } from '../../src/engine/session.js';

function stage(most: number) {
  const opened: string[] = [];
  const released: string[] = [];
  const gates = new Map<string, Promise<void>>();
  const kept = keepSessions(most);
  const network = (name: string, size: string) =>
    kept.network(name, size, async (): Promise<Session> => {
      opened.push(`${name} ${size}`);
      return {
        run: async () => {
          await gates.get(size);
          return {};
        },
        release: async () => void released.push(`${name} ${size}`),
      };
    });
  return { opened, released, gates, kept, network };
}

it('a session is opened once for each size, and the least recently used one is closed', async () => {
  const { opened, released, network } = stage(2);
  for (const size of ['a', 'b', 'a', 'c', 'a']) await network('unet', size).run({});
  await network('vae', 'a').run({});
  expect(opened).toEqual(['unet a', 'unet b', 'unet c', 'vae a']);
  expect(released).toEqual(['unet b']);
});

it('a session in use is not closed, whatever is opened meanwhile', async () => {
  const { released, gates, network } = stage(1);
  let open = () => {};
  gates.set('a', new Promise((resolve) => (open = resolve)));
  const running = network('unet', 'a').run({});
  await network('unet', 'b').run({});
  expect(released).toEqual([]);
  open();
  await running;
  expect(released).toEqual(['unet a']);
});

it('one that could not be opened is tried again', async () => {
  const kept = keepSessions(1);
  let tries = 0;
  const network = kept.network('unet', 'a', async () => {
    tries++;
    throw new Error('no');
  });
  await expect(network.open()).rejects.toThrow('no');
  await expect(network.open()).rejects.toThrow('no');
  expect(tries).toBe(2);
});

it('closing closes all', async () => {
  const { released, kept, network } = stage(4);
  await network('unet', 'a').open();
  await network('vae', 'a').open();
  await kept.close();
  expect(released).toEqual(['unet a', 'vae a']);
});
