/**
 * Graphs as the bytes of an ONNX model. The descriptor below is the needed part of onnx.proto
 * (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto), field numbers as there.
 */
import protobuf from 'protobufjs/light.js';
import { dataTypes } from './dtype.js';
import type { Attribute, Graph, Initializer, Node, Var } from './graph.js';
import { liveNodes } from './liveNodes.js';
import { isBatch, showDim } from './shape.js';

/** Gelu came with opset 20; com.microsoft has only version 1. IR 9 is what opset 20 was released with. */
const opsets = [
  { domain: '', version: 20 },
  { domain: 'com.microsoft', version: 1 },
];
const irVersion = 9;

const one = (type: string, id: number) => ({ type, id });
const many = (type: string, id: number) => ({ type, id, rule: 'repeated' });
/** proto2: repeated numbers are unpacked unless onnx.proto says otherwise. */
const unpacked = (type: string, id: number) => ({ ...many(type, id), options: { packed: false } });

const root = protobuf.Root.fromJSON({
  nested: {
    StringStringEntryProto: { fields: { key: one('string', 1), value: one('string', 2) } },
    TensorProto: {
      fields: {
        dims: unpacked('int64', 1),
        data_type: one('int32', 2),
        name: one('string', 8),
        raw_data: one('bytes', 9),
        external_data: many('StringStringEntryProto', 13),
        data_location: one('int32', 14),
      },
    },
    Dimension: { fields: { dim_value: one('int64', 1), dim_param: one('string', 2) } },
    TensorShapeProto: { fields: { dim: many('Dimension', 1) } },
    TensorTypeProto: { fields: { elem_type: one('int32', 1), shape: one('TensorShapeProto', 2) } },
    TypeProto: { fields: { tensor_type: one('TensorTypeProto', 1) } },
    ValueInfoProto: { fields: { name: one('string', 1), type: one('TypeProto', 2) } },
    AttributeProto: {
      fields: {
        name: one('string', 1),
        f: one('float', 2),
        i: one('int64', 3),
        s: one('bytes', 4),
        ints: unpacked('int64', 8),
        type: one('int32', 20),
      },
    },
    NodeProto: {
      fields: {
        input: many('string', 1),
        output: many('string', 2),
        name: one('string', 3),
        op_type: one('string', 4),
        attribute: many('AttributeProto', 5),
        domain: one('string', 7),
      },
    },
    GraphProto: {
      fields: {
        node: many('NodeProto', 1),
        name: one('string', 2),
        initializer: many('TensorProto', 5),
        input: many('ValueInfoProto', 11),
        output: many('ValueInfoProto', 12),
      },
    },
    OperatorSetIdProto: { fields: { domain: one('string', 1), version: one('int64', 2) } },
    ModelProto: {
      fields: {
        ir_version: one('int64', 1),
        producer_name: one('string', 2),
        graph: one('GraphProto', 7),
        opset_import: many('OperatorSetIdProto', 8),
      },
    },
  },
});
const ModelProto = root.lookupType('ModelProto');

/**
 * The ONNX model of `graph`, without the weights that lie in files: a few megabytes at most.
 *
 * @throws when an initializer is still to be computed: see `settle`.
 */
export function encodeModel(graph: Graph): Uint8Array {
  // An output has a name of its own: Identity gives it, and ONNX Runtime removes the node again.
  const named = graph.outputs.map(({ name, value }) => ({
    op_type: 'Identity',
    name: `${name}_output`,
    input: [value.name],
    output: [name],
  }));
  const model = {
    ir_version: irVersion,
    producer_name: 'kiln',
    opset_import: opsets,
    graph: {
      name: graph.name,
      node: [...liveNodes(graph).map(nodeProto), ...named],
      initializer: [...graph.initializers.values()].map(tensorProto),
      input: graph.inputs.map((value) => valueInfoProto(value.name, value)),
      output: graph.outputs.map(({ name, value }) => valueInfoProto(name, value)),
    },
  };
  return ModelProto.encode(ModelProto.create(model)).finish();
}

function nodeProto(node: Node) {
  return {
    name: node.name,
    op_type: node.op,
    domain: node.domain,
    input: node.inputs.map((value) => value?.name ?? ''),
    output: node.outputs.map((value) => value?.name ?? ''),
    attribute: Object.entries(node.attributes).flatMap(([name, attribute]) =>
      attribute === undefined ? [] : [attributeProto(name, attribute)],
    ),
  };
}

function attributeProto(name: string, attribute: Attribute) {
  // AttributeProto.AttributeType: FLOAT 1, INT 2, STRING 3, INTS 7.
  if ('f' in attribute) return { name, f: attribute.f, type: 1 };
  if ('i' in attribute) return { name, i: attribute.i, type: 2 };
  if ('s' in attribute) return { name, s: new TextEncoder().encode(attribute.s), type: 3 };
  return { name, ints: attribute.ints, type: 7 };
}

function tensorProto({ value, source }: Initializer) {
  const tensor = { name: value.name, dims: value.shape, data_type: dataTypes[value.dtype] };
  if ('bytes' in source) return { ...tensor, raw_data: source.bytes };
  if ('compute' in source)
    throw new Error(`initializer ${value.name} is not computed yet: settle the graph first`);
  const entries = { location: source.file, offset: source.offset, length: source.length };
  return {
    ...tensor,
    data_location: 1, // EXTERNAL
    external_data: Object.entries(entries).map(([key, entry]) => ({ key, value: String(entry) })),
  };
}

function valueInfoProto(name: string, value: Var) {
  const dim = value.shape.map((d) => (isBatch(d) ? { dim_param: showDim(d) } : { dim_value: d }));
  return { name, type: { tensor_type: { elem_type: dataTypes[value.dtype], shape: { dim } } } };
}
