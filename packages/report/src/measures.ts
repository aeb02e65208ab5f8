/** The figures of an evaluation as a page lists them: one line per figure, each with its owner. */
import type { Figure } from '@kindred/evaluation';
import type { FigureRow } from './report-data.js';

/** One figure. */
export interface Measure extends Omit<Figure, 'label'> {
  /** What was measured, and on which data if not the run's own: `Linear, 600 labels`, `cifar-10: kNN, 500 labels`. */
  readonly label: string;
  /** Its owner: the name of a baseline; absent for the run's own. */
  readonly of?: string;
}

/** Every figure of an evaluation, in its order. */
export const measuresOf = (rows: readonly FigureRow[] = []): Measure[] =>
  rows.flatMap(({ of, on, figures }) =>
    figures.map((figure) => ({
      ...figure,
      key: on === undefined ? figure.key : `${on}: ${figure.key}`,
      label: on === undefined ? `${figure.label.charAt(0).toUpperCase()}${figure.label.slice(1)}`.replace(/^KNN/, 'kNN').replace(/^MAP@/, 'mAP@') : `${on}: ${figure.label}`,
      ...(of !== undefined && { of }),
    })),
  );
