"""Features, moving statistics and gradients of torchvision's ResNets, in float64: python resnets.py > resnets.json

Weights and images come from a formula that test/formula.ts repeats, so that no weights are stored.
"""
import json, sys
import numpy as np, torch, torchvision
from torchvision.models.resnet import BasicBlock, Bottleneck


def noise(name, size):
    """Numbers in [-1, 1): the index and the name's FNV-1a hash through the finaliser of MurmurHash3."""
    seed = 0x811C9DC5
    for byte in name.encode():
        seed = ((seed ^ byte) * 0x01000193) & 0xFFFFFFFF
    x = (np.arange(size, dtype=np.uint64) * 0x9E3779B9 + seed).astype(np.uint32)
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35), (16, 1)):
        x = (x ^ (x >> np.uint32(shift))) * np.uint32(factor)
    return x.astype(np.float64) / 2**31 - 1


def formula(name, shape):
    u = noise(name, int(np.prod(shape)))
    if len(shape) == 4:  # He by fan out
        u = u * np.sqrt(6 / (shape[0] * shape[2] * shape[3]))
    elif name.endswith('running_var'):
        u = 1 + 0.5 * u
    elif name.endswith('weight') and len(shape) == 1:
        u = 1 + 0.25 * u
        if name.endswith('bn3.weight'):  # blocks near the identity: else rounding alone costs 5 % of ResNet-50's gradients
            u = 0.25 * u
    else:
        u = 0.1 * u
    return torch.tensor(u.astype(np.float32).reshape(shape)).double()


def down(inputs, outputs, stride):
    return torch.nn.Sequential(torch.nn.Conv2d(inputs, outputs, 1, stride, bias=False), torch.nn.BatchNorm2d(outputs))


class Small(torch.nn.Module):
    """Basic blocks of torchvision behind a strided 5x5 stem."""

    def __init__(self):
        super().__init__()
        self.conv1 = torch.nn.Conv2d(1, 8, 5, 2, 2, bias=False)
        self.bn1 = torch.nn.BatchNorm2d(8)
        self.layer1 = torch.nn.Sequential(BasicBlock(8, 8), BasicBlock(8, 8))
        self.layer2 = torch.nn.Sequential(BasicBlock(8, 12, 2, down(8, 12, 2)))

    def forward(self, x):
        return self.layer2(self.layer1(torch.relu(self.bn1(self.conv1(x))))).mean((2, 3))


class SmallBottleneck(torch.nn.Module):
    """Bottlenecks of torchvision behind its stem."""

    def __init__(self):
        super().__init__()
        self.conv1 = torch.nn.Conv2d(3, 8, 7, 2, 3, bias=False)
        self.bn1 = torch.nn.BatchNorm2d(8)
        self.layer1 = torch.nn.Sequential(Bottleneck(8, 4, 1, down(8, 16, 1)), Bottleneck(16, 4))
        self.layer2 = torch.nn.Sequential(Bottleneck(16, 6, 2, down(16, 24, 2)))

    def forward(self, x):
        x = torch.nn.functional.max_pool2d(torch.relu(self.bn1(self.conv1(x))), 3, 2, 1)
        return self.layer2(self.layer1(x)).mean((2, 3))


def cifar():
    model = torchvision.models.resnet18()
    model.conv1 = torch.nn.Conv2d(3, 64, 3, 1, 1, bias=False)
    model.maxpool = torch.nn.Identity()
    return model


def short(values):
    return [float(f'{v:.7g}') for v in np.asarray(values).ravel()]


def record(model, shape, every):
    """shape is [N, H, W, C]; features are thinned to every so many."""
    model = model.double()
    if hasattr(model, 'fc'):
        model.fc = torch.nn.Identity()
    for name, value in list(model.named_parameters()) + list(model.named_buffers()):
        if not name.endswith('num_batches_tracked'):
            value.data.copy_(formula(name, tuple(value.shape)))
    images = noise('images', int(np.prod(shape))).astype(np.float32).astype(np.float64).reshape(shape) / 2 + 0.5
    x = torch.tensor(images).permute(0, 3, 1, 2)
    model.eval()
    with torch.no_grad():
        features = model(x).numpy()
    model.train()
    trained = model(x)
    probe = torch.tensor(noise('probe', trained.numel())).reshape(trained.shape)
    (trained * probe).mean().backward()
    dot = lambda name, value: float((value * noise(f'probe.{name}', value.size).reshape(value.shape)).sum())
    return {
        'shape': list(shape),
        'every': every,
        'evalFeatures': short(features.ravel()[::every]),
        'trainFeatures': short(trained.detach().numpy().ravel()[::every]),
        'buffers': {n: short([dot(n, b.numpy()), np.linalg.norm(b.numpy())])
                    for n, b in model.named_buffers() if not n.endswith('num_batches_tracked')},
        'gradients': {n: short([dot(n, p.grad.numpy()), np.linalg.norm(p.grad.numpy())]) for n, p in model.named_parameters()},
        'conv1Gradient': short(model.conv1.weight.grad.numpy().ravel()[::7]),
    }


json.dump({
    "program": "resnets.py",
    'versions': {'python': sys.version.split()[0], 'torch': torch.__version__, 'torchvision': torchvision.__version__, 'numpy': np.__version__},
    'networks': {
        'small': record(Small(), (3, 14, 14, 1), 1),
        'small-bottleneck': record(SmallBottleneck(), (3, 22, 22, 3), 1),
        'resnet18-cifar': record(cifar(), (2, 16, 16, 3), 3),
        'resnet18': record(torchvision.models.resnet18(), (4, 64, 64, 3), 5),
        'resnet50': record(torchvision.models.resnet50(), (3, 64, 64, 3), 11),
    },
}, sys.stdout)
