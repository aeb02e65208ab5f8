/** What a support set gave as positives in training, as images: early, on the way, and late. */
import type { UniformImageDataset } from '@kindred/core';
import type { ImageSheet, Positives, PositiveStep } from '@kindred/report';
import type { NeighborsLine } from '../run/run-notes.js';
import { labelOf, sheetOf } from './report-sheets.js';

/** Pairs that are shown of a step. */
const pairs = 12;

/** The lines of `neighbors.jsonl` with the images that they name. Undefined if there are none. */
export async function positivesOf(
  lines: readonly NeighborsLine[],
  dataset: UniformImageDataset,
  name: string,
): Promise<{ positives: Positives; sheets: Record<string, ImageSheet> } | undefined> {
  if (lines.length === 0) return undefined;
  const labelled = (id: number): number => (id < 0 ? -1 : (dataset.labels?.[id] ?? -1));
  const sameClass = (sample: number, neighbor: number): boolean | undefined =>
    labelled(sample) < 0 || labelled(neighbor) < 0 ? undefined : labelled(sample) === labelled(neighbor);
  const chosen = moments(lines);

  const ids = [...new Set(chosen.flatMap(({ sampleIds, neighborIds }) => [...sampleIds.slice(0, pairs), ...neighborIds.slice(0, pairs)].filter((id) => id >= 0)))];
  const sheet = `${name} positives`;
  const picture = (id: number): PositiveStep['pairs'][number]['sample'] => ({ sheet, tile: ids.indexOf(id), label: labelOf(dataset, id) });
  const shown = chosen.map(({ step, epoch, sampleIds, neighborIds, similarities }): PositiveStep => ({
    step,
    epoch,
    pairs: sampleIds.slice(0, pairs).map((sample, i) => {
      const neighbor = neighborIds[i]!;
      const same = sameClass(sample, neighbor);
      return {
        sample: picture(sample),
        ...(neighbor >= 0 && { positive: picture(neighbor) }),
        similarity: similarities[i]!,
        ...(same !== undefined && { sameClass: same }),
      };
    }),
  }));

  const course = lines.map(({ step, sampleIds, neighborIds, similarities }) => {
    const known = sampleIds.flatMap((sample, i) => sameClass(sample, neighborIds[i]!) ?? []);
    return {
      step,
      ...(known.length > 0 && { sameClass: known.filter((same) => same).length / known.length }),
      random: neighborIds.filter((id) => id < 0).length / neighborIds.length,
      similarity: similarities.reduce((sum, value) => sum + value, 0) / similarities.length,
    };
  });
  return { positives: { shown, course }, sheets: { [sheet]: await sheetOf(await dataset.read(Int32Array.from(ids))) } };
}

/** The first step with a stored sample among its positives, one on the way, and the last. */
function moments(lines: readonly NeighborsLine[]): NeighborsLine[] {
  const first = Math.max(0, lines.findIndex(({ neighborIds }) => neighborIds.some((id) => id >= 0)));
  const last = lines.length - 1;
  return [...new Set([first, Math.round((first + last) / 2), last])].map((i) => lines[i]!);
}
