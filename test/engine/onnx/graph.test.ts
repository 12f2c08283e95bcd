import { describe, expect, it } from 'vitest';
import { add } from '../../../src/engine/onnx/elementwise.js';
import { createGraph, weightBytes } from '../../../src/engine/onnx/graph.js';
import { batch } from '../../../src/engine/onnx/shape.js';

const source = { file: 'model.safetensors', offset: 8, length: 16 };

describe('a graph', () => {
  it('names the layer in errors, and forgets it when the layer is done', () => {
    const graph = createGraph('unet');
    const [a, b] = [graph.input('a', 'float32', [batch, 320]), graph.input('b', 'float32', [batch, 640])];
    expect(() =>
      graph.within('mid_block', () => graph.within('mid_block.resnets.0', () => add(a, b))),
    ).toThrow('Cannot build unet: mid_block.resnets.0: Add of [B,320] and [B,640]: the shapes do not meet');
    expect(() => add(a, b)).toThrow('Cannot build unet: Add of [B,320] and [B,640]: the shapes do not meet');
  });

  it('names nodes by their layer', () => {
    const graph = createGraph('unet');
    const a = graph.input('a', 'float32', [batch]);
    expect(graph.within('mid_block', () => add(a, a)).name).toBe('mid_block/Add_0');
  });

  it('has one input of a name, which networks of one graph share', () => {
    const graph = createGraph('unet');
    const sample = graph.input('sample', 'float32', [batch, 4]);
    expect(graph.input('sample', 'float32', [batch, 4])).toBe(sample);
    expect(graph.inputs).toEqual([sample]);
    expect(() => graph.input('sample', 'float32', [batch, 9])).toThrow(
      'Cannot build unet: input sample is float32 [B,4] for one network, want float32 [B,9]',
    );
  });

  it('keeps equal constants once, and others apart', () => {
    const graph = createGraph('unet');
    const constants = [
      graph.constant('float32', [2], [1, 2]),
      graph.constant('float32', [2], [1, 2]),
      graph.constant('float32', [1, 2], [1, 2]),
      graph.constant('int64', [2], [1, 2]),
      graph.constant('float32', [2], [2, 1]),
    ];
    expect(constants[0]).toBe(constants[1]);
    expect(graph.initializers.size).toBe(4);
  });

  it('keeps a weight once for each shape that it is used in', () => {
    const graph = createGraph('unet');
    const gamma = graph.initializer('norm.weight', 'float32', [4], source);
    expect(graph.initializer('norm.weight', 'float32', [4], source)).toBe(gamma);
    const column = graph.initializer('norm.weight', 'float32', [4, 1, 1], source);
    expect(graph.initializer('norm.weight', 'float32', [4, 1, 1], source)).toBe(column);
    expect([gamma.name, column.name]).toEqual(['norm.weight', 'norm.weight[4,1,1]']);
    expect(weightBytes(graph)).toBe(32);
  });

  it('refuses a weight whose bytes do not make its shape', () => {
    const graph = createGraph('unet');
    expect(() => graph.initializer('norm.weight', 'float32', [5], source)).toThrow(
      'Cannot build unet: norm.weight has 16 bytes, want 20 for float32 [5]',
    );
  });

  it('refuses values of another graph', () => {
    const [unet, vae] = [createGraph('unet'), createGraph('vae')];
    const [a, b] = [unet.input('a', 'float32', [batch]), vae.input('b', 'float32', [batch])];
    expect(() => add(a, b)).toThrow('Add_0 mixes two graphs: b is of vae');
  });
});
