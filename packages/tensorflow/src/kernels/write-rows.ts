/** Writing rows of a large matrix in place: a step of a 65,536 x 256 queue without copying its 64 MB. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { nativeKernel, type NativeOps } from './native.js';
import { withSlot } from './variable.js';

/**
 * target `[K, D]`, values `[N, D]` → target with `values` in the rows `start`, `start + 1`, ..., going on at row 0.
 *
 * If nothing else holds target's memory, it is overwritten and target itself is returned. Otherwise the result is a
 * copy, and the other holders keep their values. The library decides which (see `Slot`), so a slice,
 * a reshape, a clone that waits for its gradient or a JavaScript array that shares target's memory are all safe.
 */
export const writeRows = nativeKernel<'target' | 'values', { readonly start: number }>(
  'KindredWriteRows',
  ({ target, values }, { start }, ops) => {
    const count = values.shape[0]!;
    const first = Math.min(count, target.shape[0]! - start);
    const spans = [
      { row: start, from: 0, count: first },
      { row: 0, from: first, count: count - first },
    ].filter((span) => span.count > 0);
    const [source] = ops.backend.getInputTensorIds([values]) as [number];
    return withSlot(ops, target.dtype, (slot) =>
      slot.lend(target, () => {
        for (const span of spans) {
          const part = span.count === count ? source : slice(ops, values, source, span);
          try {
            assign(ops, target, slot.id, span, part);
          } finally {
            if (part !== source) ops.backend.binding.deleteTensor(part);
          }
        }
      }),
    );
  },
);

interface Span {
  /** The first row that is written. */
  readonly row: number;
  /** The row of `values` that goes there. */
  readonly from: number;
  readonly count: number;
}

function assign(ops: NativeOps, { dtype }: TensorInfo, variable: number, { row, count }: Span, part: number): void {
  const masks = ['begin_mask', 'end_mask', 'ellipsis_mask', 'new_axis_mask', 'shrink_axis_mask'];
  const attributes = [ops.type('T', dtype), ops.type('Index', 'int32'), ...masks.map((mask) => ops.int(mask, 0))];
  ops.withRawInts([[row], [row + count], [1]], (bounds) => ops.raw('ResourceStridedSliceAssign', attributes, [variable, ...bounds, part], 0));
}

/** Rows of `values`, as a new handle. */
function slice(ops: NativeOps, { dtype, shape }: TensorInfo, source: number, { from, count }: Span): number {
  const [, ...rest] = shape;
  const bounds = [
    [from, ...rest.map(() => 0)],
    [count, ...rest],
  ];
  return ops.withRawInts(bounds, (ids) => ops.raw('Slice', [ops.type('T', dtype), ops.type('Index', 'int32')], [source, ...ids], 1)[0]!.id);
}
