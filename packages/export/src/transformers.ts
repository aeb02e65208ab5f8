/** A folder that transformers.js loads. */
import { ArgumentError, type EncoderInput } from '@kindred/core';
import { type EncoderExport, modelOf } from './model.js';
import { encodeOnnx } from './onnx.js';

/** PIL's numbers for filters. */
const resample = { bilinear: 2, bicubic: 3 } as const;

/**
 * The files of a folder that `pipeline('image-feature-extraction', folder)` of transformers.js loads, by name: `config.json`,
 * `preprocessor_config.json` and `onnx/model.onnx`. The pipeline then returns embeddings `[N, D]` of images of any size.
 *
 * Resizing and cutting are in `preprocessor_config.json`. Normalisation is inside the model, and so is the conversion from colour to
 * grey for an encoder of grey images: transformers.js always gives three channels.
 *
 * @throws As `exportOnnx`; ArgumentError also for an input that is cut to a size that is not square, which the processors of
 * transformers.js cannot express.
 *
 * @example
 * const encoder = resnet({ depth: 18, stem: 'cifar', channels: 3, widthMultiplier: 1 / 64, random: random(1) });
 * const input = { size: [32, 32], channels: 3, interpolation: 'bilinear', fit: 'cover', cropShare: 1 } as const;
 * Object.keys(transformersFiles({ encoder, input })); // => ['config.json', 'preprocessor_config.json', 'onnx/model.onnx']
 *
 * @see https://huggingface.co/docs/transformers.js
 */
export function transformersFiles(options: EncoderExport): Record<string, string | Uint8Array> {
  const model = modelOf('transformersFiles', options);
  const json = (value: object): string => `${JSON.stringify(value, null, 2)}\n`;
  return {
    'config.json': json({
      // the class of transformers.js for networks from images to features
      model_type: 'resnet',
      architectures: ['ResNetModel'],
      num_channels: 3,
      hidden_size: options.encoder.dimension,
      // otherwise it looks for quantised weights in browsers
      'transformers.js_config': { dtype: 'fp32' },
    }),
    'preprocessor_config.json': json(processor(model.input)),
    'onnx/model.onnx': encodeOnnx('transformersFiles', model, true),
  };
}

/** How transformers.js brings images to their size, in 0..1. */
function processor({ size, fit, cropShare, interpolation }: EncoderInput): object {
  const [height, width] = size;
  if (fit === 'cover' && height !== width) {
    throw new ArgumentError('transformersFiles.input.size', "a square for fit 'cover'", size, "Use fit 'fill', or exportOnnx and resize yourself.");
  }
  return {
    image_processor_type: 'ViTImageProcessor',
    do_convert_rgb: true,
    do_resize: true,
    size: fit === 'fill' ? { height, width } : { shortest_edge: Math.round(height / cropShare) },
    resample: resample[interpolation],
    do_center_crop: fit === 'cover',
    ...(fit === 'cover' && { crop_size: { height, width } }),
    do_rescale: true,
    rescale_factor: 1 / 255,
    do_normalize: false,
  };
}
