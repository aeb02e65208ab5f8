/** The pause between steps. */

/** Lets everything else that waits have its turn: all of a step runs in one call, and no signal or timer is heard in it. */
export const pause = (): Promise<void> =>
  new Promise((resolve) => {
    const { setImmediate } = globalThis as { setImmediate?: (callback: () => void) => void };
    if (setImmediate === undefined) setTimeout(resolve, 0);
    else setImmediate(resolve);
  });
