#!/usr/bin/env node
/** The `kindred` command. */
import { KindredError } from '@kindred/core';
import { consola } from 'consola';
import packageJson from '../package.json' with { type: 'json' };
import { makeProgram } from './program.js';

// results go to stdout, all that is said about them to stderr
consola.options.stdout = process.stderr;
consola.level = 3; // also where NODE_ENV or CI would make it quieter

makeProgram(packageJson.version)
  .parseAsync()
  .catch((error: unknown) => {
    // a person's mistake in one line, a fault of ours with its stack
    if (KindredError.is(error)) consola.error(`${error.name}: ${error.message}`);
    else consola.error(error);
    process.exitCode = 1;
  });
