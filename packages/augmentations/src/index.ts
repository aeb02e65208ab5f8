/** @module @kindred/augmentations */
export {};
