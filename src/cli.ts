#!/usr/bin/env node
/** The `kiln` command: finds the command asked for, runs it, and turns what it throws into a sentence and a status. */
import { debuglog } from 'node:util';
import { parseArguments } from './cli/arguments.js';
import type { CliCommand } from './cli/command.js';
import { helpFor, overview } from './cli/help.js';
import { version } from './cli/packageFolder.js';
import type { Forked } from './engine/fork.js';
import { UserError } from './errors.js';

/** Each is loaded when it is asked for: `kiln draw` should not wait for what `kiln doctor` needs. */
const commands: Readonly<Record<string, () => Promise<CliCommand>>> = {
  start: async () => (await import('./cli/start.js')).startCommand,
  draw: async () => (await import('./cli/draw.js')).drawCommand,
  upscale: async () => (await import('./cli/upscale.js')).upscaleCommand,
  show: async () => (await import('./cli/show.js')).showCommand,
  bench: async () => (await import('./cli/bench.js')).benchCommand,
  stats: async () => (await import('./cli/stats.js')).statsCommand,
  models: async () => (await import('./cli/listModels.js')).modelsCommand,
  pull: async () => (await import('./cli/pull.js')).pullCommand,
  rm: async () => (await import('./cli/rm.js')).rmCommand,
  gpu: async () => (await import('./cli/gpu.js')).gpuCommand,
  doctor: async () => (await import('./cli/doctor.js')).doctorCommand,
};

const interrupted = 130;
/** For what is under way to stop at its next step; then it is left behind. */
const graceMilliseconds = 3000;

async function main([name, ...rest]: readonly string[]): Promise<void> {
  if (name === undefined || name === '--help' || name === 'help') {
    const all = await Promise.all(Object.values(commands).map((load) => load()));
    process.stdout.write(overview(all));
    return;
  }
  if (name === '--version') {
    process.stdout.write(`${version()}\n`);
    return;
  }
  let grace = graceMilliseconds;
  const signal = interruption(() => grace);
  // Its process starts while this one still loads what reads the rest; two cores have it drawing 0.15 s sooner.
  const forked = name === 'draw' && !rest.includes('--help') ? await forkedAhead() : undefined;
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!load) {
    const known = Object.keys(commands).join(', ');
    throw new UserError('bad-option', `Cannot run kiln ${name}: found no such command, want one of ${known}`);
  }
  const command = await load();
  grace = command.graceMilliseconds ?? grace;
  const args = parseArguments(rest, command);
  if (args.flags.has('help')) {
    process.stdout.write(helpFor(command));
    return;
  }
  const { loadConfig } = await import('./config/config.js');
  await command.run(args, {
    stdout: process.stdout,
    stderr: process.stderr,
    signal,
    loadConfig,
    forked,
  });
}

async function forkedAhead(): Promise<Forked> {
  const [{ readEnvironment }, { engineEnvironment }, { forkAhead }] = await Promise.all([
    import('./config/environment.js'),
    import('./engine/environment.js'),
    import('./engine/fork.js'),
  ]);
  return forkAhead(engineEnvironment(readEnvironment()));
}

/** The first Ctrl-C asks what is under way to stop, the second does not ask. */
function interruption(grace: () => number): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (controller.signal.aborted) process.exit(interrupted);
      controller.abort();
      setTimeout(() => process.exit(interrupted), grace()).unref();
    });
  }
  return controller.signal;
}

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // Whoever reads may stop reading: `kiln models | head -1`.
  if (error.code === 'EPIPE') process.exit(0);
  process.stderr.write(`Cannot write to stdout: the system says ${error.code}\n`);
  process.exit(1);
});

try {
  await main(process.argv.slice(2));
} catch (error) {
  debuglog('kiln')('%o', error);
  const said =
    error instanceof UserError
      ? await sentenceOf(error)
      : `Cannot go on: ${firstLine(error)} (NODE_DEBUG=kiln tells more)`;
  process.stderr.write(`${said}\n`);
  // Not process.exitCode: a model that is still loading would keep this process until it has loaded.
  process.exit(error instanceof UserError && error.code === 'cancelled' ? interrupted : 1);
}

/** ONNX Runtime does not say what it misses for a GPU; the system does. */
async function sentenceOf({ code, message }: UserError): Promise<string> {
  const device = code === 'no-device' && /^Cannot run on (cuda\S*):/.exec(message)?.[1];
  if (!device) return message;
  const [{ readEnvironment }, { whyNoGpu }] = await Promise.all([
    import('./config/environment.js'),
    import('./cli/whyNoGpu.js'),
  ]);
  return (await whyNoGpu(device, readEnvironment())) ?? message;
}

function firstLine(error: unknown): string {
  return String(error instanceof Error ? error.message : error).split('\n')[0]!;
}
