/** @module @kindred/distributed/node */
export { type Launched, launchedBy } from './node/launcher.js';
export { type Mpi, openMpi, type OpenMpiOptions } from './node/mpi.js';
export { startRanks, type StartRanksOptions } from './node/start-ranks.js';
