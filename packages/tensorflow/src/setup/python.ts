/** A Python with pip: the ordinary client of the index that holds the TensorFlow library. */
import { BackendError } from '@kindred/core';
import type { Commands } from './commands.js';

/** What to do if there is no Python, or one without pip. */
export const PYTHON_REMEDY =
  'Install Python with pip: on Debian or Ubuntu `apt-get install -y python3-pip`. Or name one: PYTHON=/path/to/python3.';

/** What was found under one name. */
export interface PythonFound {
  readonly program: string;
  readonly pip: boolean;
}

/** The first Python with pip among `$PYTHON`, `python3` and `python`, else the first without, else undefined. */
export async function findPython(commands: Commands, environment = process.env): Promise<PythonFound | undefined> {
  let withoutPip: PythonFound | undefined;
  for (const program of [environment['PYTHON'], 'python3', 'python']) {
    if (!program) continue;
    if ((await commands.run(program, ['-m', 'pip', '--version'])).code === 0) return { program, pip: true };
    if (!withoutPip && (await commands.run(program, ['--version'])).code === 0) withoutPip = { program, pip: false };
  }
  return withoutPip;
}

/** The Python to download with. */
export async function needPython(commands: Commands): Promise<string> {
  const python = await findPython(commands);
  if (!python) throw new BackendError('setUpTensorFlow', 'found no Python, which fetches the TensorFlow library.', PYTHON_REMEDY);
  if (!python.pip) throw new BackendError('setUpTensorFlow', `${python.program} has no pip, which fetches the TensorFlow library.`, PYTHON_REMEDY);
  return python.program;
}
