/** @module @kindred/evaluation */
export {};
