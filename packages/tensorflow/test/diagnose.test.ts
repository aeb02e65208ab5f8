import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { diagnose } from '@kindred/tensorflow';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { examine } from '../src/diagnose.js';
import { fakeCommands } from './support/fakes.js';

let cache: string;

beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'kindred-'));
  vi.stubEnv('PYTHON', '');
  vi.stubEnv('CXX', '');
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(cache, { recursive: true });
});

test('reports the engine in use and its speed', async () => {
  const { engine, gigaflops, convolutions, automatic, findings } = await diagnose();
  expect(engine.backend).toMatch(/^(tensorflow|cpu)$/);
  expect(gigaflops).toBeGreaterThan(0.01);
  expect(convolutions?.float32 ?? 1).toBeGreaterThan(0.01);
  expect(['float32', 'bfloat16']).toContain(automatic);
  expect(findings.map(({ name }) => name)).toEqual(['engine', 'tfjs-node-gpu', 'python', 'pip', 'compiler', 'gpu']);
}, 60_000);

test('each thing that is missing comes with its remedy', async () => {
  const findings = await examine(fakeCommands({ programs: [] }), cache, 'CPU', true);
  const wrong = findings.filter(({ ok }) => !ok);
  expect(wrong.map(({ name, remedy }) => `${name}: ${remedy}`)).toMatchInlineSnapshot(`
    [
      "engine: Set it up: \`npx kindred-tensorflow\` (in a checkout \`npm run setup\`).",
      "python: Install Python with pip: on Debian or Ubuntu \`apt-get install -y python3-pip\`. Or name one: PYTHON=/path/to/python3.",
      "pip: Install Python with pip: on Debian or Ubuntu \`apt-get install -y python3-pip\`. Or name one: PYTHON=/path/to/python3.",
      "compiler: Install one: on Debian or Ubuntu \`apt-get install -y g++\`, without root \`python3 -m pip install ziglang\`. Or name one: CXX=/path/to/g++.",
      "gpu: Fetch the CUDA library: \`npx kindred-tensorflow --gpu\`. The driver must be of CUDA 12.",
    ]
  `);
});

test('all is well but the engine where it only has to be set up', async () => {
  const findings = await examine(fakeCommands(), cache, 'CPU', false);
  expect(findings.filter(({ ok }) => !ok).map(({ name, remedy }) => `${name}: ${remedy}`)).toMatchInlineSnapshot(`
    [
      "engine: Set it up: \`npx kindred-tensorflow\` (in a checkout \`npm run setup\`).",
    ]
  `);
});

test('a Python without pip is found as such', async () => {
  const findings = await examine(fakeCommands({ programs: ['python3', 'clang++'] }), cache, 'CPU', false);
  expect(findings.map(({ name, ok }) => `${name} ${ok}`)).toEqual(['engine false', 'tfjs-node-gpu true', 'python true', 'pip false', 'compiler true', 'gpu true']);
});
