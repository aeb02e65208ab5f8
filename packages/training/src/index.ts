/** @module @kindred/training */
export {};
