#!/usr/bin/env node
/** The `kindred` command. */
import { consola } from 'consola';
import packageJson from '../package.json' with { type: 'json' };
import { makeProgram } from './program.js';

// results go to stdout, messages to stderr
consola.options.stdout = process.stderr;
consola.level = 3; // also where NODE_ENV or CI would make it quieter

const debug = (process.env['KINDRED_DEBUG'] ?? '') !== '';

/** No stack trace is shown unless it is asked for. */
async function fail(error: unknown): Promise<void> {
  process.exitCode = 1;
  if (debug) consola.error(error);
  else consola.error((await import('./say-error.js')).inWords(error)); // it knows our errors by their package, which takes time to load
}

// warnings of libraries, without the process number and the flag that Node adds
process.removeAllListeners('warning');
process.on('warning', (warning) => {
  if (warning.name === 'DeprecationWarning' || warning.name === 'ExperimentalWarning') return;
  consola.warn(warning.message);
});

// the reader of a pipe may close it early: kindred evaluate ... | head -3
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  void fail(error).then(() => process.exit());
});
for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
  process.on(event, (error: unknown) => {
    void fail(error).then(() => process.exit());
  });
}

void makeProgram(packageJson.version).parseAsync().catch(fail);
