/** All fast kernels of the backend `tensorflow`. */
export function registerKernels(): void {
  // filled in by the kernels
}
