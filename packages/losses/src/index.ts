/** @module @kindred/losses */
export { infoNCE, type InfoNCEOptions } from './info-nce.js';
export { ntXent, type NTXentOptions } from './nt-xent.js';
