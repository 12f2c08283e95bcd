import type { Form } from './forms.js';
import type { KilnUNet } from './kilnUNet.js';
import { ratioOf, type Spread, spreadOf } from './spread.js';

/** Calls of several rows. */
export interface BatchRow {
  readonly rows: number;
  readonly call: Spread | null;
  /** Seconds a row, as a share of those of one row alone, round by round. */
  readonly share: Spread | null;
}

/** Calls of one form of the graph. */
export interface FormRow {
  readonly name: Form['name'];
  readonly call: Spread | null;
  /** How many times as fast as the first form, float32 and unfused. */
  readonly gain: Spread | null;
  readonly unavailable?: string;
}

/** What of Kiln alone is measured. */
export interface KilnTablesOptions {
  readonly unet: KilnUNet;
  readonly width: number;
  readonly height: number;
  readonly tokens: number;
  readonly rounds: number;
  tell(what: string): void;
}

const batches = [1, 2, 4, 8];

/** One call of the U-Net with one to eight rows, in turns. */
export async function measureBatches(options: KilnTablesOptions): Promise<BatchRow[]> {
  const { unet, rounds, tell, ...shape } = options;
  const seconds = new Map<number, number[]>(batches.map((rows) => [rows, []]));
  for (let round = 0; round < rounds; round++) {
    for (const rows of batches) {
      tell(`round ${round + 1} of ${rounds}: kiln, a call of ${rows} ${rows === 1 ? 'row' : 'rows'}`);
      seconds.get(rows)!.push(await unet.call({ do: 'call', ...shape, batch: rows }));
    }
  }
  const perRow = (rows: number) => spreadOf(seconds.get(rows)!.map((call) => call / rows));
  return batches.map((rows) => ({
    rows,
    call: spreadOf(seconds.get(rows)!),
    share: ratioOf(perRow(rows), perRow(1)),
  }));
}

/** One call of the U-Net in each form of its graph, in turns. */
export async function measureForms(forms: readonly Form[], options: KilnTablesOptions): Promise<FormRow[]> {
  const { unet, rounds, tell, ...shape } = options;
  const seconds = forms.map((): number[] => []);
  const failures = forms.map(({ unavailable }) => unavailable);
  for (let round = 0; round < rounds; round++) {
    for (const [i, { name, form }] of forms.entries()) {
      if (failures[i] !== undefined) continue;
      tell(`round ${round + 1} of ${rounds}: kiln, a call in ${name}`);
      seconds[i]!.push(await unet.call({ do: 'call', ...shape, batch: 1, form }));
    }
  }
  const spreads = seconds.map(spreadOf);
  return forms.map(({ name }, i) => ({
    name,
    call: spreads[i]!,
    gain: ratioOf(spreads[0]!, spreads[i]!),
    unavailable: failures[i],
  }));
}
