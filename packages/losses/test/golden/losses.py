"""Makes losses.json: values and gradients of losses of other libraries, in float64.

    pip install numpy torch==2.15.0 torchvision==0.29.2 tqdm
    pip install --no-deps lightly==1.6.0 pytorch-metric-learning==2.9.0
    python losses.py > losses.json

`factor` is what our loss has to be multiplied with to be the reference's.
"""
import json
import lightly
import numpy
import pytorch_metric_learning as pml
import torch
import torch.nn.functional as F
from lightly.loss import (BarlowTwinsLoss, DCLLoss, DCLWLoss, NegativeCosineSimilarity, NTXentLoss, VICRegLoss)
from lightly.loss.hypersphere_loss import HypersphereLoss
from pytorch_metric_learning import distances, losses, miners, reducers

N, K, D = 6, 7, 5
draw = numpy.random.default_rng(20).normal
inputs = {name: torch.tensor(draw(size=(rows, D)).astype("float32").astype("float64"))
          for name, rows in [("anchors", N), ("positives", N), ("negatives", K)]}
# generic, yet positives are somewhat nearer than others
inputs["positives"] = (inputs["positives"] + 0.5 * inputs["anchors"]).float().double()
inputs["own"] = torch.tensor(draw(size=(2 * N, D)).astype("float32").astype("float64"))
for name in ["third", "fourth"]:
    inputs[name] = (torch.tensor(draw(size=(N, D)).astype("float32").astype("float64")) + 0.5 * inputs["anchors"]).float().double()
labels = torch.tensor([0, 1, 0, 2, 1, 0])
rows = torch.arange(N)


def cosines(a, b):
    return F.normalize(a, dim=1) @ F.normalize(b, dim=1).T


def clip(a, p, temperature):
    logits = cosines(a, p) / temperature
    return (F.cross_entropy(logits, rows) + F.cross_entropy(logits.T, rows)) / 2


def moco(a, p, n, temperature):
    own = F.cosine_similarity(a, p)[:, None]
    return F.cross_entropy(torch.cat([own, cosines(a, n)], 1) / temperature, torch.zeros(N, dtype=torch.long))


def own_scores(a, own):
    return (F.normalize(a, dim=1)[:, None] * F.normalize(own.reshape(N, 2, D), dim=2)).sum(2)


def with_own(a, p, own, temperature):
    return F.cross_entropy(torch.cat([cosines(a, p), own_scores(a, own)], 1) / temperature, rows)


def moco_with_own(a, p, n, own, temperature):
    logits = torch.cat([F.cosine_similarity(a, p)[:, None], cosines(a, n), own_scores(a, own)], 1)
    return F.cross_entropy(logits / temperature, torch.zeros(N, dtype=torch.long))


def simclr_of_google(a, p, temperature):
    a, p = F.normalize(a, dim=1), F.normalize(p, dim=1)
    mask = torch.eye(N, dtype=a.dtype) * 1e9
    aa, ab, ba, bb = a @ a.T / temperature - mask, a @ p.T / temperature, p @ a.T / temperature, p @ p.T / temperature - mask
    return (F.cross_entropy(torch.cat([ab, aa], 1), rows) + F.cross_entropy(torch.cat([ba, bb], 1), rows))


def byol(a, p):
    return ((F.normalize(a, dim=1) - F.normalize(p, dim=1)) ** 2).sum(1).mean()


def supervised(temperature, *views):
    return losses.SupConLoss(temperature=temperature)(torch.cat(views), labels.repeat(len(views)))


def every_sample_a_class(temperature, *views):
    return losses.SupConLoss(temperature=temperature)(torch.cat(views), rows.repeat(len(views)))


def self_supervised(a, p, temperature):
    return losses.SelfSupervisedLoss(losses.NTXentLoss(temperature=temperature))(a, p)


def one_direction(a, p, temperature):
    return losses.NTXentLoss(temperature=temperature)(a, rows, ref_emb=p, ref_labels=rows.clone())


def semi_hard(distance):
    """Of each pair the nearest negative among TripletMarginMiner's semi-hard ones; where it has none, the farthest of its hard ones."""
    kinds = [miners.TripletMarginMiner(margin=1e9, type_of_triplets=kind, distance=distance) for kind in ["semihard", "hard"]]

    def mine(a, classes, ref_emb, ref_labels):
        found = distance(a, ref_emb)
        semi, hard = [list(zip(*(each.tolist() for each in kind(a, classes, ref_emb=ref_emb, ref_labels=ref_labels)))) for kind in kinds]
        chosen = []
        for i, j in sorted({(i, j) for i, j, _ in semi + hard}):
            near = [n for q, r, n in semi if (q, r) == (i, j)]
            far = [n for q, r, n in hard if (q, r) == (i, j)]
            chosen.append((i, j, min(near, key=lambda n: found[i, n].item()) if near else max(far, key=lambda n: found[i, n].item())))
        return tuple(torch.tensor(each) for each in zip(*chosen))

    return mine


def easy_semi_hard(distance):
    """BatchEasyHardMiner's triplets; an anchor that it leaves out, as no negative is farther, takes the easiest negative."""
    semi, easy = [miners.BatchEasyHardMiner(pos_strategy="easy", neg_strategy=kind, distance=distance) for kind in ["semihard", "easy"]]

    def mine(*args, **kwargs):
        first, last = [list(zip(*(each.tolist() for each in (c[0], c[1], c[3])))) for c in (semi(*args, **kwargs), easy(*args, **kwargs))]
        kept = {i for i, _, _ in first}
        return tuple(torch.tensor(each) for each in zip(*(first + [triplet for triplet in last if triplet[0] not in kept])))

    return mine


MINERS = {
    "allTriplets": ("TripletMarginLoss", lambda distance: None),
    "batchHard": ("BatchHardMiner", lambda distance: miners.BatchHardMiner(distance=distance)),
    "semiHard": ("TripletMarginMiner, semi-hard, the nearest of each pair", semi_hard),
    "easyPositive, hardest": ("BatchEasyHardMiner, easy and hard", lambda distance: miners.BatchEasyHardMiner(pos_strategy="easy", neg_strategy="hard", distance=distance)),
    "easyPositive, semi-hard": ("BatchEasyHardMiner, easy and semi-hard", easy_semi_hard),
}


def triplet_loss(margin, distance, reducer):
    soft = margin == "soft" or isinstance(margin, dict)
    by = 0 if margin == "soft" else margin["soft"] if soft else margin
    return losses.TripletMarginLoss(margin=by, smooth_loss=soft, distance=distance, reducer=reducer)


def triplets(margin, distance, miner, classes, reducer=reducers.MeanReducer()):
    loss = triplet_loss(margin, distance, reducer)
    mine = MINERS[miner][1](distance)

    def compute(a, p):
        chosen = None if mine is None else mine(a, classes, ref_emb=p, ref_labels=classes.clone())
        return loss(a, classes, chosen, ref_emb=p, ref_labels=classes.clone())

    return compute


METRIC = {
    "euclidean": distances.LpDistance(normalize_embeddings=False),
    "squared-euclidean": distances.LpDistance(normalize_embeddings=False, power=2),
    "cosine": distances.LpDistance(normalize_embeddings=True, power=2),  # 2 - 2 cos
}
TORCH, LIGHTLY, PML = f"torch {torch.__version__}", f"lightly {lightly.__version__}", f"pytorch-metric-learning {pml.__version__}"

cases = []


def case(loss, options, reference, compute, factor=1, negatives=False, own=False, labeled=False, further=0):
    names = ["anchors", "positives"] + ["negatives"] * negatives + ["own"] * own + ["third", "fourth"][:further]
    given = [inputs[name].clone().requires_grad_() for name in names]
    value = compute(*given)
    gradients = torch.autograd.grad(value, given, allow_unused=True)
    cases.append({
        "loss": loss, "options": options, "reference": reference, "factor": factor, "value": value.item(),
        **({"labels": labels.tolist()} if labeled else {}),
        "gradients": {name: gradient.tolist() for name, gradient in zip(names, gradients)},
    })


for t in [0.07, 0.5]:
    o = {"temperature": t}
    case("infoNCE", o, f"{TORCH} cross_entropy of cosines / t", lambda a, p: F.cross_entropy(cosines(a, p) / t, rows))
    case("infoNCE", o, f"{PML} NTXentLoss with ref_emb", lambda a, p: one_direction(a, p, t))
    case("infoNCE", o, f"{TORCH} MoCo v3 term, 2 t times cross_entropy", lambda a, p: 2 * t * F.cross_entropy(cosines(a, p) / t, rows), factor=2 * t)
    case("infoNCE", o, f"{TORCH} MoCo, cross_entropy of [own, negatives]", lambda a, p, n: moco(a, p, n, t), negatives=True)
    case("infoNCE", o, f"{TORCH} cross_entropy of [all, own negatives]", lambda a, p, own: with_own(a, p, own, t), own=True)
    case("infoNCE", o, f"{TORCH} cross_entropy of [own, negatives, own negatives]", lambda a, p, n, own: moco_with_own(a, p, n, own, t), negatives=True, own=True)
    case("infoNCE", {**o, "direction": "both"}, f"{TORCH} CLIP, mean of both cross_entropy", lambda a, p: clip(a, p, t))
    case("ntXent", o, f"{LIGHTLY} NTXentLoss", lambda a, p: NTXentLoss(temperature=t)(a, p))
    case("ntXent", o, f"{PML} SelfSupervisedLoss(NTXentLoss)", lambda a, p: self_supervised(a, p, t))
    case("ntXent", o, f"{TORCH} SimCLR as Google sums it", lambda a, p: simclr_of_google(a, p, t), factor=2)
    case("dcl", o, f"{LIGHTLY} DCLLoss", lambda a, p: DCLLoss(temperature=t)(a, p))
    case("dclw", {**o, "sigma": 0.5}, f"{LIGHTLY} DCLWLoss", lambda a, p: DCLWLoss(temperature=t, sigma=0.5)(a, p))
    case("supCon", o, f"{PML} SupConLoss", lambda a, p: supervised(t, a, p), labeled=True)
    for further in [1, 2]:
        case("ntXent", o, f"{PML} SupConLoss, every sample a class, {2 + further} views", lambda *views: every_sample_a_class(t, *views), further=further)
        case("supCon", o, f"{PML} SupConLoss, {2 + further} views", lambda *views: supervised(t, *views), labeled=True, further=further)

for t in [0.1, 1]:
    # PyTorch takes any weights as "probabilities"
    for loss in ["swappedPrediction", "crossEntropy"]:
        case(loss, {"temperature": t}, f"{TORCH} cross_entropy of s / t and soft targets", lambda a, p: F.cross_entropy(a / t, p))

case("negativeCosine", {}, f"{LIGHTLY} NegativeCosineSimilarity", lambda a, p: NegativeCosineSimilarity()(a, p))
case("barlowTwins", {"lambda": 0.005}, f"{LIGHTLY} BarlowTwinsLoss", lambda a, p: BarlowTwinsLoss(lambda_param=0.005)(a, p))
case("vicReg", {"invariance": 25, "variance": 25, "covariance": 1}, f"{LIGHTLY} VICRegLoss", lambda a, p: VICRegLoss()(a, p))
for alpha, t in [(2, 2), (1, 3)]:
    case("alignmentUniformity", {"alpha": alpha, "t": t, "uniformity": 0.5}, f"{LIGHTLY} HypersphereLoss",
         lambda a, p: HypersphereLoss(t=t, lam=0.5, alpha=alpha)(a, p))
for distance, margin, labeled in [("euclidean", 0.5, False), ("euclidean", "soft", False), ("squared-euclidean", 0.5, False), ("squared-euclidean", "soft", False),
                                  ("cosine", 0.5, False), ("euclidean", 0.5, True), ("cosine", 0.5, True)]:
    for miner in MINERS:
        if miner.startswith("easy") and not labeled:
            continue
        # squared distances of unit rows are twice our cosine distance: twice the margin, twice the loss
        double = distance == "cosine"
        case("tripletMargin", {"margin": margin, "distance": distance, "miner": miner}, f"{PML} {MINERS[miner][0]}, MeanReducer",
             triplets(1.0 if double else margin, METRIC[distance], miner, labels if labeled else rows), factor=2 if double else 1, labeled=labeled)
for miner in MINERS:
    for distance, labeled in [("euclidean", False), ("euclidean", True), ("cosine", True)]:
        if miner.startswith("easy") and not labeled:
            continue
        double = distance == "cosine"
        case("tripletMargin", {"margin": 0.5, "distance": distance, "miner": miner, "average": "non-zero"}, f"{PML} {MINERS[miner][0]}, its default reducer",
             triplets(1.0 if double else 0.5, METRIC[distance], miner, labels if labeled else rows, reducers.AvgNonZeroReducer()), factor=2 if double else 1, labeled=labeled)
    case("tripletMargin", {"margin": {"soft": 0.5}, "distance": "euclidean", "miner": miner}, f"{PML} {MINERS[miner][0]}, smooth_loss with a margin, MeanReducer",
         triplets({"soft": 0.5}, METRIC["euclidean"], miner, labels), labeled=True)
case("tripletMargin", {"margin": 0.5, "distance": "euclidean", "miner": "allTriplets"}, f"{TORCH} triplet_margin_loss, every pair of rows",
     lambda a, p: torch.stack([F.triplet_margin_loss(a[i], p[i], p[j], margin=0.5, eps=0) for i in range(N) for j in range(N) if i != j]).mean())

one_set = []


def one_set_case(loss, options, reference, compute, classes, factor=1):
    """One labelled set of rows: no other views."""
    a = inputs["anchors"].clone().requires_grad_()
    value = compute(a, torch.tensor(classes))
    gradient = torch.autograd.grad(value, a)[0] if value.requires_grad else torch.zeros_like(a)
    one_set.append({"loss": loss, "options": options, "reference": reference, "factor": factor, "labels": classes, "value": value.item(), "gradient": gradient.tolist()})


LABELS = {"two classes of several and one of one": labels.tolist(), "two classes": [0, 1, 0, 1, 1, 0]}
for name, classes in LABELS.items():
    for t in [0.07, 0.5]:
        one_set_case("supCon", {"temperature": t}, f"{PML} SupConLoss, {name}", lambda a, c: losses.SupConLoss(temperature=t)(a, c), classes)
    for distance in ["euclidean", "cosine"]:
        double = distance == "cosine"
        for average, reducer in [("all", reducers.MeanReducer()), ("non-zero", reducers.AvgNonZeroReducer())]:
            for miner in ["allTriplets", "batchHard", "easyPositive, hardest"]:
                def compute(a, c):
                    mine = MINERS[miner][1](METRIC[distance])
                    return triplet_loss(1.0 if double else 0.5, METRIC[distance], reducer)(a, c, None if mine is None else mine(a, c))
                one_set_case("tripletMargin", {"margin": 0.5, "distance": distance, "miner": miner, "average": average}, f"{PML} {MINERS[miner][0]}, {name}", compute, classes, factor=2 if double else 1)
nothing_to_learn = {
    "supCon": losses.SupConLoss(temperature=0.5)(torch.cat([inputs["anchors"], inputs["positives"]]), torch.zeros(2 * N, dtype=torch.long)).item(),
    "supCon, every row a class": losses.SupConLoss(temperature=0.5)(inputs["anchors"], rows).item(),
    "tripletMargin": losses.TripletMarginLoss(margin=0.5)(inputs["anchors"], torch.zeros(N, dtype=torch.long)).item(),
}

print(json.dumps({
    "program": "losses.py",
    "versions": {"torch": torch.__version__, "lightly": lightly.__version__, "pytorch-metric-learning": pml.__version__, "numpy": numpy.__version__},
    "inputs": {name: tensor.tolist() for name, tensor in inputs.items()},
    "cases": cases,
    "oneSet": one_set,
    "nothingToLearn": nothing_to_learn,
}))
