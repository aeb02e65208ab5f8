#!/usr/bin/env node
/** The program `kindred-tensorflow`: brings the engine onto this machine. */
import { parseArgs } from 'node:util';
import { PLAIN_JAVASCRIPT } from './plain-javascript.js';
import type { Device } from './setup/recipe.js';
import { setUpTensorFlow } from './setup/set-up.js';

const HELP = `kindred-tensorflow [--cpu | --gpu] [--require]

Fetches the TensorFlow library (with python3 and pip) and compiles the addon for Node (with a C++ compiler).
  --cpu, --gpu   the library to fetch; default: --gpu where an NVIDIA card is found
  --require      exit with 1 where the engine could not be set up, instead of going on without it

The engine is kept in $KINDRED_CACHE, else $XDG_CACHE_HOME/kindred, else ~/.cache/kindred.
`;

const FALL_BACK = `Without it Kindred runs on what tfjs-node-gpu itself has downloaded, or else in ${PLAIN_JAVASCRIPT}.`;

interface Flags {
  readonly device: Device | undefined;
  readonly require: boolean;
  readonly help: boolean;
}

/** The flags, or a sentence that says what is wrong with them. */
function readFlags(): Flags | string {
  const flag = { type: 'boolean', default: false } as const;
  try {
    const { values } = parseArgs({ options: { cpu: flag, gpu: flag, require: flag, help: { ...flag, short: 'h' } } });
    if (values.cpu && values.gpu) return '--cpu and --gpu exclude each other.';
    return { device: values.gpu ? 'GPU' : values.cpu ? 'CPU' : undefined, require: values.require, help: values.help };
  } catch (error) {
    return (error as Error).message;
  }
}

/** The exit code. */
async function main(): Promise<number> {
  const flags = readFlags();
  if (typeof flags === 'string') {
    process.stderr.write(`${flags}\n\n${HELP}`);
    return 2;
  }
  if (flags.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const start = performance.now();
  const say = (message: string): void => {
    process.stderr.write(`[${((performance.now() - start) / 1000).toFixed(0).padStart(3)} s] ${message}\n`);
  };
  try {
    const { version, folder } = await setUpTensorFlow({ device: flags.device, onProgress: say });
    process.stdout.write(`TensorFlow ${version} is ready in ${folder}\n`);
    return 0;
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n${flags.require ? '' : `${FALL_BACK}\n`}`);
    return flags.require ? 1 : 0;
  }
}

void main().then((code) => (process.exitCode = code));
