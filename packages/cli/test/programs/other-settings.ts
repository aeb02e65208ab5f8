/** Two ranks that were given different batch sizes. */
import { launchedBy, openMpi } from '@kindred/distributed/node';
import { checkSettings, pretrainRun, PretrainSettings, readSettingsFile } from '@kindred/runs';
import { useTensorFlow } from '@kindred/tensorflow';

const [file, root] = process.argv.slice(2) as [string, string];
const mpi = await openMpi();
await useTensorFlow({ quiet: true, threads: 1 });
const settings = checkSettings(file, PretrainSettings, await readSettingsFile(file));
await pretrainRun({ ...settings, batchSize: settings.batchSize * (1 + launchedBy()!.rank) }, { root, communicator: mpi });
await mpi.finalize();
