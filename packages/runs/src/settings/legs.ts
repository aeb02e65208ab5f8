/** The course of a run that was extended: its schedules before and after. */
import type { Schedule } from '@kindred/optimizers';

/** A part of a run with its own plan. */
export interface Leg {
  /** The step that it begins with. */
  readonly from: number;
  /** The step that its schedules come down to, counted from the start of the run. */
  readonly until: number;
  /** The learning rate that it rises or falls to first; where the leg before left off by default. */
  readonly peak?: number | undefined;
  /** Steps of the linear change to `peak`. */
  readonly warmupSteps: number;
}

/** How a run was made longer on its way; see `LearningRateSettings`. */
interface Extension {
  readonly fromStep: number;
  readonly afterEpochs: number;
  readonly peak?: number | undefined;
  readonly warmupEpochs: number;
}

/** What of a run's settings says how long it is. */
interface Course {
  readonly epochs: number;
  readonly learningRate: { readonly extensions?: readonly Extension[] | undefined };
}

/** The legs of a run: one, and one more for each extension. */
export function legsOf({ epochs, learningRate }: Course, stepsPerEpoch: number): readonly Leg[] {
  const { extensions = [] } = learningRate;
  const ends = [...extensions.map(({ afterEpochs }) => afterEpochs), epochs].map((each) => each * stepsPerEpoch);
  return ends.map((until, i) => {
    if (i === 0) return { from: 0, until, warmupSteps: 0 };
    const { fromStep, peak, warmupEpochs } = extensions[i - 1]!;
    return { from: fromStep, until, peak, warmupSteps: Math.round(warmupEpochs * stepsPerEpoch) };
  });
}

/** A schedule over legs: `first` up to the end of the first leg, then what `next` makes of the schedule before, from the leg's first step on. */
export function overLegs(legs: readonly Leg[], first: (totalSteps: number) => Schedule, next: (before: Schedule, leg: Leg) => Schedule): Schedule {
  return legs.slice(1).reduce<Schedule>(
    (before, leg) => {
      const after = next(before, leg);
      return (step) => (step < leg.from ? before(step) : after(step));
    },
    first(legs[0]!.until),
  );
}
