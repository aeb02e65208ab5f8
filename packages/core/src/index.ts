/** @module @kindred/core */
export {};
