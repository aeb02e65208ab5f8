/** @module @kindred/datasets/node */
export { cacheFolder } from './node/cache.js';
export type { ArchiveOptions } from './node/archive.js';
export { cifar10, type Cifar10Options } from './node/cifar-10.js';
export { cifar100, type Cifar100, type Cifar100Options } from './node/cifar-100.js';
export type { DownloadProgress } from './node/download.js';
export { fashionMnist, type FashionMnist, type FashionMnistOptions } from './node/fashion-mnist.js';
export type { DecodedImageOptions, UnreadableImage } from './node/decoded-images.js';
export type { LeftOut, LeftOutGroup, OnLeftOut } from './node/left-out.js';
export { imageFolder, type ImageFolderOptions } from './node/image-folder.js';
export { imageShards, type ImageShardsOptions } from './node/image-shards.js';
export { mnist, type MnistOptions } from './node/mnist.js';
export { datasetImages, folderImages, listedImages, type NamedImage, type NamedImages, type NamedImagesOptions, shardImages, type UnreadImage } from './node/named-images.js';
export { openDataset, type OpenOptions } from './node/open-dataset.js';
export { DatasetSettings } from './node/settings.js';
export type { SampleParts } from './node/shard-samples.js';
export { stl10, type Stl10Options } from './node/stl-10.js';
