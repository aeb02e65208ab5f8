"""Images of several sizes as encoder inputs, and crops of them, by Pillow: python inputs.py > inputs.json

Resize of the shorter side and CenterCrop are written out as torchvision.transforms has them: a long side of
int(short * long / side), a cut that begins at int(round((length - cut) / 2)).
"""
import json, sys
import numpy as np, PIL
from PIL import Image

rng = np.random.default_rng(10)
filters = {'bilinear': Image.Resampling.BILINEAR, 'bicubic': Image.Resampling.BICUBIC}


def picture(height, width, channels):
    # smooth and rough parts, so that a shift, a flip and a missing filter all show
    y, x = np.mgrid[0:height, 0:width]
    smooth = np.stack([128 + 100 * np.sin((1 + c) * x / 7 + y / (5 + c)) for c in range(channels)], -1)
    noise = rng.integers(-27, 28, (height, width, channels))
    return np.clip(smooth + noise, 0, 255).astype(np.uint8)


def channels_of(pixels):
    # mode F: Pillow's filters in float32, nothing rounded or cut between rows and columns
    return [Image.fromarray(pixels[..., c].astype(np.float32), 'F') for c in range(pixels.shape[-1])]


def values(made):
    return np.stack([np.clip(np.asarray(channel), 0, 255) for channel in made], -1)


def told(array):
    return [round(float(value), 3) for value in array.ravel()]


def covered(source, size, share, resample):
    (w, h), (th, tw) = source.size, size
    if th * w >= tw * h:
        nh = round(th / share)
        nw = max(tw, int(nh * w / h))
    else:
        nw = round(tw / share)
        nh = max(th, int(nw * h / w))
    whole = source.resize((nw, nh), resample)
    top, left = int(round((nh - th) / 2)), int(round((nw - tw) / 2))
    return whole.crop((left, top, left + tw, top + th))


pictures = [picture(*size, 3) for size in [(19, 31), (40, 23), (12, 12), (9, 50)]]
greys = [picture(*size, 1) for size in [(15, 22), (30, 17)]]
inputs = []
for size, share, interpolation, fit in [
    ((8, 8), 1, 'bilinear', 'cover'), ((14, 14), 0.875, 'bilinear', 'cover'), ((14, 14), 0.875, 'bicubic', 'cover'),
    ((7, 12), 0.9, 'bilinear', 'cover'), ((10, 6), 1, 'bicubic', 'cover'), ((11, 9), 1, 'bilinear', 'fill'), ((20, 20), 0.8, 'bicubic', 'cover'),
]:
    resample = filters[interpolation]
    def made(pixels):
        return values([c.resize(size[::-1], resample) if fit == 'fill' else covered(c, size, share, resample) for c in channels_of(pixels)])
    inputs.append({'size': size, 'cropShare': share, 'interpolation': interpolation, 'fit': fit, 'expected': [told(made(p)) for p in pictures]})
crops = []
for interpolation in filters:
    for out in [(6, 6), (16, 9)]:
        for i, box in [(0, (3, 2, 14, 20)), (1, (5, 1, 30, 17)), (2, (0, 0, 12, 12)), (3, (4, 30, 5, 11))]:
            top, left, height, width = box
            cut = [c.crop((left, top, left + width, top + height)).resize(out[::-1], filters[interpolation]) for c in channels_of(pictures[i])]
            crops.append({'image': i, 'box': box, 'output': out, 'interpolation': interpolation, 'expected': told(values(cut))})


def small(pixels):
    return values([covered(c, (8, 8), 1, filters['bilinear']) for c in channels_of(pixels)])


json.dump({
    'program': 'inputs.py',
    'versions': {'python': sys.version.split()[0], 'pillow': PIL.__version__, 'numpy': np.__version__},
    'pictures': [{'shape': p.shape, 'pixels': p.ravel().tolist()} for p in pictures],
    'greys': [{'shape': p.shape, 'pixels': p.ravel().tolist()} for p in greys],
    'inputs': inputs,
    'grey to colour': [told(np.repeat(small(p), 3, -1)) for p in greys],
    'colour to grey': [told(small(p) @ np.array([0.299, 0.587, 0.114])) for p in pictures],
    'crops': crops,
}, sys.stdout, separators=(',', ':'))
print()
