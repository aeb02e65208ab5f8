"""Writes views.json: what torchvision makes of three small pictures with fixed parameters.

    pip install torch torchvision numpy && python views.py > views.json

Pictures are bytes; results are float tensors in 0..1, rounded to 5 digits, [H, W, C] row-major. Bicubic crops are clamped
to 0..1, as torchvision itself does for bytes.
"""
import json

import numpy as np
import torch
import torchvision
from torchvision.transforms import InterpolationMode
from torchvision.transforms import functional as F

HEIGHT, WIDTH = 14, 16
rng = np.random.default_rng(20260714)


def picture():
    """Coloured blobs on a gradient, an edge and some noise: smooth and sharp parts, dark and saturated ones."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    canvas = np.empty((HEIGHT, WIDTH, 3))
    for c in range(3):
        a, b, base = rng.uniform(-0.03, 0.03, 2).tolist() + [rng.uniform(0.2, 0.7)]
        canvas[..., c] = base + a * (y - HEIGHT / 2) + b * (x - WIDTH / 2)
    for _ in range(5):
        cy, cx, size = rng.uniform(0, HEIGHT), rng.uniform(0, WIDTH), rng.uniform(1, 5)
        blob = np.exp(-((y - cy) ** 2 + (x - cx) ** 2) / (2 * size**2))[..., None]
        canvas += blob * (rng.uniform(0, 1, 3) - canvas)
    edge = (x * rng.uniform(-1, 1) + y * rng.uniform(-1, 1) > rng.uniform(0, 8))[..., None]
    canvas = np.where(edge, canvas * rng.uniform(0.2, 1.2, 3), canvas)
    canvas += rng.normal(0, 0.03, canvas.shape)
    return (np.clip(canvas, 0, 1) * 255).round().astype(np.uint8)


pictures = [picture() for _ in range(3)]
tensors = [torch.from_numpy(p).permute(2, 0, 1).float() / 255 for p in pictures]


def numbers(image):
    return [round(v, 5) for v in image.permute(1, 2, 0).flatten().tolist()]


def crops(mode, antialias=True):
    boxes = [(0, 0, 14, 16), (1, 2, 11, 13), (6, 9, 5, 4)]
    results = []
    for image, (top, left, height, width) in zip(tensors, boxes):
        result = F.resized_crop(image, top, left, height, width, [8, 10], mode, antialias=antialias)
        box = {"top": top, "left": left, "height": height, "width": width}
        results.append({"record": box, "result": numbers(result.clamp(0, 1))})
    return results


STEPS = {
    "brightness": F.adjust_brightness,
    "contrast": F.adjust_contrast,
    "saturation": F.adjust_saturation,
    "hue": F.adjust_hue,
}


def jitter(record):
    results = []
    for image in tensors:
        for step in record["order"]:
            image = STEPS[step](image, record["hueTurns" if step == "hue" else step])
        results.append(numbers(image))
    return {"record": record, "results": results}


def record(order, brightness=1, contrast=1, saturation=1, hueTurns=0):
    return {
        "order": order,
        "brightness": brightness,
        "contrast": contrast,
        "saturation": saturation,
        "hueTurns": hueTurns,
    }


def blur(kernel, sigma):
    return {
        "kernel": kernel,
        "record": {"sigmaPixels": sigma},
        "results": [numbers(F.gaussian_blur(image, [kernel, kernel], [sigma, sigma])) for image in tensors],
    }


def rotate(degrees, fill=None):
    """With a fill, torchvision multiplies the border by the image's share twice: see rotation.ts."""
    turned = [F.rotate(image, degrees, InterpolationMode.BILINEAR, fill=fill) for image in tensors]
    return {"degrees": degrees, "fill": 0 if fill is None else fill[0], "results": [numbers(image) for image in turned]}


def erase(top, left, height, width, value):
    return {
        "box": {"top": top, "left": left, "height": height, "width": width},
        "fill": value,
        "results": [numbers(F.erase(image, top, left, height, width, torch.tensor(value))) for image in tensors],
    }


print(
    json.dumps(
        {
            "program": "views.py",
            "versions": {"torch": torch.__version__, "torchvision": torchvision.__version__, "numpy": np.__version__},
            "height": HEIGHT,
            "width": WIDTH,
            "pictures": [p.flatten().tolist() for p in pictures],
            "crop": {"bilinear": crops(InterpolationMode.BILINEAR), "bicubic": crops(InterpolationMode.BICUBIC)},
            "plainBilinear": crops(InterpolationMode.BILINEAR, antialias=False),
            "verticalFlip": [numbers(F.vflip(image)) for image in tensors],
            "solarize": [
                {"threshold": t, "results": [numbers(F.solarize(image, t)) for image in tensors]} for t in (0.5, 0.3)
            ],
            "rotation": [rotate(7.5), rotate(-30.0), rotate(90.0), rotate(12.0, [0.5])],
            "erase": [erase(2, 3, 5, 9, 0.0), erase(0, 0, 14, 1, 0.5)],
            "flip": [numbers(F.hflip(image)) for image in tensors],
            "jitter": [
                jitter(record(["brightness"], brightness=0.6)),
                jitter(record(["brightness"], brightness=1.6)),
                jitter(record(["contrast"], contrast=0.4)),
                jitter(record(["contrast"], contrast=1.7)),
                jitter(record(["saturation"], saturation=0.3)),
                jitter(record(["saturation"], saturation=1.8)),
                jitter(record(["hue"], hueTurns=-0.2)),
                jitter(record(["hue"], hueTurns=0.1)),
                jitter(record(["hue"], hueTurns=0.5)),
                jitter(record(["brightness", "contrast", "saturation", "hue"], 1.4, 1.5, 1.6, 0.15)),
                jitter(record(["hue", "saturation", "contrast", "brightness"], 0.7, 1.7, 0.4, -0.18)),
                jitter(record(["contrast", "hue", "brightness", "saturation"], 1.3, 0.5, 1.7, 0.07)),
            ],
            "grayscale": [numbers(F.rgb_to_grayscale(image, num_output_channels=3)) for image in tensors],
            "blur": [blur(3, 0.5), blur(7, 1.5), blur(23, 2.0)],
        },
        separators=(",", ":"),
    )
)
