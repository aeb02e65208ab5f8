/** A folder of pictures in which near-duplicates are hidden, and how well they are found. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { nearDuplicates } from '@kindred/curation';
import { random } from '@kindred/core';
import type { Features } from '@kindred/evaluation';
import sharp, { type Sharp } from 'sharp';

/** What becomes of a picture: names are file endings. */
const changes: Readonly<Record<string, (picture: Sharp, side: number) => Sharp>> = {
  crop: (picture, side) => {
    const cut = Math.max(1, Math.round(side * 0.05));
    return picture.extract({ left: cut, top: cut, width: side - 2 * cut, height: side - 2 * cut }).resize(side, side).jpeg({ quality: 92 });
  },
  jpeg: (picture) => picture.jpeg({ quality: 40 }),
  flip: (picture) => picture.flop().jpeg({ quality: 92 }),
};

/** A picture and its planted copy, as paths within the folder. */
export interface Planted {
  readonly original: string;
  readonly copy: string;
  readonly change: string;
}

/** Copies some pictures into another folder, a third of them also changed: cropped to 90 % of each side, JPEG of quality 40, or mirrored. */
export async function plant(from: string, names: readonly string[], into: string): Promise<readonly Planted[]> {
  const draws = random(1).fork('plant');
  const planted: Planted[] = [];
  const kinds = Object.keys(changes);
  for (const [i, name] of names.entries()) {
    const content = await readFile(join(from, name));
    await mkdir(dirname(join(into, name)), { recursive: true });
    await writeFile(join(into, name), content);
    if (draws.integer(3) > 0) continue;
    const change = kinds[i % kinds.length]!;
    const copy = name.replace(/\.\w+$/, `-${change}.jpg`);
    const { width = 1, height = 1 } = await sharp(content).metadata();
    await writeFile(join(into, copy), await changes[change]!(sharp(content), Math.min(width, height)).toBuffer());
    planted.push({ original: name, copy, change });
  }
  return planted;
}

/** What was found at a threshold. */
export interface FoundDuplicates {
  readonly threshold: number;
  /** The share of planted copies in one group with their original, by kind of change and in all. */
  readonly recall: Readonly<Record<string, number>>;
  /** The share of pairs in groups that are a picture and its copy. */
  readonly precision: number;
}

/** Looks for planted duplicates at several thresholds. */
export async function findPlanted(features: Features, names: readonly string[], planted: readonly Planted[], thresholds: readonly number[]): Promise<FoundDuplicates[]> {
  const place = new Map(names.map((name, row) => [name, row]));
  const results: FoundDuplicates[] = [];
  for (const threshold of thresholds) {
    const { groups, groupOf } = await nearDuplicates({ features, threshold });
    const together = ({ original, copy }: Planted): boolean => {
      const group = groupOf[place.get(original)!]!;
      return group >= 0 && group === groupOf[place.get(copy)!]!;
    };
    const share = (some: readonly Planted[]): number => (some.length === 0 ? NaN : some.filter(together).length / some.length);
    const pairs = groups.reduce((sum, { rows }) => sum + (rows.length * (rows.length - 1)) / 2, 0);
    const recall = Object.fromEntries(Object.keys(changes).map((change) => [change, share(planted.filter((one) => one.change === change))]));
    results.push({ threshold, recall: { ...recall, all: share(planted) }, precision: pairs === 0 ? NaN : planted.filter(together).length / pairs });
  }
  return results;
}
