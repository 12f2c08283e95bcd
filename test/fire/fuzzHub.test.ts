import { existsSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { UserError } from '../../src/errors.js';
import { startHub } from '../fakes/hub/fakeHub.js';
import { temporaryFolder } from '../fixtures/temporaryFolder.js';
import { checkpointFiles, puller } from '../hub/puller.js';
import { fireCount } from './count.js';
import { mutate } from './mutate.js';
import { createRandom } from './random.js';

const id = 'somebody/tiny';
const words = [
  '../../../evil.json',
  '/etc/passwd',
  'unet/config.json',
  '\u202eevil',
  'a\nb',
  '__proto__',
  'C:\\x',
  '-rf',
];

test(`${fireCount} hubs that list and serve what is nearly right are each refused in one sentence, or pulled from`, async () => {
  const files = await checkpointFiles();
  const configs = Object.keys(files).filter((path) => path.endsWith('.json') && files[path]!.length < 20_000);
  const outside = temporaryFolder();
  const hub = await startHub();
  const wrong: string[] = [];
  let pulled = 0;
  for (let seed = 0; seed < fireCount; seed++) {
    const random = createRandom(seed);
    const how = { random, text: () => random.pick(words) };
    const changed = random.pick(configs);
    const bytes = Buffer.from(JSON.stringify(mutate(JSON.parse(String(files[changed])), how)));
    const folder = join(outside, 'a', 'b', 'models');
    hub.repos = [
      seed % 2 === 0
        ? { id, files: { ...files, [changed]: bytes } }
        : { id, files, listed: (entries) => list(mutate(entries, how)) },
    ];
    const error = await puller(hub, { folder })
      .pull(id)
      .then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
    const lists = existsSync(join(folder, 'tiny'));
    if (error === undefined) pulled += 1;
    const clear = error instanceof UserError && /^Cannot pull [^\n\u202e]{10,600}$/.test(error.message);
    if (lists !== (error === undefined) || (error !== undefined && !clear)) wrong.push(`${seed}: ${error}`);
    rmSync(folder, { recursive: true, force: true });
    if (readdirSync(dirname(folder)).length > 0 || readdirSync(outside).length > 1)
      wrong.push(`${seed} wrote elsewhere`);
  }
  console.log(`${pulled} of ${fireCount} were pulled`);
  expect(wrong).toEqual([]);
});

/** The fake hub serves lists alone. */
function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value];
}
