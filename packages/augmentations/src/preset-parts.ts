/** Parts that several rows of `augmentationPresets` share. */
import type { ViewSettings } from './view-settings.js';

type Part<K extends keyof ViewSettings> = NonNullable<ViewSettings[K]>;

/** The same description for two views. */
export const twice = (view: ViewSettings): readonly [ViewSettings, ViewSettings] => [view, view];

/** SimCLR's colour distortion of strength s, as it is in PyTorch; Google's own has TensorFlow's definitions. */
export const simclrJitter = (s: number): Part<'jitter'> => ({
  probability: 0.8,
  brightness: 0.8 * s,
  contrast: 0.8 * s,
  saturation: 0.8 * s,
  hueTurns: 0.2 * s,
});

/** The jitter of MoCo v2, SimSiam and SupCon. */
export const mocoJitter = { probability: 0.8, brightness: 0.4, contrast: 0.4, saturation: 0.4, hueTurns: 0.1 } as const;

/** The jitter of BYOL (by other definitions), MoCo v3, Barlow Twins, VICReg and solo-learn. */
export const byolJitter = { probability: 0.8, brightness: 0.4, contrast: 0.4, saturation: 0.2, hueTurns: 0.1 } as const;

/** The crop of Szegedy et al. 2015: from 8 % of the area on. */
export const fullRange = { area: [0.08, 1], aspect: [3 / 4, 4 / 3] } as const;

/** As Google's SimCLR calls TensorFlow. */
export const googleCrop = { ...fullRange, interpolation: 'bicubic', sampler: 'tensorflow', antialias: false } as const;

/** The blur for images of 224 pixels, as most code has it. */
export const photographBlur = (probability: number, kernel?: number): Part<'blur'> => ({
  probability,
  sigmaPixels: [0.1, 2],
  ...(kernel === undefined ? {} : { kernel }),
});

/** The blur of Google's SimCLR and of BYOL: 224 / 10 pixels wide, black beyond the image. */
export const googleBlur = (probability: number): Part<'blur'> => ({ ...photographBlur(probability, 23), edges: 'zeros' });

/** ImageNet's mean and deviation. */
export const imagenetNormal = { mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225] } as const;

/** CIFAR-10's mean, with a deviation on which sources disagree. */
export const cifarNormal = (deviation: readonly number[]): Part<'normalize'> => ({ mean: [0.4914, 0.4822, 0.4465], deviation });

/** BYOL's two views: one always blurred, the other seldom blurred and sometimes solarised. */
export function byolViews(options: {
  readonly crop: Part<'crop'>;
  readonly jitter?: Part<'jitter'>;
  /** Makes a blur of a probability; null for none. */
  readonly blur?: ((probability: number) => Part<'blur'>) | null;
  readonly normalize?: Part<'normalize'>;
}): readonly [ViewSettings, ViewSettings] {
  const { crop, jitter = byolJitter, blur = photographBlur, normalize = imagenetNormal } = options;
  const view = (blurred: number, solarized: number): ViewSettings => ({
    crop,
    flip: { probability: 0.5 },
    jitter,
    grayscale: { probability: 0.2 },
    ...(blur === null ? {} : { blur: blur(blurred) }),
    ...(solarized > 0 ? { solarize: { probability: solarized, threshold: 0.5 } } : {}),
    normalize,
  });
  return [view(1, 0), view(0.1, 0.2)];
}

/** SwAV's two views of 224 pixels and six of 96. */
export function multiCrop(): readonly ViewSettings[] {
  const view = (side: number, area: readonly [number, number]): ViewSettings => ({
    size: [side, side],
    crop: { area, aspect: [3 / 4, 4 / 3], interpolation: 'bilinear', sampler: 'torchvision' },
    flip: { probability: 0.5 },
    jitter: simclrJitter(1),
    grayscale: { probability: 0.2 },
    blur: photographBlur(0.5, 23),
    normalize: { mean: imagenetNormal.mean, deviation: [0.228, 0.224, 0.225] },
  });
  return [...Array.from({ length: 2 }, () => view(224, [0.14, 1])), ...Array.from({ length: 6 }, () => view(96, [0.05, 0.14]))];
}
