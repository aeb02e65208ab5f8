import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KindredError } from '@kindred/core';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Behaviour, fakeCommands, fakeParts, recipe } from './support/fakes.js';
import { buildEngine, type SetUpParts } from '../src/setup/set-up.js';

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

const build = (behaviour: Behaviour = {}, changes: Partial<SetUpParts> = {}) => {
  const commands = fakeCommands(behaviour);
  return { steps: commands.steps, engine: buildEngine(fakeParts(cache, commands, changes)) };
};

/** The message of a set-up that fails, without the name of the cache. */
async function message(behaviour: Behaviour, changes?: Partial<SetUpParts>): Promise<string> {
  const error = await build(behaviour, changes).engine.then(
    () => expect.fail('the set-up succeeded'),
    (reason: unknown) => reason,
  );
  expect(KindredError.is(error)).toBe(true);
  return (error as Error).message.replaceAll(cache, '<cache>');
}

const left = (): string[] => readdirSync(join(cache, 'tensorflow'));

test('an engine is downloaded, extracted, compiled and checked; only it is left', async () => {
  const { steps, engine } = build();
  const { folder, addon, version, device } = await engine;
  expect(steps).toEqual(['download', 'compile', 'check']);
  expect({ version, device }).toEqual({ version: '1.0.0', device: 'CPU' });
  expect(readFileSync(addon, 'utf8')).toBe('an addon');
  expect(readFileSync(join(folder, 'tensorflow', recipe.files[0]!), 'utf8')).toBe(`content of ${recipe.files[0]}`);
  expect(existsSync(join(folder, 'tensorflow', 'python'))).toBe(false);
  expect(left()).toEqual([folder.slice(folder.lastIndexOf('/') + 1)]);
});

test('a second set-up runs no command', async () => {
  await build().engine;
  const { steps, engine } = build();
  await engine;
  expect(steps).toEqual([]);
});

test('another recipe or another binding gets a folder of its own', async () => {
  const first = await build().engine;
  const second = await build({}, { recipe: { ...recipe, version: '1.0.1' } }).engine;
  expect(second.folder).not.toBe(first.folder);
  expect(left()).toHaveLength(2);
});

describe('says what to install', () => {
  test('without Python', async () => {
    expect(await message({ programs: ['g++'] })).toMatchInlineSnapshot(`"setUpTensorFlow: found no Python, which fetches the TensorFlow library. Install Python with pip: on Debian or Ubuntu \`apt-get install -y python3-pip\`. Or name one: PYTHON=/path/to/python3."`);
  });
  test('without pip', async () => {
    expect(await message({ programs: ['python3', 'g++'] })).toMatchInlineSnapshot(`"setUpTensorFlow: python3 has no pip, which fetches the TensorFlow library. Install Python with pip: on Debian or Ubuntu \`apt-get install -y python3-pip\`. Or name one: PYTHON=/path/to/python3."`);
  });
  test('without a compiler, and keeps the library for the next run', async () => {
    expect(await message({ programs: ['python3', 'pip'] })).toMatchInlineSnapshot(`"setUpTensorFlow: found no C++ compiler for the addon between Node and TensorFlow. Install one: on Debian or Ubuntu \`apt-get install -y g++\`, without root \`python3 -m pip install ziglang\`. Or name one: CXX=/path/to/g++."`);
    const { steps, engine } = build({ programs: ['clang++'] });
    await engine;
    expect(steps).toEqual(['compile', 'check']);
  });
  test('without tfjs-node-gpu', async () => {
    expect(await message({}, { sources: undefined })).toMatchInlineSnapshot(`"setUpTensorFlow: @tensorflow/tfjs-node-gpu is not installed; the addon is built from its sources. \`npm install --ignore-scripts @tensorflow/tfjs-node-gpu\`."`);
  });
});

describe('refuses', () => {
  test('a wheel of another hash, and leaves nothing of it', async () => {
    const text = await message({ served: Buffer.from('something else') });
    expect(text.replaceAll(/[0-9a-f]{64}/g, '<hash>')).toMatchInlineSnapshot(`"setUpTensorFlow: the wheel of tiny is not the one that was pinned: received sha256 <hash>, expected <hash>. A proxy or index served another file: check what pip is configured to use."`);
    expect(left().flatMap((name) => readdirSync(join(cache, 'tensorflow', name)))).toEqual([]);
  });
  test('what pip itself refuses', async () => {
    expect(await message({ fails: { download: 'ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.' } })).toMatchInlineSnapshot(`"setUpTensorFlow: the wheel of tiny is not the one that was pinned: ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE. A proxy or index served another file: check what pip is configured to use."`);
  });
  test('an addon that does not compile', async () => {
    expect(await message({ fails: { compile: 'tfjs_backend.cc:1: error: no\n1 error' } })).toMatchInlineSnapshot(`"setUpTensorFlow: g++ could not compile the addon: tfjs_backend.cc:1: error: no | 1 error. Try another compiler: CXX=/path/to/g++."`);
  });
  test('an addon that does not run, and compiles it again next time', async () => {
    expect(await message({ fails: { check: 'Illegal instruction' } })).toMatchInlineSnapshot(`"setUpTensorFlow: the addon was built but does not run: Illegal instruction. The library needs a processor with AVX and glibc 2.27 or newer."`);
    const { steps, engine } = build();
    await engine;
    expect(steps).toEqual(['compile', 'check']);
  });
});

describe('tells apart', () => {
  test('a disk that is too small from the start', async () => {
    const text = await message({}, { recipe: { ...recipe, disk: 1e18 } });
    expect(text.replace(/has [\d.]+ GB/, 'has <some> GB')).toMatchInlineSnapshot(`"setUpTensorFlow: <cache> has <some> GB free, the set-up needs 1000000000.0 GB. Make room, or name another folder: KINDRED_CACHE=/path."`);
  });
  test('a disk that fills up under pip', async () => {
    expect(await message({ fails: { download: "ERROR: [Errno 28] No space left on device: 'x.whl'" } })).toMatchInlineSnapshot(`"setUpTensorFlow: the disk is full: ERROR: [Errno 28] No space left on device: 'x.whl'. Make room, or name another folder: KINDRED_CACHE=/path."`);
  });
  test('a disk that fills up under us', async () => {
    const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    expect(await message({ fails: { compile: full } })).toMatchInlineSnapshot(`"setUpTensorFlow: the disk of <cache> is full. Make room, or name another folder: KINDRED_CACHE=/path."`);
    const { steps, engine } = build();
    await engine;
    expect(steps).toEqual(['compile', 'check']);
  });
  test('an index that cannot be reached', async () => {
    const output = "WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError'\nERROR: No matching distribution found for tiny==1.0.0";
    expect(await message({ fails: { download: output } })).toMatchInlineSnapshot(`"setUpTensorFlow: pip could not reach its index for tiny: WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError' | ERROR: No matching distribution found for tiny==1.0.0. Check the network, and the index and proxy that pip is configured to use (\`python3 -m pip config list\`)."`);
  });
  test('an index that has no such wheel', async () => {
    expect(await message({ fails: { download: 'ERROR: No matching distribution found for tiny==1.0.0' } })).toMatchInlineSnapshot(`"setUpTensorFlow: pip could not fetch tiny: ERROR: No matching distribution found for tiny==1.0.0. Try the same by hand: \`python3 -m pip download tiny==1.0.0\`."`);
  });
});
