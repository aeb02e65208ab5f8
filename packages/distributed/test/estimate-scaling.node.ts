import { describe, expect, test } from 'vitest';
import { estimateStep, type Job, measured, networks, resnet50 } from '../bench/support/estimate-scaling.js';

const job: Job = { batch: 64, views: 2, multiplyAdds: 1e9, parameters: 1e6, batchNorms: [], dimension: 1 };
const machine = { flops: 1e12, copySeconds: 1e-8, reduceSeconds: 0, callSeconds: 0 };

describe('the estimate of a step', () => {
  test('alone is compute and loss: 128 views of 6 GFLOP at 1 TFLOP/s', () => {
    const { compute, loss, total } = estimateStep(1, job, machine, { bandwidth: 1, latency: 1 });
    expect(compute).toBeCloseTo(0.768, 6);
    expect(loss).toBeCloseTo((6 * 128 * 128) / 1e12, 12);
    expect(total).toBe(compute + loss);
  });

  test('on 4 nodes sends each gradient 1.5 times: 4 MB at 1 GB/s are 6 ms, with 2 + 2 rounds of latency', () => {
    const { gradients, copies, compute } = estimateStep(4, job, machine, { bandwidth: 1e9, latency: 1e-3 });
    expect(gradients).toBeCloseTo(0.006 + 0.004, 6);
    expect(copies).toBeCloseTo(0.01, 6);
    expect(compute).toBeCloseTo(0.192, 6);
  });

  test('of a ResNet-50 knows its 53 normalisations and those of the head', () => {
    expect(resnet50.batchNorms).toHaveLength(53 + 2);
    expect(resnet50.batchNorms.slice(0, 53).reduce((a, b) => a + b)).toBe(26_560); // torchvision: 53,120 scales and offsets
    const [slow, fast] = Object.values(networks).map((network) => estimateStep(64, resnet50, measured, network));
    expect(slow!.total).toBeGreaterThan(fast!.total);
  });
});
