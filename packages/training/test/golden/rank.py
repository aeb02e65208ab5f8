"""Makes rank.json: effective ranks by RankMe's formula without its epsilon, from numpy's singular values in float64.

    pip install numpy
    python rank.py > rank.json

The rows are made by formula, so that a test can make the same ones: row i, column d is
sin(1 + 3 i + 5 d + i d) / (1 + d)^fall.
"""
import json
import numpy


def rows(n, d, fall):
    i, j = numpy.arange(n)[:, None], numpy.arange(d)[None, :]
    return (numpy.sin(1 + 3 * i + 5 * j + i * j) / (1 + j) ** fall).astype("float32").astype("float64")


def rank(z):
    s = numpy.linalg.svd(z, compute_uv=False)
    p = s / s.sum()
    p = p[p > 0]
    return float(numpy.exp(-(p * numpy.log(p)).sum()))


def deviation(z):
    unit = z / numpy.linalg.norm(z, axis=1, keepdims=True)
    return float(unit.std(axis=0).mean() * numpy.sqrt(z.shape[1]))


cases = [{"rows": n, "columns": d, "fall": fall, "rank": rank(rows(min(n, 128), d, fall)), "deviation": deviation(rows(n, d, fall))}
         for n, d, fall in [(6, 4, 0), (5, 9, 0.5), (40, 16, 1), (64, 64, 0.3), (20, 130, 0.1), (200, 12, 2)]]
print(json.dumps({"program": "rank.py", "versions": {"numpy": numpy.__version__}, "cases": cases}))
