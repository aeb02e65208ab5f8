/** What the processes of a job can do together. */

/** The arrays that ranks exchange. */
export type Values = Float32Array | Int32Array;

/**
 * The ranks of a job, of which this process is one. Every call but `abort` is made by all ranks, in the same order and with
 * equally many values, and blocks until it is done. Results are new arrays, and arguments stay as they were unless a call says otherwise.
 */
export interface Communicator {
  /** This process's number, 0..size − 1. */
  readonly rank: number;
  /** How many processes there are. */
  readonly size: number;
  /**
   * Element i of the result is the sum (the default), largest or smallest of all ranks' elements i; the same on all ranks. With `overwrite` the
   * result may be written to `values`, which saves its memory for many values: use what is returned, and `values` no more.
   */
  allReduce<T extends Values>(values: T, operation?: 'sum' | 'max' | 'min', overwrite?: boolean): T;
  /** The values of all ranks, one rank after the other. */
  allGather<T extends Values>(values: T): T;
  /** This rank's part of the sum over all ranks: `values.length / size` elements, starting at `rank` times as many. */
  reduceScatter<T extends Values>(values: T): T;
  /** The values of rank `root`, 0 by default. */
  broadcast<T extends Values>(values: T, root?: number): T;
  /** Returns once all ranks have called it. */
  barrier(): void;
  /** Prints rank and reason, and ends all processes of the job. Code 70 by default. */
  abort(reason: string, code?: number): never;
}
