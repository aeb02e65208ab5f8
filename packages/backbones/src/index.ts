/** @module @kindred/backbones */
export {};
