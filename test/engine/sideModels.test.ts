import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findSideModel, listSideModels } from '../../src/engine/sideModels.js';
import { temporaryFolder } from '../fixtures/temporaryFolder.js';

async function folders(): Promise<string[]> {
  const root = await temporaryFolder();
  for (const folder of ['first/loras', 'second/loras/pack', 'second/controlnets/canny']) {
    await mkdir(join(root, folder), { recursive: true });
  }
  for (const file of [
    'first/loras/Ink.safetensors',
    'second/loras/Ink.safetensors',
    'second/loras/.hidden.safetensors',
  ])
    await writeFile(join(root, file), '');
  await writeFile(join(root, 'first/loras/notes.txt'), '');
  await symlink(join(root, 'first/loras/Ink.safetensors'), join(root, 'second/loras/link.safetensors'));
  return [join(root, 'first'), join(root, 'second'), join(root, 'third')];
}

test('files and folders are listed once each, the first folder before the others', async () => {
  const all = await folders();
  expect(await listSideModels('loras', all)).toEqual([
    { name: 'Ink', path: join(all[0]!, 'loras/Ink.safetensors') },
    { name: 'link', path: join(all[1]!, 'loras/link.safetensors') },
    { name: 'pack', path: join(all[1]!, 'loras/pack') },
  ]);
  expect(await listSideModels('embeddings', all)).toEqual([]);
});

test('a name is found whatever its case, and links are followed', async () => {
  const all = await folders();
  expect(await findSideModel('loras', { name: 'ink' }, all)).toBe(join(all[0]!, 'loras/Ink.safetensors'));
  expect(await findSideModel('loras', { name: 'link' }, all)).toBe(join(all[0]!, 'loras/Ink.safetensors'));
  expect(await findSideModel('controlnets', { name: 'canny' }, all)).toBe(join(all[1]!, 'controlnets/canny'));
});

test.each(['../../first/loras/Ink', '.hidden', 'nothing', '/etc/passwd'])(
  'no name leads out of the folders: %s',
  async (name) => {
    await expect(findSideModel('loras', { name }, await folders())).rejects.toThrow(
      `Cannot draw with LoRA ${JSON.stringify(name)}: found none of that name, want one of Ink, link, pack`,
    );
  },
);

test('where there are none of a kind, that is said', async () => {
  await expect(findSideModel('vae', { name: 'x' }, await folders())).rejects.toThrow(
    'Cannot draw with VAE "x": found none of that name, want one in the models\' folder vae',
  );
  await expect(findSideModel('vae', { name: 'x', file: '/no/such' }, [])).rejects.toThrow(
    'there is no such file',
  );
});
