/** @module @kindred/datasets/node */
export {};
