/** What an evaluation can measure, by names that programs offer before they load what measures. */

/**
 * What `kindred evaluate` can measure.
 *
 * @example
 * probeNames.includes('knn'); // => true
 */
export const probeNames = ['knn', 'linear', 'sgd', 'fine-tune', 'retrieval', 'clustering', 'label-free'] as const;
