/** Every loss under the contract, in the settings that the golden file has. */
import {
  alignmentUniformity,
  allTriplets,
  barlowTwins,
  batchHard,
  crossEntropy,
  dcl,
  dclw,
  easyPositive,
  infoNCE,
  type Margin,
  type Miner,
  negativeCosine,
  ntXent,
  semiHard,
  supCon,
  swappedPrediction,
  type TripletAverage,
  tripletMargin,
  vicReg,
} from '../src/index.js';
import { expect, test } from 'vitest';
import golden from './golden/losses.json' with { type: 'json' };
import { type LossCase, lossContract } from './contract.js';
import * as loops from './support/loops.js';

let compared = 0;
const contract = (given: LossCase): void => {
  compared += lossContract(given);
};

for (const temperature of [0.07, 0.5]) {
  const options = { temperature };
  // a gradient is a difference of softmaxes over τ: at τ = 0.07 float32 loses 3 digits of 7
  const tolerance = temperature < 0.1 ? 1e-4 : 2e-5;
  contract({ name: 'infoNCE', options, tolerance, loss: infoNCE(options), loops: (x) => loops.infoNCE(x, temperature) });
  contract({
    name: 'infoNCE',
    options,
    tolerance,
    negatives: true,
    loss: infoNCE(options),
    loops: (x) => loops.infoNCE(x, temperature),
    except: { 'one row': 'one anchor picks among negatives' },
  });
  for (const negatives of [false, true]) {
    contract({
      name: 'infoNCE',
      options,
      tolerance,
      negatives,
      own: true,
      loss: infoNCE(options),
      loops: (x) => loops.infoNCE(x, temperature),
      except: { 'one row': 'one anchor picks among its own negatives' },
    });
  }
  const both = { temperature, direction: 'both' } as const;
  contract({ name: 'infoNCE', options: both, tolerance, loss: infoNCE(both), loops: (x) => loops.infoNCEBoth(x, temperature) });
  contract({ name: 'ntXent', options, tolerance, loss: ntXent(options), loops: (x) => loops.ntXent(x, temperature) });
  contract({ name: 'dcl', options, tolerance, loss: dcl(options), loops: (x) => loops.dcl(x, temperature) });
  const weighted = { temperature, sigma: 0.5 };
  contract({ name: 'dclw', options: weighted, tolerance, loss: dclw(weighted), loops: (x, at) => loops.dcl(x, temperature, 0.5, at) });
  contract({ name: 'supCon', options, tolerance, loss: supCon(options), loops: (x) => loops.supCon(x, temperature), labels: true });
  for (const further of [1, 2] as const) {
    contract({ name: 'ntXent', options, tolerance, further, loss: ntXent(options), loops: (x) => loops.ntXent(x, temperature) });
    contract({ name: 'supCon', options, tolerance, further, loss: supCon(options), loops: (x) => loops.supCon(x, temperature), labels: true });
  }
}

for (const temperature of [0.1, 1]) {
  const options = { temperature };
  const except = {
    'one row': 'one anchor picks among prototypes',
    'rows of any length': 'scores and targets are as they are',
    pulls: 'positives are targets, not neighbours in space',
  };
  const tolerance = 1e-4; // generic targets are negative as well: terms of both signs cancel
  contract({ name: 'swappedPrediction', options, tolerance, loss: swappedPrediction(options), loops: (x, at) => loops.crossEntropy(x, temperature, at), except });
  contract({
    name: 'crossEntropy',
    options,
    tolerance,
    loss: crossEntropy(options),
    loops: (x, at) => loops.crossEntropy(x, temperature, at),
    except: { ...except, 'zero positives': 'targets that are all 0 are an error' },
  });
}

contract({
  name: 'negativeCosine',
  options: {},
  loss: negativeCosine(),
  loops: loops.negativeCosine,
  except: { 'one row': 'there are no negatives' },
});

const asGiven = 'the lengths of rows mean something';

contract({
  name: 'barlowTwins',
  options: { lambda: 0.005 },
  loss: barlowTwins({ lambda: 0.005 }),
  loops: (x) => loops.barlowTwins(x, 0.005),
  // of 2 samples a standardised column is ±1 whatever its values: all gradient is what epsilon leaves, and rounding
  least: 3,
  tolerance: 1e-4,
  except: { 'rows of any length': asGiven },
});

const weights = { invariance: 25, variance: 25, covariance: 1 };
contract({
  name: 'vicReg',
  options: weights,
  loss: vicReg(weights),
  loops: (x) => loops.vicReg(x, 25, 25, 1),
  except: { 'rows of any length': asGiven },
});

const miners: Record<loops.Mining, Miner> = {
  allTriplets: allTriplets(),
  batchHard: batchHard(),
  semiHard: semiHard(),
  'easyPositive, hardest': easyPositive({ negative: 'hardest' }),
  'easyPositive, semi-hard': easyPositive({ negative: 'semi-hard' }),
};

type Inputs = Pick<LossCase, 'negatives' | 'own' | 'labels'>;

const triplets = (distance: 'euclidean' | 'squared-euclidean' | 'cosine', margin: Margin, inputs: Inputs = {}, average?: TripletAverage): void => {
  for (const [name, miner] of Object.entries(miners) as [loops.Mining, Miner][]) {
    // without classes an easy positive is the only one
    if (name.startsWith('easy') && inputs.labels === undefined) continue;
    const options = { margin, distance, miner: name, ...(average && { average }) };
    const outside = inputs.negatives === true || inputs.own === true;
    contract({
      name: 'tripletMargin',
      options,
      ...inputs,
      loss: tripletMargin({ ...options, miner }),
      loops: (x) => loops.tripletMargin(x, margin, distance, name, options),
      except: {
        ...(distance === 'cosine' ? {} : { 'rows of any length': asGiven }),
        ...(outside ? { 'one row': 'one anchor has negatives', 'golden numbers': 'no library at hand has this setting' } : {}),
      },
    });
  }
};
triplets('euclidean', 0.5);
triplets('euclidean', 'soft');
triplets('squared-euclidean', 0.5);
triplets('squared-euclidean', 'soft');
triplets('cosine', 0.5);
triplets('euclidean', 0.5, { labels: true });
triplets('cosine', 0.5, { labels: true });
triplets('euclidean', 0.5, {}, 'non-zero');
triplets('euclidean', 0.5, { labels: true }, 'non-zero');
triplets('cosine', 0.5, { labels: true }, 'non-zero');
triplets('euclidean', { soft: 0.5 }, { labels: true });
triplets('euclidean', 0.5, { negatives: true });
triplets('cosine', 0.5, { negatives: true });
triplets('euclidean', 0.5, { own: true });
triplets('squared-euclidean', 'soft', { own: true, labels: true });
triplets('cosine', 'soft', { own: true, negatives: true });

for (const [alpha, t] of [[2, 2], [1, 3]] as const) {
  const options = { alpha, t, uniformity: 0.5 };
  contract({
    name: 'alignmentUniformity',
    options,
    loss: alignmentUniformity(options),
    loops: (x) => loops.alignmentUniformity(x, alpha, t, 0.5),
  });
}

test('every case of the golden file is compared', () => {
  expect(compared).toBe(golden.cases.length);
});
