import { KindredError, random, type Random } from '@kindred/core';
import { inMemoryDataset } from '@kindred/datasets';
import { describe, expect, test } from 'vitest';
import { buildRun, checkSettings, EvaluationSettings, PretrainSettings, recipes, setValues } from '../src/index.js';

/**
 * Settings as nobody would write them: each a recipe with something in it that is of another kind, out of range, misspelled, gone, or
 * from another recipe. They are taken or refused by path; nothing else may happen. KINDRED_FUZZ sets how many are tried of each.
 */
const tries = Number(process.env['KINDRED_FUZZ'] ?? 50);

type Json = unknown;
const isObject = (value: Json): value is Record<string, Json> => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Every place in a value, as keys. */
function places(value: Json, path: readonly string[] = []): string[][] {
  const inner = Array.isArray(value) ? [...value.entries()].map(([i, each]) => [String(i), each] as const) : isObject(value) ? Object.entries(value) : [];
  return [...(path.length > 0 ? [[...path]] : []), ...inner.flatMap(([key, each]) => places(each, [...path, key]))];
}

const at = (value: Json, path: readonly string[]): Json => path.reduce<Json>((node, key) => (node as Record<string, Json>)[key], value);

/** A copy with a place changed: `change` gets the node that holds it, and its key. */
function changed(value: Json, path: readonly string[], change: (holder: Record<string, Json>, key: string) => void): Json {
  const copy = structuredClone(value);
  change(at(copy, path.slice(0, -1)) as Record<string, Json>, path.at(-1)!);
  return copy;
}

const circle: Record<string, Json> = {};
circle['itself'] = circle;

/** What stands where something else should. */
const strange: readonly Json[] = [
  null, undefined, true, false, 0, -0, -1, 0.5, 1.5, 2, 3, 7, 1e9, 1e308, -1e308, NaN, Infinity, -Infinity, 1n, 2 ** 53,
  '', ' ', 'none', '1', 'true', 'NaN', '__proto__', '\u0000', '\u202e', 'x'.repeat(10_000), 'имя', '../..', '/etc/passwd', 'a\nb',
  [], [[]], [null], [1, 2, 3], Array.from({ length: 1000 }, () => 1), {}, { name: 'simclr' }, { name: null }, { constructor: 1 }, { a: { b: { c: {} } } }, circle,
  () => 1, Symbol('s'), new Date(0), new Map([['a', 1]]), /x/,
];

const mutations: Readonly<Record<string, (settings: Json, path: readonly string[], stream: Random) => Json>> = {
  strange: (settings, path, stream) => setIn(settings, path, strange[stream.integer(strange.length)]),
  gone: (settings, path) => changed(settings, path, (holder, key) => void (Array.isArray(holder) ? holder.splice(Number(key), 1) : Reflect.deleteProperty(holder, key))),
  misspelled: (settings, path) =>
    changed(settings, path, (holder, key) => {
      if (Array.isArray(holder)) return;
      holder[`${key.slice(0, -2)}${key.slice(-1)}x`] = holder[key];
      Reflect.deleteProperty(holder, key);
    }),
  more: (settings, path) => changed(settings, path, (holder, key) => void (Array.isArray(holder) ? holder.push(holder[Number(key)]) : (holder[`${key}2`] = holder[key]))),
  scaled: (settings, path, stream) => {
    const value = at(settings, path);
    return setIn(settings, path, typeof value === 'number' ? value * [0, -1, 0.5, 3, 1000, 1 / 3][stream.integer(6)]! : [value]);
  },
  moved: (settings, path, stream) => {
    const all = places(settings);
    return setIn(settings, path, at(settings, all[stream.integer(all.length)]!));
  },
  borrowed: (settings, path, stream) => {
    const others = Object.values(recipes);
    const other = others[stream.integer(others.length)]!.settings as Json;
    const there = places(other);
    return setIn(settings, path, at(other, there[stream.integer(there.length)]!));
  },
};

/** As `changed`, for values that cannot be cloned. */
function setIn(settings: Json, [key, ...rest]: readonly string[], value: Json): Json {
  if (key === undefined) return value;
  if (Array.isArray(settings)) return settings.map((each: Json, i) => (String(i) === key ? setIn(each, rest, value) : each));
  const holder = settings as Record<string, Json>;
  return { ...holder, [key]: setIn(holder[key], rest, value) };
}

/** Where each problem is, in a path; `undefined` if the settings were taken. @throws whatever is no refusal. */
function refusal(schema: typeof PretrainSettings | typeof EvaluationSettings, settings: Json): string[] | undefined {
  try {
    checkSettings('fuzz', schema, settings);
    return undefined;
  } catch (error) {
    if (!KindredError.is(error) || error.name !== 'SettingsError') throw error;
    return (error as KindredError & { problems: readonly string[] }).problems.map((line) => line.split('  ')[0]!);
  }
}

function mutant(settings: Json, stream: Random): { readonly how: string; readonly settings: Json } {
  const all = places(settings);
  const names = Object.keys(mutations);
  let result = settings;
  const hows: string[] = [];
  for (let i = 0; i <= stream.integer(2); i++) {
    const [name, path] = [names[stream.integer(names.length)]!, all[stream.integer(all.length)]!];
    try {
      result = mutations[name]!(result, path, stream);
    } catch {
      continue; // the first change has taken the place of the second, or holds what cannot be cloned
    }
    hows.push(`${name} ${path.join('.')}`);
  }
  return { how: hows.join(', '), settings: result };
}

describe('whatever stands in settings, they are taken or refused by path', () => {
  test.each(Object.entries(recipes))('%s', (name, { settings }) => {
    const stream = random(2026).fork(name);
    let refused = 0;
    for (let i = 0; i < tries; i++) {
      const { how, settings: given } = mutant(settings, stream);
      const problems = refusal(PretrainSettings, given);
      if (problems === undefined) continue;
      refused++;
      expect(problems.length, how).toBeGreaterThan(0);
      for (const path of problems) expect(path, how).toMatch(/^[^\s.][^.]*(\.[^.]+)*$/);
    }
    expect(refused).toBeGreaterThan(tries / 3);
  });

  test('of an evaluation', () => {
    const whole = checkSettings('whole', EvaluationSettings, {});
    const stream = random(2026).fork('evaluation');
    for (let i = 0; i < 4 * tries; i++) refusal(EvaluationSettings, mutant(whole, stream).settings);
  });

  test('that are no object at all', () => {
    for (const given of strange) expect(refusal(PretrainSettings, given)?.length).toBeGreaterThan(0);
  });

  test('and what --set is given', () => {
    const stream = random(2026).fork('set');
    const pieces = ['data', 'root', '.', '=', '0', '-1', '[', '{', '}', '"', "'", ':', '#', '&a', '*a', '!!js/function', ' ', '', '\n', '\u0000', '__proto__', 'constructor', 'views', '%', '1e999', '~'];
    for (let i = 0; i < 20 * tries; i++) {
      const text = Array.from({ length: 1 + stream.integer(7) }, () => pieces[stream.integer(pieces.length)]).join('');
      try {
        setValues(recipes['quick-start-nnclr'].settings, [text]);
      } catch (error) {
        if (!KindredError.is(error)) throw new Error(JSON.stringify(text), { cause: error });
      }
    }
  });
});

describe('what the schema takes becomes a run, or is refused by the part that cannot', () => {
  const images = Uint8Array.from({ length: 300 * 192 }, (_, i) => (i * 2654435761) >>> 24);
  const dataset = inMemoryDataset({ name: 'few', images, imageShape: [8, 8, 3], labels: Int32Array.from({ length: 300 }, (_, i) => i % 10) });

  let built = 0;

  test.each(Object.entries(recipes))('%s', (name, { settings }) => {
    const stream = random(2026).fork('parts', name);
    const whole = shrunk(settings);
    buildRun(checkSettings('whole', PretrainSettings, whole), dataset).dispose();
    for (let i = 0; i < tries / 2; i++) {
      const { how, settings: given } = mutant(whole, stream);
      if (refusal(PretrainSettings, given) !== undefined || largest(given) > 5000) continue;
      try {
        buildRun(checkSettings('fuzz', PretrainSettings, given), dataset).dispose();
        built++;
      } catch (error) {
        if (!KindredError.is(error)) throw new Error(how, { cause: error });
        expect(`${error.name} ${error.where}`, how).not.toBe('Error ');
      }
    }
  });

  test('and some become one', () => {
    expect(built).toBeGreaterThan(tries / 2);
  });
});

/** A recipe with small networks and memories, for images of 8x8. */
function shrunk(settings: Json): Json {
  const { viewSize: _, chunkSize: __, monitor: ___, ...given } = settings as Record<string, Json>;
  const few = (key: string, value: Json): Json => {
    if (key === 'projection') return { ...(value as object), layers: [8, 4] };
    if (key === 'prediction' && value !== 'none') return { ...(value as object), hidden: 8 };
    if (key === 'supportSet' || key === 'queue') return { ...(value as object), capacity: 64 };
    if (key === 'prototypes') return { ...(value as object), count: 20 };
    if (key === 'codeQueue') return { ...(value as object), capacity: 64 };
    return key === 'clusters' ? [20] : value;
  };
  const method = Object.fromEntries(Object.entries(given['method'] as object).map(([key, value]) => [key, few(key, value)]));
  return { ...given, encoder: small, method, batchSize: 32 };
}

const small = { name: 'small-resnet', stem: { channels: 4, kernel: 3, stride: 1 }, widths: [4, 8], blocks: [1, 1] };
/** The largest number in a value: nobody waits here for networks of a million channels. */
const largest = (value: Json): number => (typeof value === 'number' ? value : typeof value === 'object' && value !== null ? Math.max(0, ...Object.values(value).map(largest)) : 0);
