/** NNCLR: the positive of a view is the nearest neighbour of its embedding in a support set. */
import { ArgumentError, type Encoder, type Head, StateError } from '@kindred/core';
import { infoNCE, ntXent } from '@kindred/losses';
import type { Neighbors, SupportSet } from '@kindred/support-set';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { composeMethod, type Method, type MethodParts } from '../method.js';
import { otherView } from '../strategies/other-view.js';
import { throughNeighbors, type ThroughNeighborsOptions } from '../strategies/through-neighbors.js';
import { unitRows } from '../strategies/unit-rows.js';

/** NNCLR's parts and numbers. */
export interface NNCLROptions<Input extends Tensor = Tensor4D> {
  readonly encoder: Encoder<Input>;
  readonly projector: Head;
  /** The paper's second head, or 'none': then the projections of the other view are what neighbours are compared with. The Keras variant has none. */
  readonly predictor?: Head | 'none';
  /** Of the projector's dimension. */
  readonly support: SupportSet;
  /** τ > 0. The paper: 0.1. */
  readonly temperature: number;
  /** Which definition of the loss. Default: paper. */
  readonly variant?: NNCLRVariant;
  /** See `ThroughNeighborsOptions.excludeSelf`. Default: false, as in the paper. */
  readonly excludeSelf?: boolean;
  /** What answers a look-up. Default: the nearest row, as in the paper. */
  readonly neighbors?: Neighbors | undefined;
  /** See `ThroughNeighborsOptions.minimumRows`. Default: as many as a look-up needs. */
  readonly minimumRows?: number;
  /** See `ThroughNeighborsOptions.share`. Default: 1, as in the paper: neighbours only. */
  readonly share?: ThroughNeighborsOptions['share'];
  /**
   * `both`: the neighbours of every view against all others, as in the paper. `once`: of the first view alone, for views that differ: a weak one
   * finds neighbours of its class more often (weak and strong views: Koohpayegani et al. 2021, "Mean Shift", section 3). Default: both.
   */
  readonly directions?: 'both' | 'once' | undefined;
  /** See `ThroughNeighborsOptions.features`: of the encoder's dimension. Default: the paper; projections are looked up. */
  readonly features?: SupportSet | undefined;
  /** See `MethodParts.forward`. Default: separate. */
  readonly forward?: MethodParts['forward'];
}

/**
 * The published definitions.
 *
 * - `paper`: ½ InfoNCE(NN(z1), p2) + ½ InfoNCE(NN(z2), p1), rows only, negatives are the other rows of p; the neighbour is
 *   a constant.
 * - `lightly`: the same pairs under NT-Xent over 2N, which adds same-side negatives (as lightly's benchmarks do).
 * - `keras`: InfoNCE over rows and columns of NN(z1) against z2, no prediction head, straight-through gradient (as the
 *   Keras example does; it sums where this takes the mean).
 */
export type NNCLRVariant = 'paper' | 'lightly' | 'keras';

interface Definition {
  readonly positives: 'predictions' | 'projections';
  readonly gradient: NonNullable<ThroughNeighborsOptions['gradient']>;
  /** Whether rows are scaled to length 1 before the look-up, for a loss that leaves them as they are. */
  readonly unit?: boolean;
  readonly loss: (temperature: number) => ReturnType<typeof infoNCE>;
}

const definitions: Readonly<Record<NNCLRVariant, Definition>> = {
  paper: { positives: 'predictions', gradient: 'stop', loss: (temperature) => infoNCE({ temperature }) },
  lightly: { positives: 'predictions', gradient: 'stop', loss: (temperature) => ntXent({ temperature }) },
  keras: {
    positives: 'projections',
    gradient: 'straight-through',
    unit: true,
    loss: (temperature) => infoNCE({ temperature, direction: 'both', normalize: false }),
  },
};

/**
 * NNCLR as a composition: `throughNeighbors` around the other view.
 *
 * @throws ArgumentError for an unknown variant, without the predictor that a variant has, or for a share outside of 0..1. @throws StateError for a
 * predictor that a variant has not.
 *
 * @see Dwibedi et al. 2021, "With a Little Help from My Friends", equation 2 and the pseudo-code of its appendix
 */
export function nnclr<Input extends Tensor = Tensor4D>(options: NNCLROptions<Input>): Method<Input> {
  const { encoder, projector, support, temperature, variant = 'paper', excludeSelf = false, neighbors, minimumRows, share, directions = 'both', features, forward } = options;
  const predictor = options.predictor === 'none' ? undefined : options.predictor;
  const definition = definitions[variant];
  if (definition === undefined) {
    throw new ArgumentError('nnclr.variant', Object.keys(definitions).join(', '), variant);
  }
  if (definition.positives === 'projections' && predictor !== undefined) {
    throw new StateError('nnclr', `the variant ${variant} has no prediction head, one was given.`, 'Leave predictor out.');
  }
  if (support.dimension !== projector.dimension) {
    throw new ArgumentError('nnclr.support', `dimension ${projector.dimension}, the projector's`, support.dimension);
  }
  if (features !== undefined && features.dimension !== encoder.dimension) {
    throw new ArgumentError('nnclr.features', `dimension ${encoder.dimension}, the encoder's`, features.dimension);
  }
  const views = otherView({ positives: options.predictor === 'none' ? 'projections' : definition.positives, directions });
  return composeMethod({
    name: 'nnclr',
    encoder,
    projector,
    ...(predictor && { predictor }),
    strategy: throughNeighbors(definition.unit === true ? unitRows(views) : views, support, {
      gradient: definition.gradient,
      excludeSelf,
      ...(neighbors && { neighbors }),
      ...(minimumRows !== undefined && { minimumRows }),
      ...(share !== undefined && { share }),
      ...(features && { features }),
    }),
    loss: definition.loss(temperature),
    forward,
  });
}
