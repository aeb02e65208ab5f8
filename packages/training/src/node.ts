/** @module @kindred/training/node */
export {};
