"""Writes measures.json beside this file. Run with numpy, scikit-learn, torch and pytorch-metric-learning installed."""
import json
import pathlib

import numpy as np
import pytorch_metric_learning
import sklearn
import torch
from pytorch_metric_learning.distances import CosineSimilarity, LpDistance
from pytorch_metric_learning.utils.accuracy_calculator import AccuracyCalculator
from pytorch_metric_learning.utils.inference import CustomKNN
from sklearn.cluster import KMeans
from sklearn.metrics import normalized_mutual_info_score
from sklearn.preprocessing import normalize

made = {
    "program": "measures.py", "numpy": np.__version__, "scikit-learn": sklearn.__version__,
    "torch": torch.__version__, "pytorch-metric-learning": pytorch_metric_learning.__version__,
}


def clusters(seed, rows, dimension, classes, noise):
    """Clusters away from the origin, of uneven sizes; multiples of 1/64, which float32 holds exactly."""
    rng = np.random.default_rng(seed)
    centres = np.random.default_rng(0).normal(size=(classes, dimension))
    share = np.arange(1, classes + 1) / np.arange(1, classes + 1).sum()
    labels = rng.choice(classes, size=rows, p=share)
    return np.round((centres[labels] + noise * rng.normal(size=(rows, dimension)) + 0.3) * 64) / 64, labels


def part(x, y):
    return {"dimension": x.shape[1], "values": x.ravel().tolist(), "labels": y.tolist()}


def accuracies(similarity, x, y, references=None, reference_labels=None):
    distance = CosineSimilarity() if similarity == "cosine" else LpDistance(normalize_embeddings=False)
    calculator = AccuracyCalculator(
        include=("precision_at_1", "r_precision", "mean_average_precision_at_r"), k="max_bin_count", knn_func=CustomKNN(distance),
    )
    tensors = [torch.tensor(x), torch.tensor(y)]
    if references is not None:
        tensors += [torch.tensor(references), torch.tensor(reference_labels)]
    return {"similarity": similarity, **calculator.get_accuracy(*tensors)}


queries, query_labels = clusters(1, 70, 5, 5, 0.9)
references, reference_labels = clusters(2, 90, 5, 5, 0.9)
# class 0 has one row among the queries, and none among the references
query_labels[np.flatnonzero(query_labels == 0)[1:]] = 4
reference_labels[reference_labels == 0] = 3
retrieval = {
    "queries": part(queries, query_labels), "references": part(references, reference_labels),
    "among": [accuracies(s, queries, query_labels) for s in ("cosine", "euclidean")],
    "across": [accuracies(s, queries, query_labels, references, reference_labels) for s in ("cosine", "euclidean")],
}

information = []
for seed, (first, second, noise) in enumerate([(3, 3, 0.2), (4, 7, 0.5), (10, 10, 1.0), (2, 20, 0.1), (1, 4, 1.0)]):
    rng = np.random.default_rng(seed)
    a = rng.integers(0, first, size=60)
    b = np.where(rng.random(60) < noise, rng.integers(0, second, size=60), a % second)
    information.append({"a": a.tolist(), "b": b.tolist(), "nmi": normalized_mutual_info_score(a, b)})

x, y = clusters(3, 150, 4, 4, 0.35)
k_means = {"features": part(x, y), "cases": []}
for similarity in ("cosine", "euclidean"):
    rows = normalize(x) if similarity == "cosine" else x
    for count in (1, 3, 4):
        found = KMeans(count, n_init=200, tol=0, random_state=0).fit(rows)
        k_means["cases"].append({
            "similarity": similarity, "clusters": count, "inertia": found.inertia_, "assignments": found.labels_.tolist(),
            "nmi": normalized_mutual_info_score(found.labels_, y),
        })

ranks = []
for rows, columns, fall in [(40, 6, 0.0), (6, 40, 1.0), (30, 20, 2.0)]:
    rng = np.random.default_rng(rows)
    x = np.round(rng.normal(size=(rows, columns)) / (1 + np.arange(columns)) ** fall * 4096) / 4096
    shares = np.linalg.svd(x, compute_uv=False)
    shares = shares / shares.sum()
    ranks.append({
        "dimension": columns, "values": x.ravel().tolist(),
        "rank": float(np.exp(-(shares * np.log(shares)).sum())),
        "published": float(np.exp(-((shares + 1e-7) * np.log(shares + 1e-7)).sum())),
    })

first, labels = clusters(4, 40, 6, 3, 0.6)
second = np.round((first + 0.4 * np.random.default_rng(5).normal(size=first.shape)) * 64) / 64
bins = 13
of_labels = normalize(first) @ normalize(first).T
of_views = normalize(first) @ normalize(second).T
upper = np.triu(np.ones((40, 40), bool), 1)
same = labels[:, None] == labels[None, :]


def histogram(cosines):
    return {"counts": np.histogram(cosines, bins=bins, range=(-1, 1))[0].tolist(), "mean": float(cosines.mean())}


histograms = {
    "first": part(first, labels), "second": second.ravel().tolist(), "bins": bins,
    "byLabels": {"positive": histogram(of_labels[same & upper]), "negative": histogram(of_labels[~same & upper])},
    "byViews": {"positive": histogram(np.diag(of_views)), "negative": histogram(of_views[~np.eye(40, dtype=bool)])},
}

folder = pathlib.Path(__file__).parent
content = {"made": made, "retrieval": retrieval, "information": information, "kMeans": k_means, "ranks": ranks, "histograms": histograms}
(folder / "measures.json").write_text(json.dumps(content) + "\n")
