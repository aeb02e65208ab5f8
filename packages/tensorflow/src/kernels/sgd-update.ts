/** One step of momentum for all parameters, in place: two passes over memory, where plain tfjs ops take six. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { nativeKernel, type NativeOps } from './native.js';
import { type Slot, withSlot } from './variable.js';

interface Attributes {
  readonly learningRate: number;
  readonly momentum: number;
  readonly nesterov: boolean;
  /** λ of each parameter. */
  readonly weightDecay: readonly number[];
}

/**
 * `parameter.i`, `velocity.i`, `gradient.i` → parameter 0, velocity 0, parameter 1, ...
 * v ← m·v + g + λ·w, then w ← w − lr·v, or with `nesterov` w ← w − lr·(g + λ·w + m·v). Parameters and velocities that nobody
 * else holds are overwritten (see `Slot`).
 */
export const sgdUpdate = nativeKernel<string, Attributes>('KindredSgdUpdate', (inputs, attributes, ops) =>
  withSlot(ops, 'float32', (parameter) =>
    withSlot(ops, 'float32', (velocity) =>
      attributes.weightDecay.flatMap((decay, i) => {
        const [w, v, g] = ['parameter', 'velocity', 'gradient'].map((name) => inputs[`${name}.${i}`]!) as [TensorInfo, TensorInfo, TensorInfo];
        return one({ ops, parameter, velocity }, w, v, g, { ...attributes, decay });
      }),
    ),
  ),
);

interface Tools {
  readonly ops: NativeOps;
  readonly parameter: Slot;
  readonly velocity: Slot;
}

type Settings = Attributes & { readonly decay: number };

function one({ ops, parameter, velocity }: Tools, w: TensorInfo, v: TensorInfo, g: TensorInfo, settings: Settings): TensorInfo[] {
  const { learningRate, momentum, nesterov, decay } = settings;
  const { backend, raw, type, bool } = ops;
  const locking = bool('use_locking', false);
  const [wId, gId] = backend.getInputTensorIds([w, g]) as [number, number];
  // The velocity can take λ·w beforehand, as λ·w / m. Nesterov's step wants it in the gradient, and so does m = 0
  const beforehand = decay !== 0 && momentum !== 0 && !nesterov;
  const gradient = decay !== 0 && !beforehand ? decayed(ops, gId, wId, decay) : gId;
  try {
    return ops.withRawFloats([learningRate, momentum, beforehand ? -decay / momentum : 0], ([rate, share, alpha]) => {
      let updated: TensorInfo | undefined;
      const speed = velocity.lend(v, () => {
        if (beforehand) raw('ResourceApplyGradientDescent', [type('T', 'float32'), locking], [velocity.id, alpha!, wId], 0);
        updated = parameter.lend(w, () => {
          const given = [parameter.id, velocity.id, rate!, gradient, share!];
          raw('ResourceApplyMomentum', [type('T', 'float32'), locking, bool('use_nesterov', nesterov)], given, 0);
        });
      });
      return [updated!, speed];
    });
  } finally {
    if (gradient !== gId) backend.binding.deleteTensor(gradient);
  }
}

/** g + λ·w, as a new handle. */
function decayed(ops: NativeOps, g: number, w: number, decay: number): number {
  const attributes = [ops.type('T', 'float32')];
  return ops.withRawFloats([decay], ([lambda]) => {
    const product = ops.raw('Mul', attributes, [w, lambda!], 1)[0]!.id;
    const result = ops.raw('AddV2', attributes, [g, product], 1)[0]!.id;
    ops.backend.binding.deleteTensor(product);
    return result;
  });
}
