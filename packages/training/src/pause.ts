/** The pause between steps. */

/** Lets other pending work run: a step runs within one call, during which no signal or timer is handled. */
export const pause = (): Promise<void> =>
  new Promise((resolve) => {
    const { setImmediate } = globalThis as { setImmediate?: (callback: () => void) => void };
    if (setImmediate === undefined) setTimeout(resolve, 0);
    else setImmediate(resolve);
  });
