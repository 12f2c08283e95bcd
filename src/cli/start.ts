import { spawn } from 'node:child_process';
import { UserError } from '../errors.js';
import { startKiln } from '../main.js';
import type { CliCommand } from './command.js';
import { whyNoGpu } from './whyNoGpu.js';

export const startCommand: CliCommand = {
  name: 'start',
  usage: 'start [--open]',
  about: 'Serve Discord, Slack and the playground, as .env says.',
  flags: { open: { about: 'open the playground in a browser' } },
  notes:
    'Without tokens only the playground is served. Ctrl-C stops it: what is drawn ends, or waits for the next start.',
  // Ten seconds are what stopping may take; a service manager that waits longer finds it gone.
  graceMilliseconds: 12_000,

  async run(args, { stdout, signal, loadConfig }) {
    const stopped = new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    const config = loadConfig();
    // A bot that can draw nothing is of no use to anybody.
    const missing = await whyNoGpu(config.device, config.environment);
    if (missing !== undefined) throw new UserError('no-device', missing);
    const kiln = await startKiln(config);
    const [playground, ...others] = kiln.addresses;
    stdout.write(`Playground: ${playground}\n${others.map((address) => `Slack: ${address}\n`).join('')}`);
    if (args.flags.has('open')) openInBrowser(playground!);
    await stopped;
    await kiln.stop();
    process.exit(0);
  },
};

/** The desktop's own way; on a server without one, nothing happens. */
function openInBrowser(address: string): void {
  const [command, ...rest] =
    process.platform === 'darwin'
      ? ['open']
      : process.platform === 'win32'
        ? ['cmd', '/c', 'start', '']
        : ['xdg-open'];
  const child = spawn(command!, [...rest, address], { stdio: 'ignore', detached: true });
  child.on('error', () => {});
  child.unref();
}
