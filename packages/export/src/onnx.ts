/** ONNX, written through its official protobuf definitions. */
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { exportTorch } from '@kindred/backbones';
import { ArgumentError, type EncoderInput, inputMetadata, type TensorValue } from '@kindred/core';
import { AttributeProto_AttributeType, type AttributeProtoSchema, ModelProtoSchema, type NodeProtoSchema, TensorProto_DataType, type TensorProtoSchema, type ValueInfoProtoSchema } from 'onnx-buf';
import { type ExportOptions, type Model, modelOf, normalizationValues, type OutputName, type Part, type SimpleLayer, writeLayers } from './model.js';

type Node = MessageInitShape<typeof NodeProtoSchema>;
type Initializer = MessageInitShape<typeof TensorProtoSchema>;
type Attribute = MessageInitShape<typeof AttributeProtoSchema>;
type ValueInfo = MessageInitShape<typeof ValueInfoProtoSchema>;

/** Every runtime since 2022 reads this version, and it has all operations that residual networks need. */
const irVersion = 8n;
const operators = 17n;

/** The largest message that protobuf allows. */
const limit = 2 ** 31 - 1;

/** The weights of red, green and blue in grey: ITU-R BT.601, as `imageInput` of augmentations has it. */
const luma: TensorValue = { shape: [1, 1, 3, 1], values: Float32Array.of(0.299, 0.587, 0.114) };

/** Names of outputs; that of embeddings is the one of models on the Hugging Face hub. */
const outputNames: Readonly<Record<OutputName, string>> = { embeddings: 'image_embeds', projections: 'projections', predictions: 'predictions' };

/**
 * An encoder as an ONNX model: operators 17 of the default domain, float32.
 *
 * - input `pixel_values`, `[batch, channels, height, width]` in 0..1; batch, height and width are free
 * - output `image_embeds`, `[batch, D]`; with a head also `projections`, `[batch, E]`, with a predictor `predictions`, `[batch, F]`
 *
 * Heads without an encoder take `embeddings`, `[batch, D]`.
 *
 * Normalisation is inside. Resizing is not: the metadata `kindred.input` gives the size and the method.
 *
 * @returns The bytes of a file.
 * @throws ArgumentError for an encoder with other channels than the input, or more than 2 GiB; ShapeError for a head of another
 * length; StateError for values that are not finite; DataError for an input out of range.
 *
 * @example
 * const encoder = resnet({ depth: 18, stem: 'cifar', channels: 3, widthMultiplier: 1 / 8, random: random(1) });
 * const input = { size: [32, 32], channels: 3, interpolation: 'bilinear', fit: 'cover', cropShare: 1 } as const;
 * exportOnnx({ encoder, input }).length > 690_000; // => true
 *
 * @see https://onnx.ai/onnx/intro/concepts.html
 */
export function exportOnnx(options: ExportOptions): Uint8Array {
  return encodeOnnx('exportOnnx', modelOf('exportOnnx', options));
}

/** The bytes of a model. With `colour`, an encoder of grey images takes three channels and converts them to grey itself. */
export function encodeOnnx(where: string, model: Model, colour = false): Uint8Array {
  const { input, parts } = model;
  const nodes: Node[] = [];
  const initializers: Initializer[] = [];
  const used = new Set<string>();
  let bytes = 0;

  const value = (name: string, { shape, values }: TensorValue): string => {
    // a layer that is applied twice stores its values once
    if (used.has(name)) return name;
    used.add(name);
    bytes += values.byteLength;
    initializers.push({
      name,
      dims: shape.map(BigInt),
      dataType: TensorProto_DataType.FLOAT,
      rawData: new Uint8Array(values.buffer as ArrayBuffer, values.byteOffset, values.byteLength),
    });
    return name;
  };
  const node = (opType: string, inputs: readonly string[], attributes: readonly Attribute[] = [], name = opType): string => {
    const output = name === opType || used.has(`${name}()`) ? `${name}_${nodes.length}` : name;
    used.add(`${name}()`);
    nodes.push({ name: output, opType, input: [...inputs], output: [output], attribute: [...attributes] });
    return output;
  };
  const filter = (name: string, filters: TensorValue): string => value(name, exportTorch({ filters })['filters']!);
  const perChannel = (name: string, numbers: readonly number[]): string =>
    value(name, { shape: [1, numbers.length, 1, 1], values: Float32Array.from(numbers) });

  const layer = (of: SimpleLayer, x: string, part: Part): string => {
    const named = (name: string): string => part.prefix + name;
    switch (of.kind) {
      case 'convolution': {
        const weight = part.value(`${of.name}.weight`);
        const kernel = integers('kernel_shape', weight.shape.slice(0, 2));
        const attributes = [kernel, integers('strides', [of.stride, of.stride]), integers('pads', Array<number>(4).fill(of.padding))];
        return node('Conv', [x, filter(named(`${of.name}.weight`), weight)], attributes, named(of.name));
      }
      case 'batchNormalization': {
        const values = normalizationValues(part, of.name).map(([name, numbers]) => value(named(name), numbers));
        return node('BatchNormalization', [x, ...values], [float('epsilon', of.epsilon)], named(of.name));
      }
      case 'linear': {
        const bias = part.optional(`${of.name}.bias`);
        const weight = value(named(`${of.name}.weight`), part.value(`${of.name}.weight`));
        return node('Gemm', [x, weight, ...(bias ? [value(named(`${of.name}.bias`), bias)] : [])], [integer('transB', 1)], named(of.name));
      }
      case 'relu':
        return node('Relu', [x]);
      case 'maxPool': {
        const attributes = [integers('kernel_shape', [of.size, of.size]), integers('strides', [of.stride, of.stride])];
        return node('MaxPool', [x], [...attributes, integers('pads', Array<number>(4).fill(of.padding))]);
      }
      case 'spatialMean':
        return node('Flatten', [node('GlobalAveragePool', [x])], [integer('axis', 1)]);
    }
  };
  const writer = { layer, sum: (a: string, b: string): string => node('Add', [a, b]) };

  const normalized = ({ channels, mean, deviation }: EncoderInput): string => {
    let x = 'pixel_values';
    if (colour && channels === 1) x = node('Conv', [x, filter('luma', luma)], [integers('kernel_shape', [1, 1])]);
    if (mean) x = node('Sub', [x, perChannel('mean', mean)]);
    return deviation ? node('Div', [x, perChannel('deviation', deviation)]) : x;
  };
  const start = typeof input === 'number' ? 'embeddings' : normalized(input);
  parts.reduce((x, part) => node('Identity', [writeLayers(part.layers, x, part, writer)], [], outputNames[part.output]), start);

  if (bytes > limit) throw new ArgumentError(`${where}.encoder`, 'weights of at most 2 GiB, the limit of protobuf', `${bytes} bytes`, 'Export the encoder without the head, or a narrower one.');
  return toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, {
      irVersion,
      opsetImport: [{ domain: '', version: operators }],
      producerName: 'kindred',
      metadataProps: Object.entries(typeof input === 'number' ? {} : inputMetadata(input)).map(([key, text]) => ({ key, value: text })),
      graph: {
        name: typeof input === 'number' ? 'head' : 'encoder',
        node: nodes,
        initializer: initializers,
        input: [typeof input === 'number' ? tensorInfo('embeddings', ['batch', input]) : tensorInfo('pixel_values', ['batch', colour ? 3 : input.channels, 'height', 'width'])],
        output: parts.map(({ output, dimension }) => tensorInfo(outputNames[output], ['batch', dimension])),
      },
    }),
  );
}

const integer = (name: string, i: number): Attribute => ({ name, type: AttributeProto_AttributeType.INT, i: BigInt(i) });
const integers = (name: string, ints: readonly number[]): Attribute => ({ name, type: AttributeProto_AttributeType.INTS, ints: ints.map(BigInt) });
const float = (name: string, f: number): Attribute => ({ name, type: AttributeProto_AttributeType.FLOAT, f });

/** A float32 tensor whose axes have a fixed length (a number) or a free one (a name). */
const tensorInfo = (name: string, shape: readonly (number | string)[]): ValueInfo => ({
  name,
  type: {
    value: {
      case: 'tensorType',
      value: {
        elemType: TensorProto_DataType.FLOAT,
        shape: { dim: shape.map((length) => ({ value: typeof length === 'number' ? { case: 'dimValue' as const, value: BigInt(length) } : { case: 'dimParam' as const, value: length } })) },
      },
    },
  },
});
