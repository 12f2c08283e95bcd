import { createHmac } from 'node:crypto';
import { request } from 'node:http';
import { type Attempt, ackMilliseconds, type Parcel, type Retry } from './parcel.js';

/** What a delivery over HTTP can be asked to do wrong. */
export interface Forgery {
  secret?: string;
  /** Seconds since 1970 to sign with. */
  timestamp?: number;
}

/** The signature that Slack puts on a request. */
export function sign(secret: string, timestamp: number | string, body: string): string {
  return `v0=${createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex')}`;
}

/** A parcel as it goes over HTTP. */
export function encode({ kind, payload }: Pick<Parcel, 'kind' | 'payload'>): { type: string; body: string } {
  if (kind === 'events_api') return { type: 'application/json', body: JSON.stringify(payload) };
  const fields = kind === 'slash_commands' ? payload : { payload: JSON.stringify(payload) };
  return { type: 'application/x-www-form-urlencoded', body: `${new URLSearchParams(fields)}` };
}

function readBody(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/**
 * Delivers by a signed POST and waits three seconds for the answer. Signatures carry the machine's own time,
 * whatever the fake's clock says, because the app's library compares them with that.
 */
export function postSigned(
  url: string,
  secret: string,
  parcel: Parcel,
  retry?: Retry,
  forgery: Forgery = {},
): Promise<Attempt> {
  const { type, body } = encode(parcel);
  const timestamp = forgery.timestamp ?? Math.floor(Date.now() / 1000);
  const began = performance.now();
  return new Promise((resolve) => {
    const finish = (rest: Partial<Attempt>) =>
      resolve({
        retry,
        ms: performance.now() - began,
        status: undefined,
        body: undefined,
        reason: undefined,
        noRetry: false,
        ...rest,
      });
    const sent = request(url, {
      method: 'POST',
      agent: false,
      headers: {
        'content-type': type,
        'content-length': Buffer.byteLength(body),
        'user-agent': 'Slackbot 1.0 (+https://api.slack.com/robots)',
        'x-slack-request-timestamp': timestamp,
        'x-slack-signature': sign(forgery.secret ?? secret, timestamp, body),
        ...(retry && { 'x-slack-retry-num': retry.num, 'x-slack-retry-reason': retry.reason }),
      },
    });
    const timer = setTimeout(() => {
      finish({ reason: 'http_timeout' });
      sent.destroy();
    }, ackMilliseconds);
    sent.on('error', () => {
      clearTimeout(timer);
      finish({ reason: 'connection_failed' });
    });
    sent.on('response', (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () => {
        clearTimeout(timer);
        const status = response.statusCode ?? 0;
        finish({
          status,
          body: readBody(Buffer.concat(parts).toString('utf8')),
          reason: status >= 200 && status < 300 ? undefined : 'http_error',
          noRetry: response.headers['x-slack-no-retry'] === '1',
        });
      });
    });
    sent.end(body);
  });
}
