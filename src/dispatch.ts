import { randomBytes } from 'node:crypto';
import { type Command, type OptionSpec, optionsOf, type Tools } from './command.js';
import { UserError } from './errors.js';
import type { Logger } from './logger.js';
import type { Handle, Request, Responder } from './request.js';
import { parseTyped, readValue, wanted } from './typed.js';

/** What dispatch is made of. */
export interface DispatchOptions {
  readonly commands: readonly Command[];
  readonly tools: Tools;
  readonly logger: Logger;
  /** Told after each request, with the error code when it failed. */
  onDone?(request: Request, outcome: string, milliseconds: number): void;
}

/**
 * The way from a request to its command: finds it, checks who asks and what for, runs it, and turns what it throws into
 * a reply that only the asker sees. The one place that catches.
 *
 * @example await createDispatch({ commands, tools, logger })(request, responder);
 */
export function createDispatch({ commands, tools, logger, onDone }: DispatchOptions): Handle {
  const known = new Map(commands.map((command) => [command.name, { command, options: optionsOf(command) }]));

  async function run(request: Request, responder: Responder): Promise<void> {
    const found = known.get(request.command);
    if (!found) {
      const typed = commands.filter(({ ways }) => ways.includes('typed')).map(({ name }) => name);
      throw new UserError(
        'not-found',
        `Cannot run ${JSON.stringify(request.command.slice(0, 60))}: there is no such command, want one of ${typed.join(', ')}`,
      );
    }
    const { command, options } = found;
    if (command.who === 'admin' && !request.person.admin) {
      throw new UserError(
        'not-allowed',
        `Cannot run ${command.name}: you are no admin here, and only they may`,
      );
    }
    // A job's own row keeps it from being drawn twice; anything else is done once because it was seen.
    const before = command.accepts
      ? await tools.log.known(request.key)
      : !(await tools.log.seen(request.key));
    if (before) return;
    await command.run({ ...request, options: checked(command, options, request.options) }, tools, responder);
  }

  return async (request, responder) => {
    const began = tools.clock.now();
    let outcome = 'ok';
    try {
      await run(request, responder);
    } catch (error) {
      outcome = error instanceof UserError ? error.code : 'internal';
      await tellError(error, request, responder);
    }
    onDone?.(request, outcome, tools.clock.now() - began);
  };

  async function tellError(error: unknown, request: Request, responder: Responder): Promise<void> {
    try {
      // An event delivered again has had its answer, or has a job whose message this would take the place of.
      if (await tools.log.known(request.key)) return;
      if (!(await tools.log.seen(`${request.key}#error`))) return;
      await responder.show({ text: [sentence(error, request)], private: true });
    } catch (cause) {
      logger.warn({ error: cause, command: request.command }, 'an error could not be shown');
    }
  }

  function sentence(error: unknown, request: Request): string {
    if (error instanceof UserError) return error.message;
    const reference = randomBytes(4).toString('hex');
    logger.error({ error, reference, command: request.command, key: request.key }, 'a command failed');
    return `Cannot answer this: something in Kiln went wrong, and was noted as ${reference}`;
  }
}

function checked(
  command: Command,
  specs: readonly OptionSpec[],
  raw: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const { typed, ...named } = raw;
  const options: Record<string, unknown> = named;
  const rest = specs.find((spec) => spec.rest);
  const text = typeof typed === 'string' ? typed : rest ? options[rest.name] : undefined;
  if (typeof text === 'string') {
    const parsed = parseTyped(text, specs);
    if (rest) delete options[rest.name];
    const twice = Object.keys(parsed).find((name) => present(options[name]));
    if (twice) {
      throw new UserError('bad-option', `Cannot read --${twice}: found it as an option too, want it once`);
    }
    Object.assign(options, parsed);
    // Nothing but suffixes: the words are there, and empty.
    if (rest?.required) options[rest.name] ??= '';
  }
  // Forms give everything as text.
  for (const spec of specs) {
    const value = options[spec.name];
    if (typeof value === 'string' && spec.type !== 'string' && spec.type !== 'attachment') {
      options[spec.name] =
        value.trim() === '' ? undefined : readValue(`${spec.name} ${value}`, value.trim(), spec);
    }
  }
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => present(value)));
  const result = command.options.safeParse(given);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  const name = String(issue.path[0] ?? '');
  const spec = specs.find((other) => other.name === name);
  // A schema's own sentence starts with "want"; zod's do not know Kiln's manners.
  const want = issue.message.startsWith('want ')
    ? issue.message.slice(5)
    : spec
      ? wanted(spec)
      : 'a known option';
  const value = given[name];
  const found =
    value === undefined ? `${name} is missing` : `${name} is ${JSON.stringify(value)?.slice(0, 80)}`;
  throw new UserError('bad-option', `Cannot run ${command.name}: ${found}, want ${want}`);
}

function present(value: unknown): boolean {
  return value !== undefined && value !== null;
}
