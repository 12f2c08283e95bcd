/**
 * Writes the Prisma client of prisma/schema.prisma to src/log/prisma/generated, where it is missing or older than the
 * schema. `npm run prepare` runs it before it compiles.
 *
 *     node scripts/generate-client.mjs
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));
const schema = join(root, 'prisma/schema.prisma');
const generated = join(root, 'src/log/prisma/generated/sqlite/internal/class.ts');
const require = createRequire(import.meta.url);

if (!isCurrent()) {
  const cli = join(dirname(require.resolve('prisma/package.json')), 'build/index.js');
  const { status, stderr, error } = spawnSync(
    process.execPath,
    [cli, 'generate', '--schema', schema, '--no-hints'],
    {
      cwd: root,
      encoding: 'utf8',
      // Prisma downloads its schema engine when it has none, though generating needs only what is in the package. Any
      // program that exists keeps it from that; this one is never run.
      env: { PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, ...process.env, PRISMA_HIDE_UPDATE_MESSAGE: '1' },
    },
  );
  if (error) throw error;
  if (status !== 0) throw new Error(`Cannot generate the Prisma client: ${stderr}`);
}

/** Whether the generated client says that it was made from this schema by this Prisma. */
function isCurrent() {
  try {
    const text = readFileSync(generated, 'utf8');
    const { version } = require('prisma/package.json');
    const inline = JSON.stringify(readFileSync(schema, 'utf8').replaceAll('\r\n', '\n'));
    return text.includes(`"clientVersion": "${version}"`) && text.includes(`"inlineSchema": ${inline}`);
  } catch (error) {
    if (error.code === 'ENOENT') return false;
    throw error;
  }
}
