import { quote, refuse } from '../checkpoint/refuse.js';
import type { TensorInfo } from '../checkpoint/safetensors.js';
import type { LoraRole } from './loraKey.js';
import type { LoraLayer } from './openLora.js';
import { misfit, type Product, plain, product, tuckerProduct } from './product.js';

type Tensors = LoraLayer['tensors'];

/**
 * What a layer of a LoRA file adds to its module's weight, before alpha and weight: LoRA and LoCon (up·down, with a core
 * between them), LoHa (two products, number by number), LoKr (a Kronecker product), or the difference itself.
 * Source: LyCORIS 4, `functional/{locon,loha,lokr}.py`.
 *
 * @returns undefined where the layer changes no weight
 * @throws UserError `bad-model` where a factor is missing, or they do not fit each other
 */
export function deltaOf(layer: LoraLayer): Product | undefined {
  const { tensors } = layer;
  const has = (start: string) => Object.keys(tensors).some((role) => role.startsWith(start));
  const kinds = [
    has('down') || has('up') || has('mid'),
    has('hada_'),
    has('lokr_'),
    tensors.diff !== undefined,
  ];
  if (kinds.filter(Boolean).length > 1) {
    const [one, other] = Object.values(tensors);
    refuse(
      one!.file,
      `tensors ${quote(one!.name)} and ${quote(other!.name)} are of two kinds of LoRA`,
      'one kind',
    );
  }
  if (kinds[0]) return lowRank(tensors);
  if (kinds[1]) return hadamard(tensors);
  if (kinds[2]) return kronecker(tensors);
  if (tensors.diff) return plain(tensors.diff);
  return undefined;
}

function lowRank(tensors: Tensors): Product {
  const [up, down] = [need(tensors, 'up'), need(tensors, 'down')];
  return tensors.mid ? tuckerProduct(tensors.mid, up, down, true) : product(up, down);
}

function hadamard(tensors: Tensors): Product {
  const half = (i: 1 | 2) => {
    const [a, b] = [need(tensors, `hada_w${i}_a`), need(tensors, `hada_w${i}_b`)];
    const core = tensors[`hada_t${i}`];
    return core ? tuckerProduct(core, a, b, false) : product(a, b);
  };
  const [one, other] = [half(1), half(2)];
  if (one.rows !== other.rows || one.columns !== other.columns) {
    misfit(need(tensors, 'hada_w2_a'), `what makes [${one.rows}, ${one.columns}], as its other half does`);
  }
  return {
    ...one,
    async compute(multiply) {
      const values = await one.compute(multiply);
      const others = await other.compute(multiply);
      for (let i = 0; i < values.length; i++) values[i]! *= others[i]!;
      return values;
    },
  };
}

function kronecker(tensors: Tensors): Product {
  const left = tensors.lokr_w1
    ? plain(tensors.lokr_w1)
    : product(need(tensors, 'lokr_w1_a'), need(tensors, 'lokr_w1_b'));
  const right = rightOf(tensors);
  const [rows, columns] = [left.rows * right.rows, left.columns * right.columns];
  return {
    ...{ rows, columns, rank: right.rank ?? left.rank },
    async compute(multiply) {
      const outer = await left.compute(multiply);
      const inner = await right.compute(multiply);
      const values = new Float32Array(rows * columns);
      let at = 0;
      for (let row = 0; row < rows; row++) {
        const from = Math.floor(row / right.rows) * left.columns;
        const start = (row % right.rows) * right.columns;
        for (let i = 0; i < left.columns; i++) {
          const factor = outer[from + i]!;
          for (let j = 0; j < right.columns; j++) values[at++] = factor * inner[start + j]!;
        }
      }
      return values;
    },
  };
}

function rightOf(tensors: Tensors): Product {
  if (tensors.lokr_w2) return plain(tensors.lokr_w2);
  const [a, b] = [need(tensors, 'lokr_w2_a'), need(tensors, 'lokr_w2_b')];
  return tensors.lokr_t2 ? tuckerProduct(tensors.lokr_t2, a, b, false) : product(a, b);
}

function need(tensors: Tensors, role: LoraRole): TensorInfo {
  const found = tensors[role];
  if (found) return found;
  const other = Object.values(tensors)[0]!;
  return refuse(other.file, `tensor ${quote(other.name)} has no ${role} beside it`, 'one');
}
