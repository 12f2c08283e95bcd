import { LogLevel, type Logger as SlackLogger } from '@slack/bolt';
import type { Logger } from '../../logger.js';

/**
 * What Slack's own packages have to say, in Kiln's log: warnings and errors by their words alone, as what comes with
 * them may be a message that somebody wrote.
 */
export function boltLogger(logger: Logger): SlackLogger {
  const words = (message: readonly unknown[]) => ({ slack: String(message[0]).slice(0, 300) });
  return {
    debug() {},
    info() {},
    warn: (...message) => logger.warn(words(message), 'slack'),
    error: (...message) => logger.error(words(message), 'slack'),
    setLevel() {},
    getLevel: () => LogLevel.WARN,
    setName() {},
  };
}
