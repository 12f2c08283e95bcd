import { z } from 'zod';
import { defineCommand } from '../src/command.js';
import type { Button, Item } from '../src/request.js';
import { minutes } from '../src/saying.js';
import { cut } from './drawing/cut.js';

const most = 10;

/** Where one's own drawings stand, and how long the line is. */
export const queue = defineCommand({
  name: 'queue',
  about: 'Show where your drawings stand in the line',
  localized: { de: { name: 'warteschlange', about: 'Zeigen, wann deine Bilder an der Reihe sind' } },
  options: z.object({}),
  who: 'everyone',
  ways: ['typed'],

  async run(request, { log, queue: line }, responder) {
    const list = line.list();
    const own = list.filter(({ entry }) => entry.person === request.person.key);
    const items: Item[] = [];
    for (const { entry, running, standing } of own.slice(0, most)) {
      const job = await log.get(entry.id);
      if (!job) continue;
      const cancel: Button = { command: 'cancel', job: job.id, label: 'Cancel', style: 'danger' };
      items.push({
        title: [{ bold: cut(job.options.prompt || '(no prompt)', 80) }],
        body: [
          running ? 'is drawn now' : `place ${standing.position}, starts in ${minutes(standing.eta)}`,
          ` · ${job.id}`,
        ],
        buttons: [cancel],
      });
    }
    const { eta } = line.outlook(request.person.key);
    const all = `${line.running} drawn now, ${line.waiting} waiting. Asked now, yours would start in ${minutes(eta)}.`;
    const mine = own.length === 0 ? 'Nothing of yours waits or is drawn.' : `Yours: ${own.length}.`;
    await responder.show({ text: [`${mine} All: ${all}`], items, private: true });
  },
});
