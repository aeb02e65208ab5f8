/** @module @kindred/losses */
export {};
