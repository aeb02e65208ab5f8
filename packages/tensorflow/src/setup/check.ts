/** Tries an addon in a separate process: it must load and multiply. */
import { BackendError } from '@kindred/core';
import { type Commands, lastLines } from './commands.js';

const PROGRAM = `
const binding = require(process.argv[1]);
const three = binding.createTensor([1], binding.TF_FLOAT, new Float32Array([3]));
const type = { name: 'T', type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT };
const [square] = binding.executeOp('Square', [type], [three], 1);
if (binding.tensorDataSync(square.id)[0] !== 9) throw new Error('3 x 3 is not 9');
console.log('TensorFlow ' + binding.TF_Version);
`;

/** The version of the library behind `addon`, which was seen to compute. */
export async function checkAddon(commands: Commands, addon: string): Promise<string> {
  const finished = await commands.run(process.execPath, ['-e', PROGRAM, addon], { TF_CPP_MIN_LOG_LEVEL: '3', NODE_OPTIONS: '' });
  const version = /^TensorFlow (\S+)$/m.exec(finished.output)?.[1];
  if (finished.code === 0 && version) return version;
  throw new BackendError(
    'setUpTensorFlow',
    `the addon was built but does not run: ${lastLines(finished)}.`,
    'The library needs a processor with AVX and glibc 2.27 or newer.',
  );
}
