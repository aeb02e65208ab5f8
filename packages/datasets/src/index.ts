/** @module @kindred/datasets */
export {};
