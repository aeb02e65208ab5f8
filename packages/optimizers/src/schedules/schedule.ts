/** A number that changes in training. */

/** The value for a step; step 0 is the first update. For learning rates, momentum decays and the like. */
export type Schedule = (step: number) => number;
