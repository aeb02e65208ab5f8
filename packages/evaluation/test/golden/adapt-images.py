"""Images brought to other channels and sizes by Pillow: python adapt-images.py > adapt-images.json"""
import json, sys
import numpy as np, PIL
from PIL import Image

rng = np.random.default_rng(5)


def case(size, channels, to, to_channels):
    pixels = rng.integers(0, 256, (*size, channels), dtype=np.uint8)
    image = Image.fromarray(pixels.squeeze(), 'RGB' if channels == 3 else 'L')
    image = image.convert('RGB' if to_channels == 3 else 'L')
    if size != to:
        image = image.resize(to[::-1], Image.Resampling.BILINEAR)
    return {'from': [*size, channels], 'to': [*to, to_channels], 'pixels': pixels.ravel().tolist(), 'expected': np.asarray(image).ravel().tolist()}


json.dump({
    'program': 'adapt-images.py',
    'versions': {'python': sys.version.split()[0], 'pillow': PIL.__version__, 'numpy': np.__version__},
    'cases': [
        case((5, 4), 1, (5, 4), 3),
        case((5, 4), 3, (5, 4), 1),
        case((12, 10), 3, (7, 8), 3),
        case((6, 7), 1, (9, 10), 3),
        case((9, 12), 3, (5, 6), 1),
    ],
}, sys.stdout)
print()
