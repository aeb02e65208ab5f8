/** @module @kindred/methods */
export {};
