/** @module @kindred/optimizers */
export { adamW, type AdamWOptions } from './adam-w.js';
export { biasAndNorm } from './bias-and-norm.js';
export { byGroup, type ParameterGroup } from './by-group.js';
export { clipByGlobalNorm } from './clip-by-global-norm.js';
export { lars, type LarsOptions } from './lars.js';
export type { NamedGradients, NamedParameters, Optimizer, ParameterFilter } from './optimizer.js';
export { squaredNorms } from './ops/squared-norms.js';
export { scaleLearningRate, type ScaleLearningRateOptions } from './scale-learning-rate.js';
export { constant } from './schedules/constant.js';
export { cosineRamp, type CosineRampOptions } from './schedules/cosine-ramp.js';
export type { Schedule } from './schedules/schedule.js';
export { stepDecay, type StepDecayOptions } from './schedules/step-decay.js';
export { warmupCosine, type WarmupCosineOptions } from './schedules/warmup-cosine.js';
export { sgd, type SgdOptions } from './sgd.js';
