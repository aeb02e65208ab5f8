/** Embeds an image in the page, using WebAssembly. Loaded at the first search by image. */
import { imageInput } from '@kindred/augmentations';
import type { EncoderInput } from '@kindred/core';
import { type GraphModel, loadGraphModel } from '@tensorflow/tfjs-converter';
import { ready, setBackend, type Tensor, tidy } from '@tensorflow/tfjs-core';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';

let loading: Promise<GraphModel> | undefined;

async function load(): Promise<GraphModel> {
  // one thread: more would need cross-origin isolation from the host
  setWasmPaths({ 'tfjs-backend-wasm.wasm': 'tfjs-backend-wasm.wasm', 'tfjs-backend-wasm-simd.wasm': 'tfjs-backend-wasm-simd.wasm', 'tfjs-backend-wasm-threaded-simd.wasm': 'tfjs-backend-wasm-simd.wasm' });
  await setBackend('wasm');
  await ready();
  return loadGraphModel('model/model.json');
}

/** @throws Error for a file that is not an image. */
export async function embed(file: Blob, input: EncoderInput): Promise<Float32Array> {
  const bitmap = await createImageBitmap(file).catch(() => {
    throw new Error('the browser cannot read it as an image');
  });
  const { width, height } = bitmap;
  const canvas = new OffscreenCanvas(width, height);
  const pen = canvas.getContext('2d', { willReadFrequently: true })!;
  pen.fillStyle = '#fff'; // transparent pixels become white, as when images are decoded for training
  pen.fillRect(0, 0, width, height);
  pen.drawImage(bitmap, 0, 0);
  bitmap.close();
  const { data } = pen.getImageData(0, 0, width, height);
  const pixels = new Uint8Array(width * height * 3);
  for (let i = 0, at = 0; i < data.length; i += 4) for (let c = 0; c < 3; c++) pixels[at++] = data[i + c]!;

  const model = await (loading ??= load());
  // the model normalises its input itself
  const { mean, deviation, ...sizes } = input;
  const toInput = imageInput(sizes);
  const output = tidy(() => {
    const made = model.execute(toInput({ pixels, shape: [1, height, width, 3] }), 'embeddings');
    return made as Tensor;
  });
  return (await output.data<'float32'>().finally(() => output.dispose())).slice();
}
