import { UserError } from '../errors.js';

/** Others' engines that scripts/bench/peer.py measures, and what they are. */
export const peers = {
  diffusers: 'diffusers on torch, float32',
  'diffusers-compiled': 'the same under torch.compile',
  'diffusers-bf16': 'diffusers on torch, bfloat16',
  'diffusers-fp16': 'diffusers on torch, float16',
  'diffusers-compiled-bf16': 'the same under torch.compile, bfloat16',
  openvino: 'OpenVINO, float32',
  'openvino-bf16': 'OpenVINO as it is by itself, bfloat16 where the CPU has it',
  onnxruntime: "ONNX Runtime on torch's plain export, float32",
} as const;

export type PeerName = keyof typeof peers;

/**
 * Reads a value of `--compare`; `all` stands for every peer.
 *
 * @throws UserError `bad-option` naming those there are
 * @example readPeers('diffusers,openvino'); // ['diffusers', 'openvino']
 */
export function readPeers(list: string | undefined): readonly PeerName[] {
  const all = Object.keys(peers) as PeerName[];
  if (list === undefined) return [];
  if (list === 'all') return all;
  const names = list.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !Object.hasOwn(peers, name));
  if (unknown !== undefined)
    throw new UserError(
      'bad-option',
      `Cannot compare with ${JSON.stringify(unknown)}: want some of ${all.join(', ')}, or all`,
    );
  return [...new Set(names)] as PeerName[];
}
