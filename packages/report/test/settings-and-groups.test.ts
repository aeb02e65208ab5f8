import { describe, expect, test } from 'vitest';
import { curveName, inOrder } from '../src/curve-names.js';
import { deviationOf, duration, number, percent, summary, words } from '../src/format.js';
import { groupsOf } from '../src/run-groups.js';
import { settingLines, valueAt } from '../src/settings-table.js';

describe('settings', () => {
  test('are lines by path; a line differs where a run has another value or none', () => {
    const lines = settingLines([{ a: 1, views: [{ p: 0.5 }], list: [1, 4 / 3] }, { a: 1, views: [{ p: 0.8 }], name: 'x' }]);
    expect(lines).toEqual([
      { path: 'a', values: ['1', '1'], differs: false },
      { path: 'views[0].p', values: ['0.5', '0.8'], differs: true },
      { path: 'list', values: ['1, 1.33333', undefined], differs: true },
      { path: 'name', values: [undefined, 'x'], differs: true },
    ]);
  });

  test('a value that is not there is undefined, whatever stands on the way', () => {
    expect(valueAt({ a: { b: 3 } }, 'a', 'b')).toBe(3);
    for (const json of [undefined, null, 3, { a: 'text' }, { a: null }]) expect(valueAt(json, 'a', 'b')).toBeUndefined();
  });
});

describe('groups', () => {
  test('hold runs that differ in name and seed alone, in any order of keys', () => {
    const groups = groupsOf([
      { settings: { name: 'a', seed: 1, method: { name: 'nnclr', k: 1 } } },
      { settings: { name: 'b', seed: 1, method: { name: 'simclr', k: 1 } } },
      { settings: { method: { k: 1, name: 'nnclr' }, seed: 2, name: 'c' } },
      { settings: { name: 'd', seed: 3, method: { name: 'nnclr', k: 2 } } },
    ]);
    expect(groups.map(({ members }) => members)).toEqual([[0, 2], [1], [3]]);
  });

  test('a run and its copy are no two seeds, and other data make another run', () => {
    const settings = (seed: number, root = 'a'): object => ({ seed, data: { name: 'image-folder', root } });
    const members = (runs: Parameters<typeof groupsOf>[0]): (readonly number[])[] => groupsOf(runs).map((group) => group.members);
    expect(members([{ settings: settings(1) }, { settings: settings(1) }, { settings: settings(2) }])).toEqual([[0, 2], [1]]);
    expect(members([{ settings: settings(1) }, { settings: settings(2, 'b') }])).toEqual([[0], [1]]);
    // the fingerprint knows better than the place
    expect(members([{ settings: settings(1), data: 'f1' }, { settings: settings(2, 'b'), data: 'f1' }, { settings: settings(3), data: 'f2' }])).toEqual([[0, 1], [2]]);
  });

  test('a seed within a part makes another run', () => {
    expect(groupsOf([{ settings: { part: { seed: 1 } } }, { settings: { part: { seed: 2 } } }])).toHaveLength(2);
  });
});

describe('numbers', () => {
  test('are shown with the digits that matter', () => {
    expect([0, 0.01234, 5.4321, 123.45, 1234.5, 1.23e-7, -0.5].map(number)).toEqual(['0', '0.0123', '5.432', '123', '1,235', '1.2e−7', '−0.5']);
    expect([percent(0.8494), duration(45), duration(500), duration(11_100)]).toEqual(['84.9', '45 s', '8.3 min', '3 h 5 min']);
    expect([deviationOf(1.563, 0.00589), deviationOf(773, 62.2), deviationOf(0.5, 0.25)]).toEqual(['0.006', '62', '0.3']);
  });

  test('the deviation of some numbers is divided by one less than their count', () => {
    expect(summary([2, 4, 4, 6])).toEqual({ mean: 4, deviation: Math.sqrt(8 / 3) });
    expect(summary([7])).toEqual({ mean: 7, deviation: 0 });
  });

  test('names of code become words, known curves have names of their own and come first', () => {
    expect([words('effectiveRank'), words('top1_accuracy')]).toEqual(['Effective rank', 'Top1 accuracy']);
    expect(curveName('metrics.newThing')).toEqual({ title: 'New thing', group: 'other', share: false, noisy: true });
    expect(['metrics.newThing', 'monitor.knn', 'metrics.loss'].sort(inOrder)).toEqual(['metrics.loss', 'monitor.knn', 'metrics.newThing']);
  });
});
