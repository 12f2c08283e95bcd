import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/**
 * The folder of ONNX Runtime's own library, the one place where it looks for providers.
 *
 * @example providerFolder(); // '/kiln/node_modules/onnxruntime-node/bin/napi-v6/linux/x64'
 */
export function providerFolder(): string {
  const main = createRequire(import.meta.url).resolve('onnxruntime-node');
  return join(dirname(main), '..', 'bin', 'napi-v6', process.platform, process.arch);
}
