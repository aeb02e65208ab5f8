/** @module @kindred/report */
export { type Curve, curvesOf, type Points } from './curves.js';
export { type GalleryData, type GalleryGroup, type GalleryImage, galleryPage } from './gallery-page.js';
export type {
  Collapse,
  EmbeddingMap,
  FigureRow,
  Histogram,
  ImageSheet,
  MetricRecord,
  MonitorRecord,
  Picture,
  PositivePair,
  FollowedImages,
  FollowedNeighbor,
  Positives,
  PositiveStep,
  ReportData,
  ReportRun,
  ViewSample,
} from './report-data.js';
export { reportPage } from './report-page.js';
export { type EventsOptions, tensorBoardEvents } from './tensorboard.js';
