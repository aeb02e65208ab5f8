/** @module @kindred/support-set */
export {};
