import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../errors.js';
import { barChart } from '../image/barChart.js';
import { benchMarkdown } from './markdown.js';
import type { Report } from './report.js';

/** Makes a folder to write reports to, before anything is measured. @throws UserError `bad-output` */
export async function makeReportFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true }).catch((cause) => {
    throw cannotWrite(folder, cause);
  });
}

/**
 * Writes `bench.json`, `bench.md` and `bench.png` into a folder; each replaces what was there, whole or not at all.
 *
 * @throws UserError `bad-output`
 */
export async function writeReport(report: Report, folder: string): Promise<void> {
  const files = {
    'bench.json': `${JSON.stringify(report, undefined, 2)}\n`,
    'bench.md': benchMarkdown(report),
    'bench.png': benchChart(report),
  };
  for (const [name, content] of Object.entries(files)) {
    const file = join(folder, name);
    try {
      await writeFile(`${file}.part`, content);
      await rename(`${file}.part`, file);
    } catch (cause) {
      throw cannotWrite(file, cause);
    }
  }
}

function benchChart({ model, device, rows, settings: { width, height, steps } }: Report): Buffer {
  const all = [
    { name: 'cold start', values: rows.map(({ cold_seconds }) => cold_seconds) },
    { name: 'warm', values: rows.map(({ warm_seconds }) => warm_seconds) },
    { name: 'a U-Net call', values: rows.map(({ call_seconds }) => call_seconds) },
  ];
  return barChart({
    title: `${model} on ${device}, ${width}×${height}, ${steps} steps`,
    unit: 'seconds',
    labels: rows.map(({ name }) => name),
    series: all.filter(({ values }) => values.some((value) => value !== null)),
  });
}

function cannotWrite(what: string, cause: unknown): UserError {
  const { code } = cause as NodeJS.ErrnoException;
  return new UserError('bad-output', `Cannot write ${what}: the system says ${code}`, { cause });
}
