import { describe, expect, test } from 'vitest';
import { otherView } from '../src/index.js';
import { outputs, strategyContract } from './contract.js';

strategyContract('otherView, once', () => otherView({ directions: 'once' }));
strategyContract('otherView, together', () => otherView({ directions: 'together' }));
strategyContract('otherView, both', () => otherView({ directions: 'both', anchors: 'predictions', positives: 'targets' }));

describe('otherView', () => {
  test('once pairs two views in one way, both in two', () => {
    const step = outputs(1);
    const [z1, z2] = step.projections;
    expect(otherView({ directions: 'once' }).select(step)).toEqual([{ anchors: z1, positives: z2, views: [0, 1], weight: 1 }]);
    expect(otherView({ directions: 'both' }).select(step)).toEqual([
      { anchors: z1, positives: z2, views: [0, 1], weight: 0.5 },
      { anchors: z2, positives: z1, views: [1, 0], weight: 0.5 },
    ]);
  });

  test('three views make three unordered and six ordered pairs', () => {
    const step = outputs(1, { views: 3 });
    expect(otherView({ directions: 'once' }).select(step)).toHaveLength(3);
    expect(otherView({ directions: 'both' }).select(step)).toHaveLength(6);
  });

  test('together is one pair with the third view and on beside it; of two views it is once', () => {
    const together = otherView({ directions: 'together' });
    const two = outputs(1);
    expect(together.select(two)).toEqual(otherView({ directions: 'once' }).select(two));
    const four = outputs(1, { views: 4 });
    const [z1, z2, ...rest] = four.projections;
    expect(together.select(four)).toEqual([{ anchors: z1, positives: z2, views: [0, 1], furtherViews: rest, weight: 1 }]);
    expect(together.select(outputs(1, { views: 1 }))).toEqual([]);
  });

  test('a side that is not projections is a need', () => {
    expect(otherView({ directions: 'both' }).needs).toEqual([]);
    expect(otherView({ directions: 'both', anchors: 'predictions', positives: 'targets' }).needs).toEqual(['predictions', 'targets']);
  });

  test('messages', () => {
    expect(() => otherView({ directions: 'twice' as never })).toThrowErrorMatchingInlineSnapshot(
      `[ArgumentError: otherView.directions: received "twice", expected 'both', 'once' or 'together'. InfoNCE takes both, NT-Xent together.]`,
    );
    expect(() => otherView({ directions: 'together', anchors: 'predictions' })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: otherView.positives: received "projections", expected predictions as the anchors, with directions 'together'. A loss over all views has no sides.]`);
    expect(() => otherView({ directions: 'once', anchors: 'logits' as never })).toThrowErrorMatchingInlineSnapshot(
      `[ArgumentError: otherView.anchors: received "logits", expected projections, predictions or targets.]`,
    );
    const { projections, sampleIds } = outputs(1);
    expect(() => otherView({ directions: 'once', positives: 'targets' }).select({ projections, step: 0, sampleIds })).toThrowErrorMatchingInlineSnapshot(
      `[StateError: otherView.select: the step has no targets. Give the method what makes targets.]`,
    );
  });
});
