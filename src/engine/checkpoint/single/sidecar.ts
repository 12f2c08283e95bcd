import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { z } from 'zod';
import { flag, oneOf, real, whole } from '../config/fields.js';
import { parseConfig } from '../config/parseConfig.js';

/**
 * `<name>.json` beside a single file, all of it optional: what the file's keys do not tell, or tell wrong. Other keys
 * are left alone, as other programs keep a file of that name too.
 */
const Sidecar = z.object(
  {
    prediction_type: oneOf('epsilon', 'v_prediction', 'sample').optional(),
    zero_terminal_snr: flag().optional(),
    /** Pixels of a side. */
    image_size: whole(64, 2048).optional(),
    /** A whole `scheduler_config.json`. */
    scheduler: z.looseObject({ _class_name: z.string('the class of a scheduler') }, 'an object').optional(),
    defaults: z
      .object(
        {
          steps: whole(1, 1000).optional(),
          guidance: real(0, 100).optional(),
          guidance_rescale: real(0, 1).optional(),
          strength: real(0, 1).optional(),
        },
        'an object',
      )
      .optional(),
  },
  'an object',
);
export type Sidecar = z.infer<typeof Sidecar>;

const longestYaml = 100_000;

/**
 * Reads what lies beside a single file to say how it is drawn with: `<name>.json`; else, of an LDM config
 * `<name>.yaml`, the one line that matters, `parameterization: "v"`.
 *
 * @throws UserError `bad-model` naming the key that is wrong
 * @example (await readSidecar('/m/v2-1_768.safetensors')).prediction_type; // 'v_prediction', by v2-1_768.yaml
 */
export async function readSidecar(file: string): Promise<Sidecar> {
  const stem = file.replace(/\.safetensors$/i, '');
  if (existsSync(`${stem}.json`)) return parseConfig(Sidecar, `${stem}.json`);
  const yaml = `${stem}.yaml`;
  const found = await stat(yaml).catch(() => undefined);
  if (!found?.isFile() || found.size > longestYaml) return {};
  const parameterization = /^\s*parameterization\s*:\s*["']?(\w+)/m.exec(await readFile(yaml, 'utf8'))?.[1];
  if (parameterization === 'v') return { prediction_type: 'v_prediction' };
  return parameterization === 'eps' ? { prediction_type: 'epsilon' } : {};
}
