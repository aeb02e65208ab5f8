"""Colours by Python's colorsys: generic ones, greys, primaries and ties between two channels.

    python colours.py > colours.json
"""
import colorsys
import json
import platform
import random

random.seed(4)
rgb = [[round(random.random(), 3) for _ in range(3)] for _ in range(24)]
rgb += [[0, 0, 0], [1, 1, 1], [0.5, 0.5, 0.5], [1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [0, 1, 1], [1, 0, 1],
        [0.7, 0.7, 0.2], [0.7, 0.2, 0.7], [0.2, 0.7, 0.7], [0.7, 0.2, 0.2], [0.9, 0.1, 0.099]]
print(json.dumps({
    "program": "colours.py",
    "versions": {"python": platform.python_version()},
    "rgb": rgb,
    "hsv": [list(colorsys.rgb_to_hsv(*colour)) for colour in rgb],
}))
