import { readFile } from 'node:fs/promises';
import { z } from 'zod';

const seconds = z.number().positive();

/** What one size of picture takes, in seconds. */
const ShapeTimes = z.object({
  width: z.number().int().positive(),
  height: z.number().int().positive(),
  /** A call of the U-Net, by rows, from few to many. */
  call: z.array(z.object({ rows: z.number().int().positive(), seconds })).min(1),
  encode: z.number().nonnegative(),
  decode: z.number().nonnegative(),
  /** From the decoded picture to whoever asked: other pictures are drawn meanwhile. */
  after: z.number().nonnegative(),
});
export type ShapeTimes = z.output<typeof ShapeTimes>;

const Times = z.object({ model: z.string(), device: z.string(), shapes: z.array(ShapeTimes).min(1) });
export type Times = z.output<typeof Times>;

/** Of what `kiln bench --json` prints, the parts that count here. */
const BenchReport = z.object({
  model: z.string(),
  device: z.string(),
  settings: z.object({ width: z.number(), height: z.number() }),
  batch: z.array(z.object({ rows: z.number(), call: z.object({ median: seconds }).nullable() })),
  rows: z.array(
    z.object({
      name: z.string(),
      breakdown: z
        .object({
          text: z.number().nullable(),
          vae: z.number().nullable(),
          png: z.number().nullable(),
          transfer: z.number().nullable(),
        })
        .nullable(),
    }),
  ),
});

/**
 * Times as this bench writes them, or of reports of `kiln bench --json`, each of which has one size.
 *
 * @throws Error for files that are neither
 * @example await readTimes(['sd15-512.json', 'sd15-256.json']);
 */
export async function readTimes(files: readonly string[]): Promise<Times> {
  const all = await Promise.all(files.map(async (file) => timesOf(JSON.parse(await readFile(file, 'utf8')))));
  return { ...all[0]!, shapes: all.flatMap(({ shapes }) => shapes) };
}

function timesOf(json: unknown): Times {
  const own = Times.safeParse(json);
  if (own.success) return own.data;
  const { model, device, settings, batch, rows } = BenchReport.parse(json);
  const { text, vae, png, transfer } = rows.find(({ name }) => name === 'kiln')?.breakdown ?? {};
  return Times.parse({
    model,
    device,
    shapes: [
      {
        width: settings.width,
        height: settings.height,
        call: batch.flatMap(({ rows, call }) => (call ? [{ rows, seconds: call.median }] : [])),
        ...{ encode: text ?? 0, decode: vae ?? 0, after: (png ?? 0) + (transfer ?? 0) },
      },
    ],
  });
}

/** Seconds of a call of so many rows: on the line between those that were measured, past them as much a row. */
export function callSeconds({ call }: Pick<ShapeTimes, 'call'>, rows: number): number {
  const below = call.findLast((one) => one.rows <= rows) ?? call[0]!;
  const above = call.find((one) => one.rows >= rows) ?? call.at(-1)!;
  if (below.rows === above.rows || below.rows > rows) return (below.seconds * rows) / below.rows;
  return below.seconds + ((above.seconds - below.seconds) * (rows - below.rows)) / (above.rows - below.rows);
}
