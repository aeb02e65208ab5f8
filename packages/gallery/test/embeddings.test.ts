import { encodeSafetensors, unitRows } from '@kindred/core';
import { expect, test } from 'vitest';
import { checkEmbeddings, checkSameWeights, decodeEmbeddings, type Embeddings, encodeEmbeddings, nearestRows } from '../src/index.js';

const three: Embeddings = {
  source: { weights: 'abc', encoder: 'runs/a', root: '/photos' },
  dimension: 2,
  values: Float32Array.of(3, 4, 0, 2, 1, 0),
  ids: ['a.jpg', 'b/é.jpg', 'c"d.png'],
  heights: Int32Array.of(10, 20, 30),
  widths: Int32Array.of(1, 2, 3),
  labels: Int32Array.of(0, 1, -1),
  classes: ['cat', 'dog'],
  errors: [{ id: 'bad.jpg', reason: 'cut off' }],
};

test('a file gives back all that was written', () => {
  expect(decodeEmbeddings(encodeEmbeddings(three))).toEqual(three);
});

test('parts of other lengths, and an id that is there twice, are refused', () => {
  expect(() => checkEmbeddings('mine', { ...three, widths: Int32Array.of(1) })).toThrow('mine: widths has 1 entries, expected 3 for 3 ids.');
  expect(() => checkEmbeddings('mine', { ...three, ids: ['a', 'b', 'a'] })).toThrow('mine.ids: received "a", expected each id once.');
});

test('a safetensors file of other things is refused', () => {
  expect(() => decodeEmbeddings(encodeSafetensors({}), 'x.safetensors')).toThrow('x.safetensors: holds no names of images (kindred.embeddings). Write it with kindred embed.');
  expect(() => decodeEmbeddings(encodeSafetensors({}, { 'kindred.embeddings': '{"source":{"weights":"a","encoder":"b"},"dimension":2,"ids":[3]}' }), 'x')).toThrow('x: ids of kindred.embeddings');
});

test('embeddings of two encoders are not compared', () => {
  expect(() => checkSameWeights('search', three.source, { weights: 'xyz', encoder: 'runs/b' })).toThrow(
    'search: the embeddings are of runs/a (weights abc), the query is of runs/b (weights xyz). Use the encoder that made the embeddings, or embed the images again.',
  );
});

test('the nearest rows are those of a full sort of cosines in float64', () => {
  const [count, dimension] = [200, 7];
  const values = Float32Array.from({ length: count * dimension }, (_, i) => Math.sin(i * i * 0.37 + 1));
  const query = Float32Array.from({ length: dimension }, (_, i) => Math.cos(3 * i));
  const cosine = (row: number): number => {
    let [dot, own, other] = [0, 0, 0];
    for (let i = 0; i < dimension; i++) {
      dot += values[row * dimension + i]! * query[i]!;
      own += values[row * dimension + i]! ** 2;
      other += query[i]! ** 2;
    }
    return dot / Math.sqrt(own * other);
  };
  const order = Array.from({ length: count }, (_, row) => row).sort((a, b) => cosine(b) - cosine(a));
  const found = nearestRows(unitRows(values, dimension, 'keep'), unitRows(query, dimension, 'keep'), 9);
  expect([...found.rows]).toEqual(order.slice(0, 9));
  found.rows.forEach((row, i) => expect(found.similarities[i]).toBeCloseTo(cosine(row), 6));
  const even = nearestRows(unitRows(values, dimension, 'keep'), unitRows(query, dimension, 'keep'), 9, (row) => row % 2 === 0);
  expect([...even.rows]).toEqual(order.filter((row) => row % 2 === 0).slice(0, 9));
});
