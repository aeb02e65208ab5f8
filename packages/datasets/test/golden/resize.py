"""Makes resize.json: what PIL makes of two patterns, resized by their shorter side and cut out in the centre, as torchvision's
Resize(interpolation=BICUBIC) and CenterCrop do.

    pip install pillow numpy && python resize.py > resize.json

The patterns are formulas, so that the test can draw them without a file.
"""
import json
import sys

import numpy
import PIL
from PIL import Image


def pattern(height, width):
    y, x = numpy.mgrid[0:height, 0:width].astype(numpy.float64)
    planes = [
        128 + 100 * numpy.sin(x / 5 + y / 9),
        128 + 90 * numpy.cos(x * y / 200),
        (x * 5 + y * 3) % 256,
    ]
    return numpy.stack([numpy.floor(plane) for plane in planes], axis=-1).astype(numpy.uint8)


def cover(image, side):
    scale = side / min(image.size)
    width, height = (round(length * scale) for length in image.size)
    left, top = (width - side) // 2, (height - side) // 2
    return image.resize((width, height), Image.BICUBIC).crop((left, top, left + side, top + side))


cases = []
for height, width, side in [(32, 48, 16), (96, 64, 16)]:
    image = Image.fromarray(pattern(height, width))
    cases.append({
        "height": height,
        "width": width,
        "side": side,
        "color": numpy.asarray(cover(image, side)).flatten().tolist(),
        "grey": numpy.asarray(cover(image, side).convert("L")).flatten().tolist(),
    })
versions = {"pillow": PIL.__version__, "numpy": numpy.__version__, "python": sys.version.split()[0]}
print(json.dumps({"versions": versions, "cases": cases}))
