import { type Figure, figures, type Part, parts, type Report, type Row } from './report.js';
import type { Spread } from './spread.js';

const titles: Readonly<Record<Figure, string>> = {
  cold_seconds: 'cold start',
  warm_seconds: 'warm',
  step_seconds: 'a step',
  call_seconds: 'a U-Net call',
};
const partTitles: Readonly<Record<Part, string>> = {
  text: 'text',
  unet: 'U-Net',
  vae: 'VAE',
  png: 'PNG',
  transfer: 'transfer',
};

/**
 * A report as Markdown: a table for each thing that was measured.
 *
 * @example process.stdout.write(benchMarkdown(report));
 */
export function benchMarkdown(report: Report): string {
  const tables = [speeds(report), ratios(report), breakdowns(report), batches(report), forms(report)];
  return `${[head(report), ...tables, leftOut(report)].filter(Boolean).join('\n\n')}\n`;
}

function head({ model, device, settings, machine, versions, command, date }: Report): string {
  const { width, height, steps, guidance, images, rounds, calls, threads } = settings;
  const pictures = images === 1 ? 'one picture' : `${images} pictures`;
  const features = machine.cpu_features.length > 0 ? ` (${machine.cpu_features.join(', ')})` : '';
  return [
    `# ${model} on ${device}, ${width}×${height}`,
    '',
    `${upper(pictures)} of ${steps} steps, guidance ${guidance}; medians of ${rounds} ${rounds === 1 ? 'round' : 'rounds'}, a U-Net call's of ${calls} a round; all in turns.`,
    '',
    ...(machine.gpu === undefined ? [] : [`- ${machine.gpu}`]),
    `- ${machine.cores} cores of ${machine.cpu}${features}, ${threads} threads, ${(machine.memory_mb / 1000).toFixed(0)} GB, ${machine.platform}, load ${machine.load} before`,
    `- ${Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', ')}`,
    `- \`${command}\`, ${date.slice(0, 10)}`,
  ].join('\n');
}

/** Only what was measured of somebody. */
function measuredOf(rows: readonly Row[]): Figure[] {
  return figures.filter((figure) => rows.some((row) => row[figure] !== null));
}

function speeds({ rows }: Report): string {
  const shown = measuredOf(rows);
  if (shown.length === 0) return '';
  const titled = [...shown.map((figure) => titles[figure]), 'steps a second', 'opening', 'memory', 'private'];
  return table(
    ['seconds', ...titled],
    rows.map((row) => [
      row.name,
      ...shown.map((figure) => spread(row.spread[figure], seconds)),
      row.steps_per_second === null ? '–' : number(row.steps_per_second),
      seconds(row.open_seconds),
      row.peak_mb === null ? '–' : `${row.peak_mb} MB`,
      row.private_mb === null ? '–' : `${row.private_mb} MB`,
    ]),
  );
}

function ratios({ rows, ratios }: Report): string {
  if (ratios.length === 0) return '';
  const shown = measuredOf(rows);
  return [
    'Ratios of rows in the same round, median (lowest–highest): below 1, the first takes less time.',
    table(
      ['', ...shown.map((figure) => titles[figure])],
      ratios.map(({ row, to, ratios }) => [
        `${row} / ${to}`,
        ...shown.map((figure) =>
          spread(ratios[figure], (value) => (value === null ? '–' : value.toFixed(2))),
        ),
      ]),
    ),
  ].join('\n\n');
}

function breakdowns({ rows }: Report): string {
  const known = rows.filter(({ breakdown }) => breakdown !== null);
  if (known.length === 0) return '';
  const held = known
    .filter(({ held_ms }) => held_ms !== null)
    .map(({ name, held_ms }) => `${name} ${held_ms!.toFixed(1)} ms`);
  const parted = table(
    ['one picture', ...parts.map((part) => partTitles[part]), 'all'],
    known.map(({ name, breakdown, warm_seconds }) => [
      name,
      ...parts.map((part) => seconds(breakdown![part])),
      seconds(warm_seconds),
    ]),
  );
  if (held.length === 0) return parted;
  return `${parted}\n\nThe event loop of whoever asked was held up by at most: ${held.join(', ')}.`;
}

function batches({ batch }: Report): string {
  if (batch.length === 0) return '';
  return table(
    ['rows in a U-Net call', 'a call', 'a row', 'of one alone'],
    batch.map(({ rows, call, share }) => [
      String(rows),
      spread(call, seconds),
      seconds(call === null ? null : call.median / rows),
      spread(share, (value) => (value === null ? '–' : value.toFixed(2))),
    ]),
  );
}

function forms({ forms }: Report): string {
  if (forms.length === 0) return '';
  return table(
    ["the U-Net's graph", 'a call', 'times as fast as fp32 unfused'],
    forms.map(({ name, call, gain, unavailable }) => [
      name,
      unavailable === undefined ? spread(call, seconds) : `not here: ${unavailable}`,
      spread(gain, (value) => (value === null ? '–' : `${value.toFixed(2)}×`)),
    ]),
  );
}

function leftOut({ left_out }: Report): string {
  if (left_out.length === 0) return '';
  return ['Left out:', ...left_out.map(({ name, reason }) => `- ${name}: ${reason}`)].join('\n');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}

/** The median, and where it lies between when there is more than one round. */
function spread(value: Spread | null, show: (value: number | null) => string): string {
  if (value === null) return '–';
  if (value.rounds.filter((one) => one !== null).length < 2) return show(value.median);
  return `${show(value.median)} (${show(value.min)}–${show(value.max)})`;
}

function seconds(value: number | null): string {
  return value === null ? '–' : number(value);
}

/** Three digits that say something. */
function number(value: number): string {
  return value.toFixed(value < 1 ? 3 : value < 10 ? 2 : 1);
}

function upper(text: string): string {
  return text[0]!.toUpperCase() + text.slice(1);
}
