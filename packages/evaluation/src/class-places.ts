/** The classes present among rows, whatever their numbers. */

/** The classes of some rows. */
export interface ClassPlaces {
  /** The classes present, ascending. */
  readonly classes: Int32Array;
  /** For each row the place of its class in `classes`. */
  readonly places: Int32Array;
}

/** Numbers classes by their place among those present: a dataset may call them 1999999998 and 1999999999. */
export function classPlaces(labels: Int32Array): ClassPlaces {
  const classes = Int32Array.from(new Set(labels)).sort();
  const placeOf = new Map(Array.from(classes, (label, place) => [label, place]));
  return { classes, places: labels.map((label) => placeOf.get(label)!) };
}
