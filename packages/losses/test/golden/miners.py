"""Makes miners.json: the triplets that PyTorch Metric Learning's miners choose, of distances between two sets of labelled rows.

    pip install numpy torch==2.15.0 tqdm
    pip install --no-deps pytorch-metric-learning==2.9.0
    python miners.py > miners.json
"""
import json
import numpy
import pytorch_metric_learning as pml
import torch
from pytorch_metric_learning import distances, miners

N, D = 12, 3
draw = numpy.random.default_rng(5).normal
anchors, positives = (torch.tensor(draw(size=(N, D)).astype("float32")) for _ in range(2))
labels = torch.tensor([0, 1, 2, 0, 1, 0, 2, 2, 0, 3, 1, 0])
distance = distances.LpDistance(normalize_embeddings=False)


def chosen(miner):
    a, p, *rest = miner(anchors, labels, ref_emb=positives, ref_labels=labels.clone())
    return [list(triplet) for triplet in zip(a.tolist(), p.tolist(), rest[-1].tolist())]


margin = 1e9  # every triplet is within it
print(json.dumps({
    "program": "miners.py",
    "versions": {"torch": torch.__version__, "pytorch-metric-learning": pml.__version__, "numpy": numpy.__version__},
    "labels": labels.tolist(),
    "distances": distance(anchors, positives).tolist(),
    "triplets": {
        "BatchHardMiner": chosen(miners.BatchHardMiner(distance=distance)),
        "BatchEasyHardMiner, easy and hard": chosen(miners.BatchEasyHardMiner(pos_strategy="easy", neg_strategy="hard", distance=distance)),
        "BatchEasyHardMiner, easy and semihard": chosen(miners.BatchEasyHardMiner(pos_strategy="easy", neg_strategy="semihard", distance=distance)),
        **{f"TripletMarginMiner, {kind}": chosen(miners.TripletMarginMiner(margin=margin, type_of_triplets=kind, distance=distance)) for kind in ["all", "hard", "semihard"]},
    },
}))
