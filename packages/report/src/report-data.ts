/** The content of a page: plain data, with images as data URLs. */
import type { Figure } from '@kindred/evaluation';

/** The fields of a line of `metrics.jsonl` that a page shows. */
export interface MetricRecord {
  /** Steps done, from 1. */
  readonly step: number;
  /** From 0. */
  readonly epoch: number;
  readonly loss: number;
  readonly learningRate: number;
  readonly samplesPerSecond: number;
  /** Share of the step spent waiting for images, 0..1. */
  readonly waiting: number;
  /** The method's own numbers. */
  readonly diagnostics: Readonly<Record<string, number>>;
}

/** A line of `monitor.jsonl`: what was measured after so many steps. `knn` is a share of 0..1. */
export interface MonitorRecord {
  readonly step: number;
  readonly epoch: number;
  readonly values: Readonly<Record<string, number>>;
}

/** Many small images in one, row by row: a page holds each sheet once, however many sections show its images. */
export interface ImageSheet {
  /** `data:image/webp;base64,...` */
  readonly url: string;
  /** Width and height of one image, in pixels. */
  readonly tile: readonly [width: number, height: number];
  /** Images in a row. */
  readonly columns: number;
  /** How many images there are. */
  readonly count: number;
}

/** An image of a sheet. */
export interface Picture {
  /** A name in `ReportData.sheets`. */
  readonly sheet: string;
  /** Its number on the sheet, from 0. */
  readonly tile: number;
  /** Its description: a class and a number. Read by screen readers, and shown on hover. */
  readonly label: string;
}

/** Images as points of a plane, and each one's nearest neighbours among them. */
export interface EmbeddingMap {
  /** What made the plane, for the caption: `UMAP of 2,000 test images, 15 neighbours, cosine`. */
  readonly caption: string;
  /** Image i is tile i of this sheet. */
  readonly sheet: string;
  /** Of any scale. */
  readonly x: readonly number[];
  readonly y: readonly number[];
  /** The images' numbers in their dataset. */
  readonly sampleIds: readonly number[];
  /** Classes by number; −1 if unknown. Absent if no image has one. */
  readonly labels?: readonly number[];
  /** Names of the classes, by number. */
  readonly classes?: readonly string[];
  /** For every image its nearest others, as places in this map, nearest first. */
  readonly neighbors?: readonly (readonly number[])[];
  /** Places of images whose neighbours are listed on the page. */
  readonly chosen?: readonly number[];
}

/** A sample and the stored sample that was its positive. */
export interface PositivePair {
  readonly sample: Picture;
  /** Absent if a random row of the support set was the nearest. */
  readonly positive?: Picture;
  /** Cosine of their embeddings. */
  readonly similarity: number;
  /** Whether both belong to the same class; absent if a class is unknown. */
  readonly sameClass?: boolean;
}

/** What one step took as positives. */
export interface PositiveStep {
  readonly step: number;
  readonly epoch: number;
  readonly pairs: readonly PositivePair[];
}

/** How the support set's neighbours changed in training. */
export interface Positives {
  /** Early and late steps, as images. */
  readonly shown: readonly PositiveStep[];
  /** Every step on record, as figures of 0..1 (similarity: −1..1); absent where not known. */
  readonly course: readonly {
    readonly step: number;
    /** Share of the positives with the sample's class, among those that are samples. */
    readonly sameClass?: number;
    /** Share of the positives that were random rows. */
    readonly random: number;
    readonly similarity: number;
  }[];
}

/** The neighbours of the same images at several times of a run. */
export interface FollowedImages {
  readonly images: readonly Picture[];
  /** Early to late. */
  readonly times: readonly {
    /** Steps done; 0 before the first. */
    readonly step: number;
    readonly epoch: number;
    /** Accuracy of kNN at that time, 0..1; absent without classes. */
    readonly knn?: number;
    /** For each image its neighbours, nearest first. */
    readonly neighbors: readonly (readonly FollowedNeighbor[])[];
  }[];
}

/** A neighbour of an image. */
export interface FollowedNeighbor {
  readonly picture: Picture;
  /** Cosine of the features. */
  readonly similarity: number;
  /** Whether both belong to the same class; absent if a class is unknown. */
  readonly sameClass?: boolean;
}

/** An image and views of it as the run draws them. */
export interface ViewSample {
  readonly original: Picture;
  readonly views: readonly Picture[];
}

/** Counts of equally wide bins over −1..1. */
export type Histogram = readonly number[];

/** Measures of collapse. */
export interface Collapse {
  /** What was measured: `2,000 test images, 256 dimensions of the backbone`. */
  readonly caption: string;
  /** Deviation of every dimension of the unit rows, times √D: 1 where they are spread evenly, 0 where they are one point. */
  readonly deviation: readonly number[];
  /** Singular values of the centred rows, largest first. */
  readonly singularValues: readonly number[];
  /** RankMe: exponential of the entropy of the shares of the singular values, the rows not centred; 1..D. */
  readonly effectiveRank: number;
  /** Cosines of two views of one image, and of views of two images. */
  readonly similarities?: { readonly positives: Histogram; readonly negatives: Histogram };
}

/** The results of an evaluation for one kind of features on one data set. */
export interface FigureRow {
  /** Their owner if not the run: `raw pixels`, `random weights`. */
  readonly of?: string;
  /** The data set if not the run's own: `cifar-10`. */
  readonly on?: string;
  readonly figures: readonly Figure[];
}

/** One run. All but its name, settings and metrics may be missing. */
export interface ReportRun {
  readonly name: string;
  /** `config.json`. */
  readonly settings: unknown;
  readonly metrics: readonly MetricRecord[];
  readonly monitor?: readonly MonitorRecord[];
  /** The figures of the run and of baselines. */
  readonly evaluation?: readonly FigureRow[];
  /** The fingerprint of the data that it was trained on: runs on different data are not repetitions of one another. */
  readonly data?: string;
  /** `environment.json`, whatever is in it. */
  readonly environment?: unknown;
  /** Steps behind the weights that embedded the images. */
  readonly step?: number;
  readonly map?: EmbeddingMap;
  readonly positives?: Positives;
  readonly followed?: FollowedImages;
  readonly views?: readonly ViewSample[];
  readonly collapse?: Collapse;
  /** What could not be shown and why, in sentences. */
  readonly notes?: readonly string[];
}

/** All that a page shows. */
export interface ReportData {
  /** When the page was made, ISO 8601. */
  readonly created: string;
  /** The version of Kindred that made it. */
  readonly version: string;
  /** One run or more; their names differ. */
  readonly runs: readonly ReportRun[];
  readonly sheets?: Readonly<Record<string, ImageSheet>>;
}
