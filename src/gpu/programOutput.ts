import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/**
 * What a program prints; nothing where it is not installed or fails, which means that it has nothing to tell.
 *
 * @example await programOutput('ldconfig', ['-p'], environment);
 */
export async function programOutput(
  program: string,
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  const run = promisify(execFile)(program, args, { env: { ...environment }, timeout: 10_000 });
  return run.then(({ stdout }) => stdout).catch(() => '');
}
