/**
 * Draws the prompts of test/golden/sprite on one sheet, as they are shown in docs/built-in-model.md.
 *
 *     npm run build && node scripts/contact-sheet.mjs docs/contact-sheet.png
 */
import { readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openEngine } from '../dist/src/engine/engine.js';
import { encodePng } from '../dist/src/image/encode.js';
import { grid } from '../dist/src/image/grid.js';

const root = fileURLToPath(new URL('../', import.meta.url));
const recorded = JSON.parse(await readFile(join(root, 'test/golden/sprite/index.json'), 'utf8'));
const requests = recorded
  .map(({ request }) => request)
  .filter(({ width, negative }) => width === 128 && !negative);
const engine = await openEngine({
  model: join(root, 'assets/models/sprite'),
  device: 'cpu',
  cacheFolder: join(tmpdir(), 'kiln-contact-sheet'),
  env: process.env,
});
const pictures = await Promise.all(requests.slice(0, 12).map((request) => engine.draw(request)));
await engine.close();
const sheet = grid(
  pictures.map(({ pixels }) => pixels),
  4,
);
await writeFile(process.argv[2], await encodePng(sheet));
