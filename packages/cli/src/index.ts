/** @module @kindred/cli */
export {};
