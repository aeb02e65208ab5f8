/** Prints an input of `tensorBoardEvents` and the file it gives, for read-events.py. */
import { tensorBoardEvents } from '../../src/tensorboard.js';

const input = {
  metrics: [
    { step: 1, epoch: 0, loss: 5.25, learningRate: 0.1, samplesPerSecond: 500, waiting: 0.015625, diagnostics: {} },
    { step: 2, epoch: 0, loss: 4.1, learningRate: 0.075, samplesPerSecond: 400, waiting: 0, diagnostics: { neighborPurity: 0.25 } },
    { step: 3, epoch: 1, loss: 3.3333, learningRate: 0.05, samplesPerSecond: 450, waiting: 0, diagnostics: { neighborPurity: 0.3 } },
  ],
  monitor: [
    { step: 0, epoch: 0, values: { knn: 0.5, uniformity: -0.125 } },
    { step: 2, epoch: 0, values: { knn: 0.625, uniformity: -1.5 } },
  ],
  started: 1_790_000_000.5,
  batchSize: 64,
};
console.log(JSON.stringify({ input, file: Buffer.from(tensorBoardEvents(input)).toString('base64') }));
