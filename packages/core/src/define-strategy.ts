/** Builds strategies from what is specific to them; everything else is derived. */
import type { Stateful } from './contracts/stateful.js';
import type { Gives, Need, PairExtra, PairKind, PositivePairs, PositiveStrategy, StepOutputs } from './contracts/strategy.js';
import { joinParts } from './life-cycle.js';

/** What is specific to a strategy. */
export interface StrategyDefinition<Kind extends PairKind = 'embeddings'>
  extends Pick<PositiveStrategy<Kind>, 'firstPass' | 'parameters' | 'diagnostics' | 'chosen'> {
  readonly name: string;
  /** Default: nothing but projections. */
  readonly needs?: readonly Need[];
  /** Default: embeddings without extras. */
  readonly gives?: Gives<Kind>;
  /** The least number of views. Default: 2. */
  readonly views?: number;
  /** The parts that it holds (a support set, for instance): saved, checked and disposed under their names. Default: none. */
  readonly parts?: Readonly<Record<string, Stateful>>;
  /** What it remembers itself, apart from its parts. Default: nothing. */
  readonly own?: Stateful;
  /** See `PositiveStrategy.select`. */
  select(outputs: StepOutputs): readonly PositivePairs[];
  /** See `PositiveStrategy.update`. Default: nothing happens. */
  update?(outputs: StepOutputs): void;
}

/**
 * Makes a strategy: state, check and dispose come from its parts, everything else has a default.
 *
 * @example
 * const first = defineStrategy({
 *   name: 'first',
 *   select: ({ projections: [anchors, positives] }) => [{ anchors: anchors!, positives: positives!, weight: 1 }],
 * });
 * [first.views, first.gives.kind]; // => [2, 'embeddings']
 */
export function defineStrategy<Kind extends PairKind = 'embeddings'>(definition: StrategyDefinition<Kind>): PositiveStrategy<Kind> {
  const { name, needs = [], views = 2, parts = {}, own, firstPass, parameters, diagnostics, chosen } = definition;
  return {
    name,
    needs,
    gives: definition.gives ?? ({ kind: 'embeddings', extras: [] } as unknown as Gives<Kind>),
    views,
    select: (outputs) => definition.select(outputs),
    update: (outputs) => definition.update?.(outputs),
    ...(firstPass && { firstPass }),
    ...(parameters && { parameters }),
    ...(diagnostics && { diagnostics }),
    ...(chosen && { chosen }),
    ...joinParts(name, parts, own),
  };
}

/** What a combinator does to the strategy inside. */
export interface StrategyWrapping {
  /** Its own name: `throughNeighbors`. */
  readonly name: string;
  /** What it needs in addition to the inner strategy's needs. `projections` are always there. Default: nothing. */
  readonly needs?: readonly (Need | 'projections')[];
  /** What it adds to the pairs. Default: nothing. */
  readonly adds?: readonly PairExtra[];
  /** The parts that it holds, saved under their names next to the inner strategy. Default: none. */
  readonly parts?: Readonly<Record<string, Stateful>>;
  /** What it remembers itself. Default: nothing. */
  readonly own?: Stateful;
  /** Changes the pairs that the inner strategy chose. Default: they stay. */
  select?(pairs: readonly PositivePairs[], outputs: StepOutputs): readonly PositivePairs[];
  /**
   * Called before the inner strategy's update, while everything is still as it was during the step: count the step's choices here.
   * `choose` asks the inner strategy for its pairs. Default: nothing happens.
   */
  beforeUpdate?(outputs: StepOutputs, choose: () => readonly PositivePairs[]): void;
  /** Called after the inner strategy's update, to enqueue and so on. Default: nothing happens. */
  update?(outputs: StepOutputs): void;
  /** Its own numbers, in addition to the inner strategy's. Default: none. */
  diagnostics?(): Readonly<Record<string, number>>;
  /** Replaces the inner strategy's. */
  readonly chosen?: PositiveStrategy['chosen'];
}

/**
 * A strategy around another one: needs, state, update, learned parameters, first pass and diagnostics of the inner strategy are kept, and what is
 * given here comes on top. All combinators are made by it.
 *
 * @example
 * const inner = defineStrategy({ name: 'inner', select: ({ projections: [a, b] }) => [{ anchors: a!, positives: b!, weight: 1 }] });
 * const halved = wrapStrategy(inner, { name: 'halved', select: (pairs) => pairs.map((pair) => ({ ...pair, weight: pair.weight / 2 })) });
 * halved.name; // => 'halved(inner)'
 */
export function wrapStrategy<Kind extends PairKind>(inner: PositiveStrategy<Kind>, wrapping: StrategyWrapping): PositiveStrategy<Kind> {
  const { name, needs = [], adds = [], parts = {}, own } = wrapping;
  const chosen = wrapping.chosen ?? inner.chosen?.bind(inner);
  const whole = `${name}(${inner.name})`;
  return {
    name: whole,
    needs: [...new Set([...inner.needs, ...needs.filter((need) => need !== 'projections')])],
    gives: { kind: inner.gives.kind, extras: [...new Set([...inner.gives.extras, ...adds])] },
    views: inner.views,
    select(outputs) {
      const pairs = inner.select(outputs);
      return wrapping.select?.(pairs, outputs) ?? pairs;
    },
    update(outputs) {
      wrapping.beforeUpdate?.(outputs, () => inner.select(outputs));
      inner.update(outputs);
      wrapping.update?.(outputs);
    },
    ...(inner.firstPass && { firstPass: () => inner.firstPass!() }),
    ...(inner.parameters && { parameters: () => inner.parameters!() }),
    diagnostics: () => ({ ...inner.diagnostics?.(), ...wrapping.diagnostics?.() }),
    ...(chosen && { chosen }),
    ...joinParts(name, { inner, ...parts }, own),
  };
}
