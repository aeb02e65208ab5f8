/** One step of AdamW for all parameters, in place: one pass over memory, where plain tfjs ops take about twelve. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { nativeKernel } from './native.js';
import { withSlot } from './variable.js';

interface Attributes {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** 1 for the first update. */
  readonly step: number;
  /** λ of each parameter. */
  readonly weightDecay: readonly number[];
}

/**
 * `parameter.i`, `first.i`, `second.i`, `gradient.i` → parameter 0, first 0, second 0, parameter 1, ...
 * Decay outside of the moments: w ← (1 − lr·λ)·w, then Adam's step. Memory that nobody else holds is overwritten (see `Slot`).
 */
export const adamUpdate = nativeKernel<string, Attributes>('KindredAdamUpdate', (inputs, attributes, ops) => {
  const { learningRate, beta1, beta2, epsilon, step, weightDecay } = attributes;
  const { backend, raw, type, bool } = ops;
  const settings = [type('T', 'float32'), bool('use_locking', false), bool('use_nesterov', false)];
  // The library adds epsilon to √v before it corrects v's bias, AdamW after: this epsilon compensates for the difference
  const inner = epsilon * Math.sqrt(1 - beta2 ** step);
  return ops.withRawFloats([beta1 ** step, beta2 ** step, learningRate, beta1, beta2, inner], (scalars) =>
    withSlot(ops, 'float32', (parameter) =>
      withSlot(ops, 'float32', (first) =>
        withSlot(ops, 'float32', (second) =>
          weightDecay.flatMap((decay, i) => {
            const tensors = ['parameter', 'first', 'second', 'gradient'].map((name) => inputs[`${name}.${i}`]!);
            const [w, m, v, g] = tensors as [TensorInfo, TensorInfo, TensorInfo, TensorInfo];
            const [wId, gId] = backend.getInputTensorIds([w, g]) as [number, number];
            let [newW, newV]: (TensorInfo | undefined)[] = [];
            const newM = first.lend(m, () => {
              newV = second.lend(v, () => {
                const apply = (): unknown => raw('ResourceApplyAdam', settings, [parameter.id, first.id, second.id, ...scalars, gId], 0);
                if (decay === 0) newW = parameter.lend(w, apply);
                else {
                  const shrunk = ops.withRawFloats([1 - learningRate * decay], ([share]) => raw('Mul', [type('T', 'float32')], [wId, share!], 1)[0]!.id);
                  newW = parameter.adopt(shrunk, apply);
                }
              });
            });
            return [newW!, newM, newV!];
          }),
        ),
      ),
    ),
  );
});
