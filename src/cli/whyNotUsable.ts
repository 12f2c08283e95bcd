import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { engineEnvironment } from '../engine/environment.js';

/** Shaders are compiled and libraries of a gigabyte are loaded in less. */
const mostMilliseconds = 60_000;

/**
 * Tries a device in a process of its own, under the environment that the engine would have: a driver that crashes or
 * hangs is an answer too.
 *
 * @returns why the device cannot be used, in one sentence, or undefined when it can
 * @example await whyNotUsable('webgpu', environment)
 */
export function whyNotUsable(
  device: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<string | undefined> {
  const child = fork(fileURLToPath(new URL('./probeProcess.js', import.meta.url)), [device], {
    env: engineEnvironment(environment),
    execArgv: [],
    stdio: 'ignore',
    timeout: mostMilliseconds,
    killSignal: 'SIGKILL',
  });
  return new Promise((resolve) => {
    let reason: string | null | undefined;
    child.on('message', (message: string | null) => {
      reason = message;
    });
    child.on('close', (code, signal) => {
      const death =
        signal === 'SIGKILL' ? 'its driver hangs' : `its driver ends the process (${signal ?? code})`;
      resolve(reason === undefined ? `Cannot run on ${device}: ${death}` : (reason ?? undefined));
    });
    child.on('error', (error) => resolve(`Cannot run on ${device}: ${error.message}`));
  });
}
