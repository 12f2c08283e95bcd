import type { StormReport } from './runStorm.js';

/** A storm as a page of Markdown. */
export function stormReport(report: StormReport): string {
  const { seed, rows, deaths, kills, faults, seconds, moves } = report;
  const recovered = deaths.map((death) => death.recovered).filter((each) => each !== undefined);
  const kinds = countBy(deaths, ({ kill }) => kill.what);
  const met = new Map<string, number>();
  for (const { states } of deaths) {
    for (const [state, jobs] of Object.entries(states)) met.set(state, (met.get(state) ?? 0) + jobs);
  }
  const again = rows.filter(({ attempt }) => attempt > 1).length;
  const waits = rows.flatMap(({ queued, ended }) => (ended === null ? [] : [ended - queued]));
  return `# ${rows.length} jobs, ${kills} kills

Seed ${seed}; ${Math.round(seconds / 6) / 10} minutes on ${process.platform}, Node ${process.version}. Made by \`npm run fire\` (test/fire/killStorm.test.ts).

| | |
|---|---|
| Lost, twice, stuck, backwards, left over | ${faults.length} |
| Jobs by their end | ${list(countBy(rows, ({ state }) => state))} |
| Failures | ${list(
    countBy(
      rows.filter(({ state }) => state === 'failed'),
      ({ errorCode }) => errorCode ?? '?',
    ),
  )} |
| By platform | ${list(countBy(rows, ({ platform }) => platform))} |
| By kind | ${list(countBy(rows, ({ kind }) => kind))} |
| Drawn more than once | ${again}, at most ${Math.max(...rows.map(({ attempt }) => attempt))} times |
| Drawn by the built-in model | ${rows.filter(({ modelHash }) => modelHash && !/^0+$/.test(modelHash)).length} jobs |
| Changes of state seen | ${moves} |
| Jobs that the kills met | ${list(met)} |
| Starts after a kill that came up | ${recovered.length}; slowest ${Math.round(Math.max(0, ...recovered))} ms |
| Longest from accepted to its end, Kiln's clock | ${Math.round(Math.max(0, ...waits) / 60_000)} min |

## How it was killed

${[...kinds]
  .sort(([, a], [, b]) => b - a)
  .map(([what, count]) => `- ${count} × ${what}`)
  .join('\n')}
${faults.length === 0 ? '' : `\n## What went wrong\n\n${faults.map((fault) => `- ${fault}`).join('\n')}\n`}`;
}

function countBy<Item>(items: readonly Item[], name: (item: Item) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(name(item), (counts.get(name(item)) ?? 0) + 1);
  return counts;
}

function list(counts: ReadonlyMap<string, number>): string {
  return [...counts].map(([name, count]) => `${count} ${name}`).join(', ') || 'none';
}
