"""Writes knn.json and logistic-regression.json beside this file. Run with numpy and scikit-learn installed."""
import json
import pathlib

import numpy as np
import sklearn
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

folder = pathlib.Path(__file__).parent
made = {"program": "make.py", "numpy": np.__version__, "scikit-learn": sklearn.__version__}


def clusters(seed, rows, dimension, classes):
    """Overlapping clusters away from the origin, of uneven scales; multiples of 1/64, which float32 holds exactly."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(classes, dimension))
    labels = rng.integers(0, classes, size=rows)
    values = (centres[labels] + 1.5 * rng.normal(size=(rows, dimension))) * np.linspace(0.3, 3, dimension) + 1
    return np.round(values * 64) / 64, labels


def part(x, y):
    return {"dimension": x.shape[1], "values": x.ravel().tolist(), "labels": y.tolist()}


def write(name, content):
    (folder / name).write_text(json.dumps({"made": made, **content}) + "\n")


# Classes 0 to 3, of which 2 is absent from the test rows
x, y = clusters(1, 100, 6, 4)
xt, yt = clusters(2, 40, 6, 4)
xt, yt = xt[yt != 2], yt[yt != 2]
cases = []
for metric in ["cosine", "euclidean"]:
    for k in [1, 9, 30]:
        distances, indices = KNeighborsClassifier(k, metric=metric, algorithm="brute").fit(x, y).kneighbors(xt)
        votes = []
        for temperature in [0.1, 1.0]:
            def weights(d):
                return np.exp((d.min(axis=1, keepdims=True) - d) / temperature)
            model = KNeighborsClassifier(k, metric=metric, algorithm="brute", weights=weights).fit(x, y)
            votes.append({"temperature": temperature, "predictions": model.predict(xt).tolist(), "accuracy": model.score(xt, yt), "probabilities": np.round(model.predict_proba(xt), 8).tolist()})
        cases.append({
            "similarity": metric, "k": k, "votes": votes,
            "indices": indices.ravel().tolist(), "distances": np.round(distances, 7).ravel().tolist(),
        })
write("knn.json", {"train": part(x, y), "test": part(xt, yt), "cases": cases})

problems = []
for classes, rows in [(4, 150), (2, 80)]:
    x, y = clusters(10 + classes, rows, 5, classes)
    xt, yt = clusters(20 + classes, 40, 5, classes)
    cases = []
    for standardize in [False, True]:
        for c in [0.01, 1.0, 100.0]:
            regression = LogisticRegression(C=c, tol=1e-10, max_iter=10_000)
            model = make_pipeline(StandardScaler(), regression) if standardize else regression
            model.fit(x, y)
            inside = model[:-1].transform(x) if standardize else x
            weights = regression.coef_
            if standardize:
                weights = weights / model[0].scale_
            bias = regression.intercept_ - (weights @ model[0].mean_ if standardize else 0)
            cases.append({
                "standardize": standardize, "C": c,
                "weights": weights.tolist(), "bias": bias.tolist(),
                "penalised": float((regression.coef_ ** 2).sum()),
                "loss": log_loss(y, regression.predict_proba(inside)),
                "predictions": model.predict(xt).tolist(), "accuracy": model.score(xt, yt),
            })
    problems.append({"classes": classes, "train": part(x, y), "test": part(xt, yt), "cases": cases})
write("logistic-regression.json", {"problems": problems})
