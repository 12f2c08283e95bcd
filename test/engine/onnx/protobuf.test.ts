import { describe, expect, it } from 'vitest';
import { add } from '../../../src/engine/onnx/elementwise.js';
import { createGraph } from '../../../src/engine/onnx/graph.js';
import { encodeModel } from '../../../src/engine/onnx/protobuf.js';
import { batch } from '../../../src/engine/onnx/shape.js';

// onnx 1.23.2: make_model(…, ir_version=9).SerializeToString(deterministic=True)
const bytesOfOnnx = [
  '080912046b696c6e3aae010a190a01780a017712054164645f301a054164645f3022034164640a1e0a054164645f3012',
  '01791a08795f6f757470757422084964656e746974791204746573742a3f080210014201776a110a086c6f636174696f',
  '6e1205772e62696e6a140a066f6666736574120a353030303030303030306a0b0a066c656e67746812013870015a140a',
  '0178120f0a0d080112090a031201420a02080262140a0179120f0a0d080112090a031201420a0208024202101442110a',
  '0d636f6d2e6d6963726f736f66741001',
].join('');

describe('an encoded model', () => {
  it('is the bytes that the onnx package (PyPI) makes of the same graph', () => {
    const graph = createGraph('test');
    const x = graph.input('x', 'float32', [batch, 2]);
    const source = { file: 'w.bin', offset: 5_000_000_000, length: 8 };
    graph.output('y', add(x, graph.initializer('w', 'float32', [2], source)));
    expect(Buffer.from(encodeModel(graph)).toString('hex')).toBe(bytesOfOnnx);
  });

  it('is refused while a weight is still to be computed', () => {
    const graph = createGraph('test');
    const compute = async () => new Uint8Array(8);
    const w = graph.initializer('w', 'float32', [2], { key: 'w', length: 8, compute });
    graph.output('y', add(w, w));
    expect(() => encodeModel(graph)).toThrow('initializer w is not computed yet');
    graph.settle('w', { bytes: new Uint8Array(8) });
    expect(encodeModel(graph).length).toBeGreaterThan(8);
  });
});
