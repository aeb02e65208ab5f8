"""Losses and predictions of classifiers that PyTorch trains in float64: python trained-classifiers.py > trained-classifiers.json

Every step takes all images, so that their order does not matter, and nothing is drawn: images and weights are in the file.
"""
import json, math, sys
import numpy as np, torch

torch.set_default_dtype(torch.float64)
rng = np.random.default_rng(7)
PIXELS, CLASSES = 5, 3


def images(count):
    labels = rng.integers(0, CLASSES, count)
    centres = np.array([[40, 200, 90, 60, 10], [180, 60, 90, 220, 30], [90, 120, 240, 20, 200]])
    pixels = np.clip(centres[labels] + rng.normal(0, 60, (count, PIXELS)), 0, 255).round().astype(int)
    return pixels, labels


train, train_labels = images(24)
test, test_labels = images(40)
x, y = torch.tensor(train / 255), torch.tensor(train_labels)
xt = torch.tensor(test / 255)


def rate(protocol, epoch):
    """Of the linear layer, at the start of an epoch, which is one step here."""
    peak = protocol['learningRate'] * len(train) / 256
    if protocol['schedule'] == 'cosine':
        return peak * (1 + math.cos(math.pi * epoch / protocol['epochs'])) / 2
    return peak * protocol['factor'] ** sum(epoch >= at for at in protocol['decayEpochs'])


def fit(protocol, encoder=None):
    layer = torch.nn.Linear(encoder[0].out_features if encoder else PIXELS, CLASSES)
    torch.nn.init.zeros_(layer.weight), torch.nn.init.zeros_(layer.bias)
    groups = [{'params': layer.parameters(), 'lr': 1.0}]
    if encoder:
        groups.append({'params': encoder.parameters(), 'lr': 1.0})
    optimizer = torch.optim.SGD(groups, momentum=0.9, nesterov=protocol['nesterov'], weight_decay=protocol['weightDecay'])
    losses = []
    for epoch in range(protocol['epochs']):
        groups = optimizer.param_groups
        groups[0]['lr'] = rate(protocol, epoch)
        if encoder:
            groups[1]['lr'] = groups[0]['lr'] * protocol['encoderLearningRate'] / protocol['learningRate']
            encoder.train(protocol['batchNorm'] == 'train')
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(layer(encoder(x) if encoder else x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    if encoder:
        encoder.eval()
    with torch.no_grad():
        predictions = layer(encoder(xt) if encoder else xt).argmax(1)
    return {**protocol, 'losses': losses, 'predictions': predictions.tolist(), 'accuracy': (predictions == torch.tensor(test_labels)).double().mean().item()}


def encoder():
    torch.manual_seed(3)
    network = torch.nn.Sequential(torch.nn.Linear(PIXELS, 4), torch.nn.BatchNorm1d(4), torch.nn.ReLU())
    network[1].weight.data = torch.tensor([0.8, 1.3, 1.1, 0.6])
    network[1].bias.data = torch.tensor([0.4, -0.2, 0.1, 0.3])
    network[1].running_mean = torch.tensor([0.1, -0.3, 0.2, 0.05])
    network[1].running_var = torch.tensor([0.5, 0.9, 0.2, 0.3])
    return network


cosine = {'schedule': 'cosine', 'epochs': 12}
steps = {'schedule': 'steps', 'epochs': 12, 'decayEpochs': [5, 9], 'factor': 0.1}
state = {k: v.numpy().ravel().tolist() for k, v in encoder().state_dict().items() if not k.endswith('tracked')}
json.dump({
    'program': 'trained-classifiers.py',
    'versions': {'python': sys.version.split()[0], 'torch': torch.__version__, 'numpy': np.__version__},
    'train': {'images': train.ravel().tolist(), 'labels': train_labels.tolist()},
    'test': {'images': test.ravel().tolist(), 'labels': test_labels.tolist()},
    'encoder': state,
    'probes': [
        fit({**cosine, 'learningRate': 30, 'nesterov': True, 'weightDecay': 0}),
        fit({**cosine, 'learningRate': 20, 'nesterov': False, 'weightDecay': 1e-2}),
        fit({**steps, 'learningRate': 30, 'nesterov': False, 'weightDecay': 0}),
    ],
    'fineTuned': [
        fit({**cosine, 'learningRate': 20, 'encoderLearningRate': 2, 'batchNorm': 'train', 'nesterov': True, 'weightDecay': 0}, encoder()),
        fit({**cosine, 'learningRate': 20, 'encoderLearningRate': 2, 'batchNorm': 'eval', 'nesterov': True, 'weightDecay': 0}, encoder()),
        fit({**steps, 'learningRate': 10, 'encoderLearningRate': 5, 'batchNorm': 'train', 'nesterov': False, 'weightDecay': 1e-3}, encoder()),
    ],
}, sys.stdout)
print()
