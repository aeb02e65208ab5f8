"""Makes sinkhorn.json: codes by the algorithm of SwAV (Caron et al. 2020, listing 1), in float64.

    pip install numpy==2.4.6
    python sinkhorn.py > sinkhorn.json

Q is prototypes x samples: divided by its sum, then `iterations` times its rows are made to sum to 1 / K and its columns to
1 / B; what comes out is B Q, transposed.
"""
import json
import numpy


def codes(scores, epsilon, iterations):
    Q = numpy.exp(scores / epsilon).T
    K, B = Q.shape
    Q /= Q.sum()
    for _ in range(iterations):
        Q /= Q.sum(axis=1, keepdims=True) * K
        Q /= Q.sum(axis=0, keepdims=True) * B
    return (B * Q).T


draw = numpy.random.default_rng(4).normal


def unit(rows, columns):
    values = draw(size=(rows, columns))
    return values / numpy.linalg.norm(values, axis=1, keepdims=True)


cases = []
for samples, prototypes, epsilon, iterations in [(5, 3, 0.05, 3), (3, 7, 0.05, 3), (8, 4, 0.5, 1)]:
    scores = (unit(samples, 4) @ unit(prototypes, 4).T).astype("float32").astype("float64")
    cases.append({"epsilon": epsilon, "iterations": iterations, "scores": scores.tolist(),
                  "codes": codes(scores, epsilon, iterations).tolist()})
print(json.dumps({"program": "sinkhorn.py", "versions": {"numpy": numpy.__version__}, "cases": cases}))
