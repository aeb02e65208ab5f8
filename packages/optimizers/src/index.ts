/** @module @kindred/optimizers */
export {};
