"""Makes binary-formats.json: what torchvision's STL10 makes of a synthetic folder, and numpy of CIFAR-100 records.

    pip install torchvision numpy && python binary-formats.py > binary-formats.json

The bytes of the files are a formula, so that the test can write them itself; images are given by their MD5 and some pixels.
CIFAR-100's binary version is not read by torchvision: its records are taken apart by numpy, as the page of the dataset says
(coarse label, fine label, 1,024 red, 1,024 green, 1,024 blue).
"""
import hashlib
import json
import os
import sys
import tempfile

import numpy
import torchvision


def source(size, seed):
    i = numpy.arange(size, dtype=numpy.int64)
    return ((i * 7919 + (i >> 5) * 104729 + (i % 251) * 13 * seed + seed) % 256).astype(numpy.uint8)


def shown(images):
    """images: [N, H, W, C]"""
    images = numpy.ascontiguousarray(images)
    places = [(0, 0, 0), (0, 0, 5), (0, 7, 0), (1, 3, 11), (1, 31, 30)]
    return {
        "shape": list(images.shape),
        "md5": hashlib.md5(images.tobytes()).hexdigest(),
        "pixels": [{"at": place, "rgb": images[place].tolist()} for place in places],
    }


class Unchecked(torchvision.datasets.STL10):
    def _check_integrity(self):
        return True


with tempfile.TemporaryDirectory() as root:
    folder = os.path.join(root, "stl10_binary")
    os.mkdir(folder)
    source(3 * 27648, 1).tofile(os.path.join(folder, "train_X.bin"))
    numpy.array([1, 10, 4], numpy.uint8).tofile(os.path.join(folder, "train_y.bin"))
    source(2 * 27648, 2).tofile(os.path.join(folder, "unlabeled_X.bin"))
    dataset = Unchecked(root, split="train+unlabeled")
    stl = shown(dataset.data.transpose(0, 2, 3, 1))
    stl["labels"] = dataset.labels.tolist()
    # the image as it leaves, through PIL
    assert numpy.array_equal(numpy.asarray(dataset[1][0]), dataset.data.transpose(0, 2, 3, 1)[1])

records = source(3 * 3074, 3).reshape(3, 3074)
records[:, 0] = [19, 0, 7]
records[:, 1] = [99, 0, 42]
cifar = shown(records[:, 2:].reshape(3, 3, 32, 32).transpose(0, 2, 3, 1))
cifar["coarse"], cifar["fine"] = records[:, 0].tolist(), records[:, 1].tolist()

versions = {"torchvision": torchvision.__version__, "numpy": numpy.__version__, "python": sys.version.split()[0]}
print(json.dumps({"versions": versions, "stl10": stl, "cifar100": cifar}))
