/** Pictures for benchmarks: smooth colours with some noise, as photographs have, the same at every run. */
export function pictures(count: number, height: number, width: number, channels = 3): Uint8Array {
  let state = 1;
  return Uint8Array.from({ length: count * height * width * channels }, (_, i) => {
    const channel = i % channels;
    const x = Math.floor(i / channels) % width;
    const y = Math.floor(i / channels / width) % height;
    const image = Math.floor(i / channels / width / height);
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const noise = (state / 2 ** 32 - 0.5) * 16;
    return Math.min(255, Math.max(0, 128 + 80 * Math.sin(x / 5 + image + channel) + 60 * Math.cos(y / 7 + image * channel) + noise));
  });
}
