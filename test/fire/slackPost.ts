import { request } from 'node:http';

/**
 * Posts any bytes with any headers; a list is sent as a header for each. Gives the status, `undefined` without an answer
 * within three seconds, which is all that Slack waits.
 *
 * @example await slackPost(url, '{}', { 'x-slack-signature': ['v0=1', 'v0=2'] })
 */
export function slackPost(
  url: string,
  body: string,
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
): Promise<{ readonly status: number | undefined; readonly said: string }> {
  const lines = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : (typeof value === 'string' ? [value] : value).flatMap((each) => [name, each]),
  );
  const { host, hostname, port, pathname } = new URL(url);
  return new Promise((resolve) => {
    const none = (said: string) => resolve({ status: undefined, said });
    const sent = request({
      ...{ hostname, port, path: pathname, method: 'POST', agent: false },
      headers: ['host', host, 'content-length', String(Buffer.byteLength(body)), ...lines],
    });
    sent.setTimeout(3000, () => sent.destroy(new Error('no answer within three seconds')));
    sent.on('error', (error) => none(error.message));
    sent.on('response', (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () =>
        resolve({ status: response.statusCode, said: Buffer.concat(parts).toString() }),
      );
      response.on('error', (error) => none(error.message));
    });
    sent.end(body);
  });
}
