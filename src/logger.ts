import { type Logger as PinoLogger, pino } from 'pino';

/** Structured lines for whoever runs Kiln. Prompts and tokens never go in. */
export type Logger = Pick<PinoLogger, 'debug' | 'info' | 'warn' | 'error'>;

/**
 * A logger that writes JSON lines to stderr; stdout is for what a person asked to see.
 *
 * @example createLogger('info').warn({ job: id }, 'could not be shown');
 */
export function createLogger(level: string): Logger {
  return pino(
    {
      level,
      base: undefined,
      redact: { paths: ['token', '*.token', 'prompt', '*.prompt', 'authorization', '*.authorization'] },
      serializers: { error: pino.stdSerializers.err },
    },
    pino.destination({ dest: 2, sync: true }),
  );
}

/** Says nothing. */
export const silentLogger: Logger = pino({ level: 'silent' });
