import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { engine as tfjs, getBackend, getKernel, grad, registerKernel, setBackend, square, sum, tensor1d, unregisterKernel } from '@tensorflow/tfjs-core';
import { type Engine, measurePeak, useTensorFlow } from '@kindred/tensorflow';
import { afterEach, describe, expect, test } from 'vitest';
import { cacheFolder, findEngine } from '../src/setup/cache.js';
import { registerKernels } from '../src/kernels/index.js';

const engine = await useTensorFlow({ quiet: true });
const native = engine.backend === 'tensorflow';

test('the engine computes, with gradients', () => {
  expect(getBackend()).toBe(engine.backend);
  const gradient = grad((x) => sum(square(x)))(tensor1d([1, -2]));
  expect(gradient.arraySync()).toEqual([2, -4]);
});

test.runIf(engine.source === 'cache')('it is the pinned library, with oneDNN', () => {
  expect(engine).toMatchObject({ library: 'TensorFlow 2.21.0', oneDNN: true });
  expect(existsSync(engine.path!)).toBe(true);
});

test('a second call gives the same engine, and makes its backend current again', async () => {
  await setBackend('cpu');
  expect(await useTensorFlow({ threads: 1 })).toBe(engine);
  expect(getBackend()).toBe(engine.backend);
});

test('threads below 1 are refused', async () => {
  await expect(useTensorFlow({ threads: 0 })).rejects.toThrowErrorMatchingInlineSnapshot(`[ArgumentError: useTensorFlow.threads: received 0, expected a whole number above 0.]`);
});

test.runIf(native)('kernels are registered once; a composite that came first gives way', () => {
  const present = getKernel('KindredReluGrad', 'tensorflow');
  registerKernels();
  expect(getKernel('KindredReluGrad', 'tensorflow')).toBe(present);
  unregisterKernel('KindredReluGrad', 'tensorflow');
  registerKernel({ kernelName: 'KindredReluGrad', backendName: 'tensorflow', kernelFunc: () => expect.fail('the composite ran') });
  registerKernels();
  const inputs = { dy: tensor1d([1, 2]), y: tensor1d([0, 1]) };
  expect(tfjs().runKernel('KindredReluGrad', inputs)).toHaveProperty('dtype', 'float32');
});

test('the peak is the rate of a matrix product', () => {
  expect(measurePeak({ size: 128, repetitions: 3 })).toBeGreaterThan(0.01);
  expect(() => measurePeak({ size: 0 })).toThrow('measurePeak.size: received 0, expected a whole number above 0.');
});

describe('in a process of its own', () => {
  const script = fileURLToPath(new URL('support/engine-process.ts', import.meta.url));
  const folder = mkdtempSync(join(tmpdir(), 'kindred-'));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const start = (options: object): { engine: Engine; backend: string; gradient: number[]; errors: string } => {
    const args = ['--conditions=@kindred/source', '--import', 'tsx', script, JSON.stringify(options)];
    const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' } });
    const last = stdout.trim().split('\n').at(-1) ?? '';
    if (!last.startsWith('{')) expect.fail(stderr);
    return { ...(JSON.parse(last) as ReturnType<typeof start>), errors: stderr.replaceAll(folder, '<cache>') };
  };

  test('without an engine it computes in plain JavaScript, and says what that costs and what to do', () => {
    const { engine: found, backend, gradient, errors } = start({ cache: folder });
    expect(gradient).toEqual([2, -4]);
    if (found.source === 'tfjs-node-gpu') return; // its own download is on this machine
    expect(backend).toBe('cpu');
    expect(found).toMatchObject({ backend: 'cpu', source: 'javascript', library: 'TensorFlow.js 4.22.0', device: 'CPU' });
    expect(errors).toMatch(/KINDRED_JAVASCRIPT.*KindredWarning: No TensorFlow here: .* takes some 800 times as long\. Set the engine up: `npx kindred-tensorflow`/);
  });

  test.runIf(engine.source === 'cache')('an addon that does not load is named, and the next way is taken', () => {
    const name = basename(findEngine('CPU', cacheFolder())!.folder);
    mkdirSync(join(folder, 'tensorflow', name), { recursive: true });
    writeFileSync(join(folder, 'tensorflow', name, 'engine.json'), '{ "version": "2.21.0", "device": "CPU" }');
    writeFileSync(join(folder, 'tensorflow', name, 'tfjs_binding.node'), 'not a library');
    const { gradient, errors } = start({ cache: folder });
    expect(gradient).toEqual([2, -4]);
    expect(errors).toContain(`<cache>/tensorflow/${name}/tfjs_binding.node does not load: `);
  });

  test.runIf(native)('threads and oneDNN reach the library', () => {
    const { engine: found, errors } = start({ threads: 1, oneDNN: false });
    expect(found).toMatchObject({ threads: 1, oneDNN: false });
    expect(errors).not.toContain('oneDNN custom operations are on');
    expect(start({}).engine.oneDNN).toBe(true);
  });
}, 60_000);

