/** @module @kindred/tensorflow */
export {};
