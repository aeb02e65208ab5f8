/** @module @kindred/losses */
export { alignmentUniformity, type AlignmentUniformityOptions } from './alignment-uniformity.js';
export type { RowsOf } from './checks.js';
export { barlowTwins, type BarlowTwinsOptions } from './barlow-twins.js';
export { crossEntropy, type CrossEntropyOptions } from './cross-entropy.js';
export { dcl, dclw, type DCLOptions, type DCLWOptions } from './dcl.js';
export { infoNCE, type InfoNCEOptions } from './info-nce.js';
export { allTriplets, batchHard, easyPositive, type EasyPositiveOptions, type Miner, type MiningDistances, semiHard } from './miners.js';
export { negativeCosine } from './negative-cosine.js';
export { ntXent, type NTXentOptions } from './nt-xent.js';
export type { Margin, TripletAverage } from './mined-costs.js';
export { supCon, type SupConOptions } from './sup-con.js';
export { swappedPrediction, type SwappedPredictionOptions } from './swapped-prediction.js';
export { tripletMargin, type TripletMarginOptions } from './triplet-margin.js';
export { vicReg, type VICRegOptions } from './vic-reg.js';
