/** What is exported, checked before anything is written. */
import type { Layer, LayeredHead, LayeredNetwork } from '@kindred/backbones';
import { ArgumentError, checkEncoderInput, type Encoder, type EncoderInput, type NamedTensors, readParameters, ShapeError, StateError, type TensorValue } from '@kindred/core';

/** What to export. */
export interface ExportOptions {
  /** An encoder that describes what it computes: `resnet`, `smallResNet`, or your own with `layers`. Exported as it runs in `eval`. */
  readonly encoder: Encoder & Pick<LayeredNetwork, 'layers'>;
  /** A head on its embeddings, `projectionHead` for one: a second output, `projections`. */
  readonly head?: LayeredHead | undefined;
  /** What the encoder expects of images. The mean and deviation become part of the model. */
  readonly input: EncoderInput;
}

/** A network in a model: its layers, its values, and the name of its output. */
export interface Part {
  readonly output: string;
  readonly dimension: number;
  readonly layers: readonly Layer[];
  /** The value of this name. */
  readonly value: (name: string) => TensorValue;
  /** The value of this name, if the part has it. */
  readonly optional: (name: string) => TensorValue | undefined;
  /** The prefix of the names of its values in a file. */
  readonly prefix: string;
}

/** A checked model: images in 0..1, normalised, through the encoder, through the head. */
export interface Model {
  readonly input: EncoderInput;
  readonly encoder: Part;
  readonly head: Part | undefined;
}

/**
 * @throws ArgumentError for an encoder with other channels than the input; ShapeError for a head of another length; StateError for
 * values that are not finite; DataError for an input out of range.
 */
export function modelOf(where: string, { encoder, head, input: given }: ExportOptions): Model {
  const input = checkEncoderInput(`${where}.input`, given);
  const body = partOf(`${where}.encoder`, encoder, 'embeddings', '');
  const top = head && partOf(`${where}.head`, head, 'projections', 'head.');
  const first = body.layers.find((layer) => layer.kind === 'convolution');
  const channels = first && body.value(`${first.name}.weight`).shape[2];
  if (channels !== undefined && channels !== input.channels) {
    throw new ArgumentError(`${where}.input.channels`, `${channels}, those of the encoder`, input.channels);
  }
  const start = top?.layers.find((layer) => layer.kind === 'linear');
  const length = start && top?.value(`${start.name}.weight`).shape[1];
  if (length !== undefined && length !== encoder.dimension) {
    throw new ShapeError(`${where}.head`, `it takes embeddings of ${length} numbers, expected ${encoder.dimension}, those of the encoder.`, { remedy: 'Export the head that was trained on this encoder.' });
  }
  return { input, encoder: body, head: top };
}

function partOf(where: string, network: ExportOptions['encoder'] | LayeredHead, output: string, prefix: string): Part {
  const values: NamedTensors = { ...readParameters(network.parameters()), ...readParameters(network.buffers()) };
  for (const [name, value] of Object.entries(values)) {
    const at = value.values.findIndex((number) => !Number.isFinite(number));
    if (at >= 0) throw new StateError(`${where}.${name}`, `value ${at} is ${value.values[at]}, expected a number.`, 'Export weights from before the training diverged.');
  }
  return {
    output,
    dimension: network.dimension,
    layers: network.layers,
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
