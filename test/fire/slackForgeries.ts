import { encode, sign } from '../fakes/slack/delivery/http.js';
import type { Parcel } from '../fakes/slack/delivery/parcel.js';
import type { Random } from './random.js';

type Headers = Record<string, string | readonly string[] | undefined>;

/** A post as Slack would make it, and its headers. */
export function signedPost(secret: string, parcel: Pick<Parcel, 'kind' | 'payload'>) {
  const { type, body } = encode({
    ...parcel,
    payload: parcel.kind === 'slash_commands' ? fields(parcel.payload) : parcel.payload,
  });
  const timestamp = String(Math.floor(Date.now() / 1000));
  const signature = sign(secret, timestamp, body);
  const headers: Headers = {
    'content-type': type,
    'x-slack-request-timestamp': timestamp,
    'x-slack-signature': signature,
  };
  return { body, headers, timestamp, signature };
}

/** A form has texts alone. */
function fields(payload: unknown): Record<string, string> {
  const entries = Object.entries(
    typeof payload === 'object' && payload !== null ? payload : { text: payload },
  );
  return Object.fromEntries(
    entries.map(([name, value]) => [name, typeof value === 'string' ? value : (JSON.stringify(value) ?? '')]),
  );
}

/**
 * A post that only looks like one of Slack's: signed with something else, by another time, not at all, or changed since.
 *
 * @example forgedPost(createRandom(1), signingSecret, parcel).how // 'a byte changed'
 */
export function forgedPost(random: Random, secret: string, parcel: Pick<Parcel, 'kind' | 'payload'>) {
  const right = signedPost(secret, parcel);
  const { body, timestamp, signature } = right;
  const by = (with_: string, time: string | number = timestamp, what = body) => sign(with_, time, what);
  const at = random.below(body.length);
  const changed = body.slice(0, at) + (body[at] === 'a' ? 'b' : 'a') + body.slice(at + 1);
  const old = String(Number(timestamp) - 301 - random.below(100_000));
  const future = String(Number(timestamp) + 360 + random.below(100_000));
  const digit = 3 + random.below(64);
  const wrongDigit =
    signature.slice(0, digit) + (signature[digit] === '0' ? '1' : '0') + signature.slice(digit + 1);
  const said = (headers: Headers) => ({ body, headers: { ...right.headers, ...headers } });
  const signed = (value: string | readonly string[] | undefined) => said({ 'x-slack-signature': value });
  const timed = (time: string | readonly string[] | undefined, value = signature) =>
    said({ 'x-slack-request-timestamp': time, 'x-slack-signature': value });

  const ways: readonly (readonly [string, { body: string; headers: Headers }])[] = [
    [
      'another secret',
      signed(by(random.pick(['', 'x', secret.toUpperCase(), secret.slice(1), ` ${secret}`, 'undefined']))),
    ],
    ['no signature', signed(undefined)],
    ['an empty signature', signed(random.pick(['', ' ', 'v0', 'v0=']))],
    ['a digit changed', signed(wrongDigit)],
    ['cut short', signed(signature.slice(0, random.below(signature.length)))],
    ['too long', signed(`${signature}${random.pick(['0', signature, ',', ', v0='])}`)],
    ['another version', signed(signature.replace('v0', random.pick(['v1', 'V0', '', 'v00', 'sha256'])))],
    ['in capitals', signed(`v0=${signature.slice(3).toUpperCase()}`.replace(/^v0=\d+$/, 'v0=0'))],
    ['twice, a wrong one first', signed([by('x'), signature])],
    ['twice, a wrong one last', signed([signature, by('x')])],
    ['twice, both right', signed([signature, signature])],
    [
      'odd characters',
      signed(random.pick(['v0=\u00e9', `v0=${'é'.repeat(64)}`, '__proto__', 'null', '[object Object]'])),
    ],
    ['no time', timed(undefined)],
    ['no time, signed so', timed(undefined, by(secret, 'undefined'))],
    ['no time, signed as none', timed('', by(secret, ''))],
    ['an old time, signed so', timed(old, by(secret, old))],
    ['a time to come, signed so', timed(future, by(secret, future))],
    ['another time than signed', timed(String(Number(timestamp) - 1 - random.below(200)))],
    ...['NaN', 'Infinity', '-1', '0', '1e99', 'now', '0x7fffffff', `${timestamp}x`].map(
      (time) => [`the time ${time}, signed so`, timed(time, by(secret, time))] as const,
    ),
    ['twice the time', timed([old, timestamp], by(secret, old))],
    ['a byte changed', { body: changed, headers: right.headers }],
    ['a byte more', { body: `${body} `, headers: right.headers }],
    ['a byte less', { body: body.slice(0, -1), headers: right.headers }],
    ['no body', { body: '', headers: right.headers }],
    ['another body', { body: body + body, headers: right.headers }],
    ['a claim to be a check', { body: `${body}&ssl_check=1`, headers: right.headers }],
    ['a check alone', { body: 'ssl_check=1&token=x', headers: right.headers }],
    [
      'a challenge',
      {
        body: '{"type":"url_verification","challenge":"x"}',
        headers: { ...right.headers, 'content-type': 'application/json' },
      },
    ],
  ];
  const [how, post] = random.pick(ways);
  return { how, ...post };
}
