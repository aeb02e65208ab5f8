/** The neighbours of the same few images early, midway and late, as pictures. */
import type { UniformImageDataset } from '@kindred/core';
import type { FollowedImages, ImageSheet, Picture } from '@kindred/report';
import type { MonitorLine } from '../run/run-notes.js';
import { labelOf, sheetOf } from './report-sheets.js';

/** What measurements noted of neighbours, with the images. Undefined if there are not two such measurements. */
export async function followedOf(
  lines: readonly MonitorLine[],
  dataset: UniformImageDataset,
  name: string,
): Promise<{ followed: FollowedImages; sheets: Record<string, ImageSheet> } | undefined> {
  const measured = lines.flatMap(({ step, epoch, values, neighbors }) => (neighbors === undefined ? [] : [{ step, epoch, knn: values['knn'], ...neighbors }]));
  if (measured.length < 2) return undefined;
  const last = measured.length - 1;
  const times = [...new Set([0, Math.round(last / 2), last])].map((i) => measured[i]!);
  // those of a run that was measured on other images on its way are left out
  const { sampleIds } = times[0]!;
  const same = times.filter((time) => time.sampleIds.join() === sampleIds.join());

  const ids = [...new Set([...sampleIds, ...same.flatMap(({ neighborIds }) => neighborIds.flat())])];
  const sheet = `${name} followed`;
  const picture = (id: number): Picture => ({ sheet, tile: ids.indexOf(id), label: labelOf(dataset, id) });
  const classOf = (id: number): number => dataset.labels?.[id] ?? -1;
  const followed: FollowedImages = {
    images: sampleIds.map(picture),
    times: same.map(({ step, epoch, knn, neighborIds, similarities }) => ({
      step,
      epoch,
      ...(knn !== undefined && { knn }),
      neighbors: neighborIds.map((found, query) =>
        found.map((id, i) => ({
          picture: picture(id),
          similarity: similarities[query]![i]!,
          ...(classOf(id) >= 0 && classOf(sampleIds[query]!) >= 0 && { sameClass: classOf(id) === classOf(sampleIds[query]!) }),
        })),
      ),
    })),
  };
  return { followed, sheets: { [sheet]: await sheetOf(await dataset.read(Int32Array.from(ids))) } };
}
