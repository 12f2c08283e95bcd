import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { UserError } from '../../../errors.js';

/** What torch writes, besides files without an extension. */
const pickled = /\.(ckpt|pt|pth|bin)$/i;

/** Writes FILE.safetensors beside FILE. `weights_only` refuses a pickle that would run code. */
const command = [
  'import sys,torch,safetensors.torch as s',
  "d=torch.load(sys.argv[1],map_location='cpu',weights_only=True)",
  "d=d.get('state_dict',d)",
  "s.save_file({k:v.clone().contiguous() for k,v in d.items() if torch.is_tensor(v)},sys.argv[1]+'.safetensors')",
].join(';');

/**
 * Refuses a pickle with the command that makes a `.safetensors` file of it.
 *
 * @throws UserError `bad-model`
 * @example await pickleAdvice('dreamy.ckpt'); // throws: … want a .safetensors file, as made by: python -c "…" dreamy.ckpt
 */
export async function pickleAdvice(file: string): Promise<void> {
  if (!pickled.test(file) && !(await startsAsPickle(file))) return;
  const found = 'it is a pickle, which can run code when it is read';
  const made = `pip install torch safetensors && python -c "${command}" ${shellWord(basename(file))}`;
  throw new UserError(
    'bad-model',
    `Cannot open ${file}: ${found}, want a .safetensors file, as this makes of it: ${made}`,
  );
}

/** torch's files are zip archives, older ones bare pickles of protocol 2 to 5. */
async function startsAsPickle(file: string): Promise<boolean> {
  const handle = await open(file).catch(() => undefined);
  if (!handle) return false;
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(4), 0, 4, 0);
    if (bytesRead < 4) return false;
    return (
      buffer.toString('latin1') === 'PK\x03\x04' || (buffer[0] === 0x80 && buffer[1]! >= 2 && buffer[1]! <= 5)
    );
  } catch {
    // What stands in the way of reading is told by whoever reads it.
    return false;
  } finally {
    await handle.close();
  }
}

function shellWord(text: string): string {
  return /^[\w.@%+=:,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
