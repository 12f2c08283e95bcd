import { writeFile } from 'node:fs/promises';
import { periods, statsCsv, statsText } from '../../commands/stats.js';
import { UserError } from '../errors.js';
import { statsChart } from '../wiring/statsChart.js';
import type { CliCommand } from './command.js';
import { openLog } from './openLog.js';

export const statsCommand: CliCommand = {
  name: 'stats',
  usage: 'stats [hour|day|week|month|year] [--csv] [--chart FILE]',
  about: 'Show what was drawn, for whom and how fast.',
  flags: {
    person: { value: 'KEY', about: "one person's only, as discord:80351110224678912" },
    channel: { value: 'ID', about: "one channel's only" },
    model: { value: 'NAME', about: "one model's only" },
    csv: { about: 'as a table for a spreadsheet' },
    json: { about: 'as JSON' },
    chart: { value: 'FILE', about: 'a PNG of jobs over time' },
  },

  async run({ positionals: [period = 'day', ...more], flags }, { stdout, loadConfig }) {
    const length = Object.hasOwn(periods, period) ? periods[period as keyof typeof periods] : undefined;
    if (length === undefined || more.length > 0) {
      throw new UserError(
        'bad-option',
        `Cannot show stats of ${period}: want one of ${Object.keys(periods).join(', ')}`,
      );
    }
    const log = await openLog(loadConfig());
    try {
      const to = Date.now();
      const stats = await log.stats({
        ...{ from: to - length, to },
        person: flags.get('person'),
        channel: flags.get('channel'),
        model: flags.get('model'),
      });
      const chart = flags.get('chart');
      if (chart !== undefined) {
        await writeFile(chart, statsChart(stats)).catch((cause) => {
          throw new UserError('bad-output', `Cannot write ${chart}: the system says ${cause.code}`, {
            cause,
          });
        });
      }
      if (flags.has('json')) stdout.write(`${JSON.stringify(stats)}\n`);
      else if (flags.has('csv')) stdout.write(statsCsv(stats));
      else stdout.write(`${statsText(stats, period)}\n`);
    } finally {
      await log.close();
    }
  },
};
