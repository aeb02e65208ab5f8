/** Compares a run in its folder with the settings and data that are asked for. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError } from '@kindred/core';
import { dataChange, type DataIdentity, readIdentity, type RunIdentity } from './run-identity.js';

/** What a run is compared with. */
export interface CompareRunOptions {
  /**
   * Resolved settings, plain JSON; `config.json` of a run. A field `name` is ignored: a run is named after its
   * folder.
   */
  readonly settings: unknown;
  /** What it trains on, as the dataset describes itself. */
  readonly data: DataIdentity;
  /** Whether the data may differ from those of the run. Default: false. */
  readonly acceptChangedData?: boolean | undefined;
  /** Which settings, by their path (`learningRate.base`), may differ. Default: none. */
  readonly mayChange?: (path: string) => boolean;
  /** Called with each warning, one sentence. */
  readonly onWarning?: ((text: string) => void) | undefined;
}

/**
 * Compares the run in a folder with settings and data.
 *
 * @returns The run's identity, and a description of each permitted change.
 * @throws DataError if the run has another version, other settings or other data.
 */
export async function compareRun(path: string, options: CompareRunOptions): Promise<{ readonly identity: RunIdentity; readonly changes: string[] }> {
  const { settings, data, acceptChangedData = false, mayChange = () => false, onWarning } = options;
  const identity = await readIdentity(join(path, 'run.json'));
  if (identity === undefined) {
    throw new DataError(path, 'is a run of Kindred 0.1.0 (it has no run.json), with which this version cannot go on.', 'Finish it with 0.1.0, or train it anew under another name.');
  }
  const config = join(path, 'config.json');
  const changed = differences(await readJson(config), JSON.parse(JSON.stringify(settings)));
  const forbidden = changed.filter(({ path: at }) => !mayChange(at));
  if (forbidden.length > 0) {
    const more = forbidden.length > 3 ? `, and ${forbidden.length - 3} more` : '';
    const what = forbidden.slice(0, 3).map((each) => each.what).join('; ');
    throw new DataError(config, `is of a run with other settings (${what}${more}).`, 'Go on with the settings of the run, or choose another name.');
  }
  const otherData = dataChange(identity.data, data);
  if (otherData !== undefined && !acceptChangedData) {
    const meaning = 'Order and epochs would be others, and what the run remembers would be of other samples.';
    throw new DataError(path, `${otherData}.`, `${meaning} Restore the data, or say --accept-changed-data (acceptChangedData).`);
  }
  if (otherData !== undefined) onWarning?.(`${path}: ${otherData}.`);
  return { identity, changes: [...changed.map(({ what }) => what), ...(otherData === undefined ? [] : [otherData])] };
}

async function readJson(file: string): Promise<unknown> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new DataError(file, `cannot be read (${error.code}).`, undefined, error);
  });
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new DataError(file, 'is not JSON.', 'Restore it, or start the run anew under another name.', error);
  }
}

/** Describes where two settings differ, apart from the name. */
function differences(before: unknown, after: unknown, path = ''): { readonly path: string; readonly what: string }[] {
  if (isRecord(before) && isRecord(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((key) => path !== '' || key !== 'name');
    return keys.flatMap((key) => differences(before[key], after[key], path === '' ? key : `${path}.${key}`));
  }
  const [old, fresh] = [before, after].map((value) => (value === undefined ? 'nothing' : JSON.stringify(value)));
  return old === fresh ? [] : [{ path, what: `${path} ${old} then, ${fresh} now` }];
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
