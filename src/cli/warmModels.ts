import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../config/config.js';

/**
 * The models that a running Kiln with this data folder has loaded: asked by way of its own metrics, which also say
 * that it is that very process.
 *
 * @returns undefined where none runs, or where it does not tell
 * @example (await warmModels(loadConfig()))?.has('sprite'); // true
 */
export async function warmModels({
  dataFolder,
  playground: { host, port, token },
}: Pick<Config, 'dataFolder' | 'playground'>): Promise<ReadonlySet<string> | undefined> {
  const pid = Number.parseInt(await readFile(join(dataFolder, 'kiln.pid'), 'utf8').catch(() => ''), 10);
  if (!(pid > 0)) return undefined;
  // What listens everywhere listens here.
  const name = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  const address = `http://${name.includes(':') ? `[${name}]` : name}:${port}/metrics`;
  const key = token ?? (await readFile(join(dataFolder, 'token'), 'utf8').catch(() => '')).trim();
  try {
    const headers: Record<string, string> = key === '' ? {} : { authorization: `Bearer ${key}` };
    const response = await fetch(address, { headers, signal: AbortSignal.timeout(1000) });
    const lines = (await response.text()).split('\n');
    if (!response.ok || !lines.includes(`kiln_process_id ${pid}`)) return undefined;
    const names = lines.flatMap((line) => /^kiln_model_warm\{model="(.*)"\} 1$/.exec(line)?.[1] ?? []);
    return new Set(names);
  } catch {
    return undefined;
  }
}
