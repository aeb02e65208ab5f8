/** A TensorFlow.js graph model: a program that has tfjs needs nothing else to run it. */
import { inputMetadata, type TensorValue } from '@kindred/core';
import type { io } from '@tensorflow/tfjs-core';
import { type ExportOptions, modelOf, normalizationValues, type Part, type SimpleLayer, writeLayers } from './model.js';

type Attributes = Readonly<Record<string, unknown>>;

/** A node of TensorFlow's GraphDef as JSON. */
interface Node {
  readonly name: string;
  readonly op: string;
  readonly input: readonly string[];
  readonly attr: Attributes;
}

/** Below every activation: padding never wins. */
const lowest = -3.4028234663852886e38;

/** The largest size of a weights file, in bytes: browsers cache files of this size. */
const shardBytes = 4 * 2 ** 20;

/**
 * An encoder as a TensorFlow.js graph model, for `tf.loadGraphModel(tf.io.fromMemory(...))`; `tfjsFiles` returns it as files.
 *
 * - input `images`, `[N, H, W, channels]` in 0..1; N, H and W are free. Normalisation is inside
 * - output `embeddings`, `[N, D]`; with a head also `projections`, `[N, E]`, with a predictor `predictions`, `[N, F]`: `predict` then returns all
 *   in this order
 *
 * Heads without an encoder take `embeddings`, `[N, D]`.
 *
 * @throws As `exportOnnx`.
 *
 * @example
 * const encoder = resnet({ depth: 18, stem: 'cifar', channels: 3, widthMultiplier: 1 / 64, random: random(1) });
 * const input = { size: [32, 32], channels: 3, interpolation: 'bilinear', fit: 'cover', cropShare: 1 } as const;
 * exportTfjs({ encoder, input }).format; // => 'graph-model'
 */
export function exportTfjs(options: ExportOptions): io.ModelArtifacts & { readonly weightSpecs: io.WeightsManifestEntry[]; readonly weightData: ArrayBuffer } {
  const { input, parts } = modelOf('exportTfjs', options);
  const nodes: Node[] = [];
  const weights: { readonly name: string; readonly value: TensorValue }[] = [];

  const used = new Set<string>();
  const node = (op: string, inputs: readonly string[], attr: Attributes = {}, given = op): string => {
    const name = given === op || used.has(given) ? `${given}_${nodes.length}` : given;
    used.add(given);
    nodes.push({ name, op, input: inputs, attr: { T: type('DT_FLOAT'), ...attr } });
    return name;
  };
  const value = (name: string, tensor: TensorValue): string => {
    // a layer that is applied twice stores its values once
    if (used.has(name)) return name;
    used.add(name);
    const dtype = tensor.values instanceof Int32Array ? 'DT_INT32' : 'DT_FLOAT';
    weights.push({ name, value: tensor });
    nodes.push({ name, op: 'Const', input: [], attr: { dtype: type(dtype), value: { tensor: { dtype, tensorShape: shapeOf(tensor.shape) } } } });
    return name;
  };
  const whole = (name: string, shape: readonly number[], values: readonly number[]): string => value(name, { shape, values: Int32Array.from(values) });
  const numbers = (name: string, values: readonly number[], shape: readonly number[] = [values.length]): string =>
    value(name, { shape, values: Float32Array.from(values) });

  // not every backend's kernels support explicit padding
  const padded = (x: string, padding: number, filler: number): string => {
    if (padding === 0) return x;
    const sides = whole(`pad_${padding}`, [4, 2], [0, 0, padding, padding, padding, padding, 0, 0]);
    return node('PadV2', [x, sides, numbers(filler === 0 ? 'zero' : 'lowest', [filler], [])], { Tpaddings: type('DT_INT32') });
  };
  const window = (stride: number): Attributes => ({ strides: list([1, stride, stride, 1]), padding: text('VALID'), data_format: text('NHWC') });

  const layer = (of: SimpleLayer, x: string, part: Part): string => {
    const named = (name: string): string => part.prefix + name;
    const own = (name: string): string => value(named(name), part.value(name));
    switch (of.kind) {
      case 'convolution':
        return node('Conv2D', [padded(x, of.padding, 0), own(`${of.name}.weight`)], { ...window(of.stride), dilations: list([1, 1, 1, 1]) }, named(of.name));
      case 'batchNormalization': {
        const values = normalizationValues(part, of.name).map(([name, tensor]) => value(named(name), tensor));
        const attributes = { epsilon: { f: of.epsilon }, is_training: { b: false }, data_format: text('NHWC'), U: type('DT_FLOAT') };
        return node('FusedBatchNormV3', [x, ...values], attributes, named(of.name));
      }
      case 'linear': {
        const product = node('MatMul', [x, own(`${of.name}.weight`)], { transpose_a: { b: false }, transpose_b: { b: true } }, named(of.name));
        return part.optional(`${of.name}.bias`) ? node('AddV2', [product, own(`${of.name}.bias`)]) : product;
      }
      case 'relu':
        return node('Relu', [x]);
      case 'maxPool':
        return node('MaxPool', [padded(x, of.padding, lowest)], { ...window(of.stride), ksize: list([1, of.size, of.size, 1]) });
      case 'spatialMean':
        return node('Mean', [x, whole('spatial_axes', [2], [1, 2])], { keep_dims: { b: false }, Tidx: type('DT_INT32') });
    }
  };
  const writer = { layer, sum: (a: string, b: string): string => node('AddV2', [a, b]) };

  const [inputName, inputShape] = typeof input === 'number' ? ['embeddings', shapeOf([-1, input])] : ['images', shapeOf([-1, -1, -1, input.channels])];
  let x = node('Placeholder', [], { dtype: type('DT_FLOAT'), shape: { shape: inputShape } }, inputName);
  if (typeof input !== 'number' && input.mean) x = node('Sub', [x, numbers('mean', input.mean)]);
  if (typeof input !== 'number' && input.deviation) x = node('RealDiv', [x, numbers('deviation', input.deviation)]);
  parts.reduce((from, part) => node('Identity', [writeLayers(part.layers, from, part, writer)], {}, part.output), x);

  const output = ({ output: name, dimension }: Part): object => ({ [name]: { name: `${name}:0`, dtype: 'DT_FLOAT', tensorShape: shapeOf([-1, dimension]) } });
  return {
    format: 'graph-model',
    generatedBy: 'kindred',
    convertedBy: null,
    modelTopology: { node: nodes, library: {}, versions: {} },
    signature: {
      inputs: { [inputName]: { name: `${inputName}:0`, dtype: 'DT_FLOAT', tensorShape: inputShape } },
      outputs: Object.assign({}, ...parts.map(output)) as object,
    },
    userDefinedMetadata: typeof input === 'number' ? {} : { ...inputMetadata(input) },
    weightSpecs: weights.map(({ name, value: { shape, values } }) => ({ name, shape: [...shape], dtype: values instanceof Int32Array ? 'int32' : 'float32' })),
    weightData: joined(weights.map(({ value: { values } }) => values)),
  };
}

/**
 * The files of a TensorFlow.js graph model, by name: `model.json` and shards of 4 MiB. Put them on any web host and
 * `tf.loadGraphModel('https://.../model.json')`.
 *
 * @throws As `exportOnnx`.
 *
 * @example
 * const encoder = resnet({ depth: 18, stem: 'cifar', channels: 3, widthMultiplier: 1 / 64, random: random(1) });
 * const input = { size: [32, 32], channels: 3, interpolation: 'bilinear', fit: 'cover', cropShare: 1 } as const;
 * Object.keys(tfjsFiles({ encoder, input })); // => ['model.json', 'group1-shard1of1.bin']
 */
export function tfjsFiles(options: ExportOptions): Record<string, string | Uint8Array> {
  const { weightData, weightSpecs, ...model } = exportTfjs(options);
  const count = Math.max(1, Math.ceil(weightData.byteLength / shardBytes));
  const shards = Array.from({ length: count }, (_, i) => {
    const [start, end] = [i * shardBytes, Math.min((i + 1) * shardBytes, weightData.byteLength)];
    return [`group1-shard${i + 1}of${count}.bin`, new Uint8Array(weightData, start, end - start)] as const;
  });
  const weightsManifest = [{ paths: shards.map(([name]) => name), weights: weightSpecs }];
  return { 'model.json': JSON.stringify({ ...model, weightsManifest }), ...Object.fromEntries(shards) };
}

const type = (name: string): object => ({ type: name });
const list = (numbers: readonly number[]): object => ({ list: { i: numbers.map(String) } });
/** GraphDef's JSON encodes bytes as base64. */
const text = (string: 'VALID' | 'NHWC'): object => ({ s: { VALID: 'VkFMSUQ=', NHWC: 'TkhXQw==' }[string] });
const shapeOf = (shape: readonly number[]): object => ({ dim: shape.map((size) => ({ size: `${size}` })) });

function joined(arrays: readonly (Float32Array | Int32Array)[]): ArrayBuffer {
  const bytes = new Uint8Array(arrays.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let position = 0;
  for (const { buffer, byteOffset, byteLength } of arrays) {
    bytes.set(new Uint8Array(buffer, byteOffset, byteLength), position);
    position += byteLength;
  }
  return bytes.buffer;
}
