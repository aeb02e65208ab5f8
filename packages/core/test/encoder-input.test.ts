import { expect, test } from 'vitest';
import { checkEncoderInput, decodeSafetensors, type EncoderInput, encodeSafetensors, inputMetadata, inputOf } from '../src/index.js';

const input: EncoderInput = {
  size: [224, 200],
  channels: 3,
  mean: [0.485, 0.456, 0.406],
  deviation: [0.229, 0.224, 0.225],
  interpolation: 'bicubic',
  fit: 'cover',
  cropShare: 0.875,
};

test('is read from a file as it was written, with its normalisation and without', () => {
  const { size, channels, interpolation, fit, cropShare } = input;
  for (const one of [input, { size, channels, interpolation, fit, cropShare }]) {
    const { metadata } = decodeSafetensors(encodeSafetensors({}, { format: 'pt', ...inputMetadata(one) }));
    expect(inputOf('encoder.safetensors', metadata)).toEqual(one);
  }
  expect(inputOf('encoder.safetensors', { format: 'pt' })).toBeUndefined();
});

test('what is not right is named', () => {
  const message = (change: object): string => {
    try {
      checkEncoderInput('run/encoder.json', { ...input, ...change });
    } catch (error) {
      return String(error);
    }
    return 'no error';
  };
  expect(message({ size: [224] })).toMatchInlineSnapshot(`"DataError: run/encoder.json: size of the encoder's input is [224], expected [height, width] in pixels."`);
  expect(message({ size: [224, 0.5] })).toMatchInlineSnapshot(`"DataError: run/encoder.json: size of the encoder's input is [224,0.5], expected [height, width] in pixels."`);
  expect(message({ channels: 4 })).toMatchInlineSnapshot(`"DataError: run/encoder.json: channels of the encoder's input is 4, expected 1 or 3."`);
  expect(message({ mean: [0.5] })).toMatchInlineSnapshot(`"DataError: run/encoder.json: mean of the encoder's input is [0.5], expected a number for each channel."`);
  expect(message({ deviation: [1, 1, 0] })).toMatchInlineSnapshot(`"DataError: run/encoder.json: deviation of the encoder's input is [1,1,0], expected a number above 0 for each channel."`);
  expect(message({ interpolation: 'nearest' })).toMatchInlineSnapshot(`"DataError: run/encoder.json: interpolation of the encoder's input is "nearest", expected 'bilinear' or 'bicubic'."`);
  expect(message({ fit: undefined })).toMatchInlineSnapshot(`"DataError: run/encoder.json: fit of the encoder's input is undefined, expected 'cover' or 'fill'."`);
  expect(message({ cropShare: 0 })).toMatchInlineSnapshot(`"DataError: run/encoder.json: cropShare of the encoder's input is 0, expected a share above 0 and at most 1."`);
  expect(() => checkEncoderInput('run/encoder.json', null)).toThrowErrorMatchingInlineSnapshot(`[DataError: run/encoder.json: size of the encoder's input is undefined, expected [height, width] in pixels.]`);
  expect(() => inputOf('encoder.safetensors', { 'kindred.input': '{' })).toThrowErrorMatchingInlineSnapshot(`[DataError: encoder.safetensors: its kindred.input is not JSON. Write the encoder again.]`);
});
