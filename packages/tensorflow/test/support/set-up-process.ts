/** One set-up in a process of its own, with fakes: `set-up-process.ts <cache> <behaviour as JSON>`. Prints the engine's folder. */
import { buildEngine } from '../../src/setup/set-up.js';
import { type Behaviour, fakeCommands, fakeParts } from './fakes.js';

const [cache, behaviour] = process.argv.slice(2) as [string, string];
const engine = await buildEngine(fakeParts(cache, fakeCommands(JSON.parse(behaviour) as Behaviour)));
process.stdout.write(engine.folder);
