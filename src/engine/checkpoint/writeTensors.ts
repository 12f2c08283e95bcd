import { writeAtomically } from './atomicWrite.js';
import { layOut, type NewTensor, refuseWithoutRoom } from './newFile.js';

/** A tensor and how to make its bytes, little-endian. */
export interface TensorToWrite extends NewTensor {
  bytes(): Promise<Uint8Array>;
}

/**
 * Writes a new `.safetensors` file, holding one tensor at a time in memory.
 *
 * @throws UserError `bad-output` when it cannot be written.
 * @example await writeTensors([{ name: 'bias', dtype: 'F32', shape: [320], length: 1280, bytes }], '/cache/x.safetensors');
 */
export async function writeTensors(tensors: readonly TensorToWrite[], file: string): Promise<void> {
  const { header, places, size } = layOut(tensors);
  await writeAtomically(file, async (target) => {
    await refuseWithoutRoom(file, size);
    await target.write(header, 0, header.length, 0);
    for (const { tensor, offset } of places) {
      const bytes = await tensor.bytes();
      if (bytes.length !== tensor.length)
        throw new Error(`${tensor.name} became ${bytes.length} bytes, want ${tensor.length}`);
      await target.write(bytes, 0, bytes.length, offset);
    }
  });
}
