/** The figures of an evaluation, by the names that tables and pages know. */
import { type Figure, figure, type FigureOptions, type MeanAndDeviation, type MeasureName } from '@kindred/evaluation';
import type { EvaluationRow } from './evaluate-subject.js';

/** The figures of a row, in the order of the probes. */
export function figuresOf({ results, sgd, fineTune = [], retrieval, clustering, labelFree }: EvaluationRow): Figure[] {
  const some = (measure: MeasureName, value: number | MeanAndDeviation | undefined, options: FigureOptions = {}): Figure[] =>
    value === undefined ? [] : [figure(measure, value, options)];
  return [
    ...results.flatMap(({ labels, knn, linear }) => [...some('knn', knn, { labels }), ...some('linear', linear, { labels })]),
    ...some('sgd.last', sgd?.last.accuracy),
    ...some('sgd.best', sgd?.best?.accuracy),
    ...fineTune.flatMap(({ labels, last, best }) => [...some('fineTune.last', last.accuracy, { labels }), ...some('fineTune.best', best?.accuracy, { labels })]),
    ...Object.entries(retrieval ?? {}).flatMap(([name, value]) => (name.startsWith('recallAt') ? some('retrieval.recallAt', value, { at: Number(name.slice('recallAt'.length)) }) : [])),
    ...some('retrieval.mapAtR', retrieval?.mapAtR),
    ...some('retrieval.precisionAtR', retrieval?.precisionAtR),
    ...some('clustering.nmi', clustering?.nmi),
    ...some('labelFree.neighborPurity', labelFree?.neighborPurity),
    ...some('labelFree.rankMe', labelFree?.rankMe),
    ...some('labelFree.participationRatio', labelFree?.participationRatio),
    ...some('labelFree.perDimensionDeviation', labelFree?.perDimensionDeviation),
    ...some('labelFree.uniformity', labelFree?.uniformity),
    ...some('labelFree.alignment', labelFree?.alignment),
    ...some('labelFree.similarities.positive', labelFree?.similarities?.positive.mean),
    ...some('labelFree.similarities.negative', labelFree?.similarities?.negative.mean),
  ];
}
