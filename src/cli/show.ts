import { join } from 'node:path';
import type { Config } from '../config/config.js';
import { listSideModels } from '../engine/sideModels.js';
import { UserError } from '../errors.js';
import { encodePng } from '../image/encode.js';
import { decodeOwn } from '../image/forms.js';
import { grid } from '../image/grid.js';
import type { Job } from '../log/log.js';
import { silentLogger } from '../logger.js';
import { createDiskStorage } from '../storage/disk.js';
import { redraw } from '../wiring/redraw.js';
import { openStudio } from '../wiring/studio.js';
import type { CliCommand } from './command.js';
import { findModels, modelAt } from './models.js';
import { openLog } from './openLog.js';
import { openOutput } from './output.js';
import { version } from './packageFolder.js';

export const showCommand: CliCommand = {
  name: 'show',
  usage: 'show JOB [--out FILE] [--json]',
  about: 'Draw a job of the log again, from the log alone, and say whether it is the same picture.',
  flags: {
    out: { value: 'FILE', about: 'where to write; a file of that name is replaced' },
    json: { about: 'one JSON object on stdout, and nothing else there' },
  },

  async run({ positionals: [id, ...more], flags }, { stdout, signal, loadConfig }) {
    if (id === undefined || more.length > 0) {
      throw new UserError('bad-option', 'Cannot show: want one job, by the ten characters under its picture');
    }
    const config = loadConfig();
    const output = await openOutput(flags.get('out'));
    const log = await openLog(config);
    const job = await log.get(id.toLowerCase()).finally(() => log.close());
    if (!job) throw new UserError('not-found', `Cannot show job ${id}: the log has none of that name`);

    const studio = await openStudio({
      config: { ...config, ...(await modelOf(job, config)) },
      logger: silentLogger,
    });
    try {
      const storage = createDiskStorage(join(config.dataFolder, 'pictures'));
      const drawn = await redraw(job, { drawOne: studio.draw, storage, version: version(), signal });
      const pngs = drawn.map(({ png }) => png);
      const all = pngs.length > 1 ? await encodePng(grid(await Promise.all(pngs.map(decodeOwn)))) : undefined;
      const written = await output.write({ pictures: drawn, grid: all });
      const sameModel = job.drawnWith?.modelHash === (await studio.hash(job.options.model));
      const rows = drawn.map(({ seed, pixels }, index) => ({
        file: written.files[index]!,
        seed,
        same: job.images[index]?.pixels === pixels,
      }));
      if (flags.has('json')) {
        stdout.write(`${JSON.stringify({ job: job.id, state: job.state, sameModel, pictures: rows })}\n`);
        return;
      }
      for (const { file, seed, same } of rows) {
        stdout.write(`${file}: seed ${seed}, ${same ? 'the same pixels' : 'other pixels'} as in the log\n`);
      }
      if (!sameModel) stdout.write(`The model ${job.options.model} is not the one it was drawn with.\n`);
    } finally {
      await studio.close();
    }
  },
};

/** What it was drawn with, to be opened in place of the default model: that one's VAE is no other's, and upscalers lie beside. */
async function modelOf({ options: { model } }: Job, config: Config): Promise<Pick<Config, 'model' | 'vae'>> {
  const { modelFolders } = config;
  if (nameOfDefault(config) === model) return { model: config.model, vae: config.vae };
  const named = findModels(modelFolders).some(({ name }) => name === model);
  const beside = named ? [] : await listSideModels('upscalers', modelFolders);
  return { model: beside.find(({ name }) => name === model)?.path ?? model, vae: undefined };
}

/** Undefined where it is not there any more, which keeps nobody from drawing with another. */
function nameOfDefault({ model, modelFolders }: Config): string | undefined {
  try {
    return modelAt(model, modelFolders).name;
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}
