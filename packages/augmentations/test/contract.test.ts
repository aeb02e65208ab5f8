/** The contract of augmentations, run by every one of them. */
import {
  augmentationPresets,
  colorJitter,
  compose,
  cutOut,
  gaussianBlur,
  horizontalFlip,
  normalize,
  randomGrayscale,
  randomResizedCrop,
  rotation,
  solarize,
  verticalFlip,
  viewPipeline,
  type ViewSettings,
} from '../src/index.js';
import { augmentationContract } from './contract.js';

const boxes = { area: [0.2, 0.9], aspect: [3 / 4, 4 / 3] } as const;

for (const sampler of ['torchvision', 'tensorflow', 'byol'] as const) {
  for (const interpolation of ['bilinear', 'bicubic'] as const) {
    augmentationContract(`randomResizedCrop (${sampler}, ${interpolation})`, () =>
      randomResizedCrop({ ...boxes, output: [12, 10], interpolation, sampler }),
    );
  }
}
augmentationContract('randomResizedCrop to another size', () =>
  randomResizedCrop({ ...boxes, output: [7, 9], interpolation: 'bilinear', sampler: 'torchvision' }),
);
augmentationContract('horizontalFlip', () => horizontalFlip({ probability: 0.6 }));
augmentationContract('verticalFlip', () => verticalFlip({ probability: 0.6 }));
augmentationContract('rotation', () => rotation({ probability: 0.7, degrees: 20, fill: 0.5 }));
augmentationContract('solarize', () => solarize({ probability: 0.6, threshold: 0.5 }));
augmentationContract('cutOut', () => cutOut({ probability: 0.7, area: [0.1, 0.3], aspect: [0.5, 2], fill: 0.5 }));
const jitter = { probability: 0.9, brightness: 0.8, contrast: 0.8, saturation: 0.8, hueTurns: 0.2 };
augmentationContract('colorJitter', () => colorJitter(jitter));
augmentationContract('colorJitter by BYOL’s definitions', () =>
  colorJitter({ ...jitter, definitions: 'tensorflow', additiveBrightness: true }),
);
augmentationContract('colorJitter of hue alone', () => colorJitter({ ...jitter, brightness: 0, contrast: 0, saturation: 0 }), {
  channels: [3],
});
augmentationContract('randomGrayscale', () => randomGrayscale({ probability: 0.6 }), { channels: [3] });
augmentationContract('randomGrayscale', () => randomGrayscale({ probability: 0.6 }), {
  channels: [1],
  except: { changes: 'an image of one channel is grey already' },
});
augmentationContract('gaussianBlur', () => gaussianBlur({ probability: 0.8, sigmaPixels: [0.1, 2] }));
augmentationContract('gaussianBlur with a kernel', () => gaussianBlur({ probability: 0.8, sigmaPixels: [0.1, 2], kernel: 3 }));
augmentationContract(
  'normalize',
  (channels) => normalize({ mean: [0.5, 0.4, 0.3].slice(0, channels), deviation: [0.2, 0.3, 0.25].slice(0, channels) }),
  { except: { draws: 'it draws nothing', range: 'its results are to have mean 0' } },
);
augmentationContract('compose', () =>
  compose([
    randomResizedCrop({ ...boxes, output: [12, 10], interpolation: 'bicubic', sampler: 'torchvision' }),
    horizontalFlip({ probability: 0.5 }),
    gaussianBlur({ probability: 0.5, sigmaPixels: [0.1, 2] }),
    randomGrayscale({ probability: 0.5 }),
    solarize({ probability: 0.5, threshold: 0.5 }),
    cutOut({ probability: 0.5, area: [0.1, 0.3], aspect: [0.5, 2], fill: 0 }),
    rotation({ probability: 0.5, degrees: 10, fill: 0 }),
  ]),
);
augmentationContract('compose of nothing', () => compose([]), {
  except: { draws: 'it draws nothing', changes: 'it changes nothing' },
});
// rows of every kind; all of them run in presets.test.ts
for (const name of ['simclr', 'byol', 'mocoV1', 'swav'] as const) {
  const view: ViewSettings = { ...augmentationPresets[name].views.at(-1)!, size: undefined }; // 12 by 10 pixels here, whatever the row says
  const normalized = view.normalize ? { except: { range: 'it ends with normalize' } } : {};
  augmentationContract(`viewPipeline of the preset ${name}`, () => viewPipeline(view, { output: [12, 10], channels: 3 }), {
    channels: [3],
    ...normalized,
  });
}
