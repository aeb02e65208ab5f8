/** What is exported, checked before anything is written. */
import type { Layer, LayeredHead, LayeredNetwork } from '@kindred/backbones';
import { ArgumentError, checkEncoderInput, type Encoder, type EncoderInput, type NamedTensors, readParameters, ShapeError, StateError, type TensorValue } from '@kindred/core';

/** An encoder to export, with or without the heads that were trained on it. */
export interface EncoderExport {
  /** An encoder that describes what it computes: `resnet`, `smallResNet`, or your own with `layers`. Exported as it runs in `eval`. */
  readonly encoder: Encoder & Pick<LayeredNetwork, 'layers'>;
  /** A head on its embeddings, `projectionHead` for one: a second output, `projections`. */
  readonly head?: LayeredHead | undefined;
  /** A head on the projections, `predictionHead` for one: a third output, `predictions`. */
  readonly predictor?: LayeredHead | undefined;
  /** What the encoder expects of images. The mean and deviation become part of the model. */
  readonly input: EncoderInput;
}

/** Heads to export without their encoder: a model of embeddings. */
export interface HeadExport {
  readonly encoder?: undefined;
  /** A head on embeddings: the output `projections`. */
  readonly head: LayeredHead;
  /** A head on the projections: a second output, `predictions`. */
  readonly predictor?: LayeredHead | undefined;
  readonly input?: undefined;
}

/** What to export. */
export type ExportOptions = EncoderExport | HeadExport;

/** What a part of a model gives. */
export type OutputName = 'embeddings' | 'projections' | 'predictions';

/** A network in a model: its layers, its values, and the name of its output. */
export interface Part {
  readonly output: OutputName;
  readonly dimension: number;
  readonly layers: readonly Layer[];
  /** All of its values. */
  readonly values: NamedTensors;
  /** The value of this name. */
  readonly value: (name: string) => TensorValue;
  /** The value of this name, if the part has it. */
  readonly optional: (name: string) => TensorValue | undefined;
  /** The prefix of the names of its values in a file. */
  readonly prefix: string;
}

/** A checked model: its parts one after the other, each with an output. */
export interface Model {
  /** Images in 0..1, which are normalised first; or embeddings of this length. */
  readonly input: EncoderInput | number;
  readonly parts: readonly Part[];
}

/** A model of images. */
export type ImageModel = Model & { readonly input: EncoderInput };

/**
 * @throws ArgumentError for an encoder with other channels than the input, or a predictor without a head; ShapeError for a head of another
 * length; StateError for values that are not finite; DataError for an input out of range.
 */
export function modelOf(where: string, options: EncoderExport): ImageModel;
export function modelOf(where: string, options: ExportOptions): Model;
export function modelOf(where: string, { encoder, head, predictor, input: given }: ExportOptions): Model {
  if (predictor && !head) throw new ArgumentError(`${where}.head`, 'the head whose projections the predictor takes', undefined);
  const top = head && partOf(`${where}.head`, head, 'projections', 'head.');
  const last = predictor && partOf(`${where}.predictor`, predictor, 'predictions', 'predictor.');
  if (last) checkLength(`${where}.predictor`, last, top!.dimension, 'projections');
  const heads = [...(top ? [top] : []), ...(last ? [last] : [])];
  if (encoder === undefined) return { input: inputsOf(heads[0]!) ?? heads[0]!.dimension, parts: heads };
  const input = checkEncoderInput(`${where}.input`, given);
  const body = partOf(`${where}.encoder`, encoder, 'embeddings', '');
  const first = body.layers.find((layer) => layer.kind === 'convolution');
  const channels = first && body.value(`${first.name}.weight`).shape[2];
  if (channels !== undefined && channels !== input.channels) {
    throw new ArgumentError(`${where}.input.channels`, `${channels}, those of the encoder`, input.channels);
  }
  if (top) checkLength(`${where}.head`, top, encoder.dimension, 'embeddings');
  return { input, parts: [body, ...heads] };
}

/** The length of the rows that a head takes, by its first linear layer. */
function inputsOf(head: Part): number | undefined {
  const start = head.layers.find((layer) => layer.kind === 'linear');
  return start && head.value(`${start.name}.weight`).shape[1];
}

function checkLength(where: string, head: Part, expected: number, rows: string): void {
  const length = inputsOf(head) ?? expected;
  if (length === expected) return;
  const whose = rows === 'embeddings' ? 'encoder' : 'head';
  throw new ShapeError(where, `it takes ${rows} of ${length} numbers, expected ${expected}, those of the ${whose}.`, { remedy: `Export the one that was trained on this ${whose}.` });
}

function partOf(where: string, network: EncoderExport['encoder'] | LayeredHead, output: OutputName, prefix: string): Part {
  const values: NamedTensors = { ...readParameters(network.parameters()), ...readParameters(network.buffers()) };
  for (const [name, value] of Object.entries(values)) {
    const at = value.values.findIndex((number) => !Number.isFinite(number));
    if (at >= 0) throw new StateError(`${where}.${name}`, `value ${at} is ${value.values[at]}, expected a number.`, 'Export weights from before the training diverged.');
  }
  return {
    output,
    dimension: network.dimension,
    layers: network.layers,
    values,
    optional: (name) => values[name],
    value(name) {
      const found = values[name];
      if (found === undefined) throw new StateError(where, `its layers name ${name}, which it has no value for.`, 'Make its layers those of its parameters and buffers.');
      return found;
    },
    prefix,
  };
}

/** A layer that is not a sum of others. */
export type SimpleLayer = Exclude<Layer, { kind: 'sum' }>;

/** Writes a model in some format: each call adds a layer and returns the name of its output. */
export interface Writer {
  layer(layer: SimpleLayer, input: string, part: Part): string;
  sum(a: string, b: string): string;
}

/** Writes the layers of a part, one after the other. */
export function writeLayers(layers: readonly Layer[], input: string, part: Part, writer: Writer): string {
  return layers.reduce(
    (x, layer) =>
      layer.kind === 'sum'
        ? writer.sum(writeLayers(layer.path, x, part, writer), writeLayers(layer.shortcut, x, part, writer))
        : writer.layer(layer, x, part),
    input,
  );
}

/** Scale, offset, mean and variance of a batch normalisation; ones and zeros if it has no scale or offset. */
export function normalizationValues(part: Part, name: string): readonly (readonly [string, TensorValue])[] {
  const mean = part.value(`${name}.running_mean`);
  const filled = (number: number): TensorValue => ({ shape: mean.shape, values: new Float32Array(mean.values.length).fill(number) });
  return [
    [`${name}.weight`, part.optional(`${name}.weight`) ?? filled(1)],
    [`${name}.bias`, part.optional(`${name}.bias`) ?? filled(0)],
    [`${name}.running_mean`, mean],
    [`${name}.running_var`, part.value(`${name}.running_var`)],
  ];
}
