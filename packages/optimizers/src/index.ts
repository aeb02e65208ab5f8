/** @module @kindred/optimizers */
export { adamW, type AdamWOptions } from './adam-w.js';
export { averageWeights, type AverageWeightsOptions, type WeightAverage } from './average-weights.js';
export { biasAndNorm } from './bias-and-norm.js';
export { byGroup, type ParameterGroup } from './by-group.js';
export { chain, type ChainLink } from './chain.js';
export { clipByGlobalNorm, type ClipOptions } from './clip-by-global-norm.js';
export { clipByValue } from './clip-by-value.js';
export { lars, type LarsOptions } from './lars.js';
export type { NamedGradients, NamedParameters, Optimizer, ParameterFilter } from './optimizer.js';
export { squaredNorms } from './ops/squared-norms.js';
export { scaleLearningRate, type ScaleLearningRateOptions } from './scale-learning-rate.js';
export { constant } from './schedules/constant.js';
export { cosineRamp, type CosineRampOptions } from './schedules/cosine-ramp.js';
export { extendSchedule, type ExtendScheduleOptions } from './schedules/extend-schedule.js';
export type { Schedule } from './schedules/schedule.js';
export { stepDecay, type StepDecayOptions } from './schedules/step-decay.js';
export { warmupCosine, type WarmupCosineOptions } from './schedules/warmup-cosine.js';
export { sgd, type SgdOptions } from './sgd.js';
