#!/usr/bin/env node
/** The program `kindred-tensorflow`: brings the engine onto this machine. */
import { parseArgs } from 'node:util';
import { PLAIN_JAVASCRIPT } from './plain-javascript.js';
import { setUpTensorFlow } from './setup/set-up.js';

const HELP = `kindred-tensorflow [--cpu | --gpu] [--require]

Fetches the TensorFlow library (with python3 and pip) and compiles the addon for Node (with a C++ compiler).
  --cpu, --gpu   the library to fetch; default: --gpu where an NVIDIA card is found
  --require      exit with 1 where the engine could not be set up, instead of going on without it
`;

const FALL_BACK = `Without it Kindred runs on what tfjs-node-gpu itself has downloaded, or else in ${PLAIN_JAVASCRIPT}.`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { cpu: { type: 'boolean' }, gpu: { type: 'boolean' }, require: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const start = performance.now();
  const say = (message: string): void => void process.stderr.write(`[${((performance.now() - start) / 1000).toFixed(0).padStart(3)} s] ${message}\n`);
  try {
    const device = values.gpu ? 'GPU' : values.cpu ? 'CPU' : undefined;
    const { version, folder } = await setUpTensorFlow({ device, onProgress: say });
    process.stdout.write(`TensorFlow ${version} is ready in ${folder}\n`);
    return 0;
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n${values.require ? '' : `${FALL_BACK}\n`}`);
    return values.require ? 1 : 0;
  }
}

process.exitCode = await main();
