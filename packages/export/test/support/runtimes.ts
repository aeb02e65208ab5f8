/** The same claims about an ONNX runtime, wherever it runs. */
import type { InferenceSession, Tensor } from 'onnxruntime-common';
import { expect, test } from 'vitest';
import { exportOnnx } from '../../src/index.js';
import { channelsFirst, drawImages, examples, kindred, worst } from './models.js';

/** What the packages of ONNX Runtime have in common. */
export interface Runtime {
  readonly InferenceSession: { create(model: Uint8Array): Promise<InferenceSession> };
  readonly Tensor: new (type: 'float32', values: Float32Array, shape: readonly number[]) => Tensor;
}

export function expectKindred(name: string, load: () => Promise<Runtime>): void {
  test.each(Object.entries(examples))(`${name} computes what Kindred does: %s`, async (_, make) => {
    const { InferenceSession: sessions, Tensor: OnnxTensor } = await load();
    const example = make();
    const session = await sessions.create(exportOnnx(example));
    // one file, other batches and sizes
    for (const [count, height, width] of [[1, 32, 32], [3, 20, 29], [2, 47, 33]] as const) {
      const images = drawImages(count, height, width, example.input.channels);
      const pixels = new OnnxTensor('float32', channelsFirst(images), [count, example.input.channels, height, width]);
      const outputs = await session.run({ pixel_values: pixels });
      const expected = kindred(example, images);
      expect(outputs['image_embeds']!.dims).toEqual([count, example.encoder.dimension]);
      // 1e-5 in float32: sums in another order; the worst seen was 1.2e-6
      expect(worst(outputs['image_embeds']!.data as Float32Array, expected.embeddings)).toBeLessThan(1e-5);
      expect(Object.keys(outputs)).toEqual(Object.keys(expected).map((output) => output.replace('embeddings', 'image_embeds')));
      for (const output of ['projections', 'predictions'] as const) {
        if (expected[output]) expect(worst(outputs[output]!.data as Float32Array, expected[output])).toBeLessThan(1e-5);
      }
    }
    await session.release();
  });

  const heads = Object.entries(examples).filter(([, make]) => make().head !== undefined);
  test.each(heads)(`${name} computes what Kindred's heads do of embeddings: %s`, async (_, make) => {
    const { InferenceSession: sessions, Tensor: OnnxTensor } = await load();
    const example = make();
    const { head, predictor } = example;
    const session = await sessions.create(exportOnnx({ head: head!, predictor }));
    for (const count of [1, 5]) {
      const { embeddings, ...expected } = kindred(example, drawImages(count, 32, 32, example.input.channels));
      const outputs = await session.run({ embeddings: new OnnxTensor('float32', embeddings, [count, example.encoder.dimension]) });
      expect(Object.keys(outputs)).toEqual(Object.keys(expected));
      for (const [output, values] of Object.entries(expected) as [string, Float32Array][]) expect(worst(outputs[output]!.data as Float32Array, values)).toBeLessThan(1e-5);
    }
    await session.release();
  });
}
