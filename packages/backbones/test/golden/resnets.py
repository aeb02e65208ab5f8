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


class Residual(torch.nn.Module):
    """torchvision's stem for 224 pixels and its blocks, in any widths: what a width multiplier makes of a ResNet."""

    def __init__(self, block, width, blocks):
        super().__init__()
        self.conv1 = torch.nn.Conv2d(3, width, 7, 2, 3, bias=False)
        self.bn1 = torch.nn.BatchNorm2d(width)
        inputs = width
        for s, count in enumerate(blocks):
            inside, stride = width * 2**s, 1 if s == 0 else 2
            outputs = inside * block.expansion
            first = block(inputs, inside, stride, down(inputs, outputs, stride) if stride > 1 or inputs != outputs else None)
            setattr(self, f'layer{s + 1}', torch.nn.Sequential(first, *[block(outputs, inside) for _ in range(count - 1)]))
            inputs = outputs

    def forward(self, x):
        x = torch.nn.functional.max_pool2d(torch.relu(self.bn1(self.conv1(x))), 3, 2, 1)
        return self.layer4(self.layer3(self.layer2(self.layer1(x)))).mean((2, 3))


class SplitBatchNorm2d(torch.nn.BatchNorm2d):
    """Statistics of each run of rows; the moving ones follow the mean of the groups' means and unbiased variances."""

    splits = 3

    def forward(self, x):
        if not self.training:
            return super().forward(x)
        n, c, h, w = x.shape
        # groups beside one another as channels, so that torch itself normalises and moves the statistics of each
        beside = x.reshape(self.splits, n // self.splits, c, h, w).permute(1, 0, 2, 3, 4).reshape(n // self.splits, self.splits * c, h, w)
        mean, var = self.running_mean.repeat(self.splits), self.running_var.repeat(self.splits)
        y = torch.nn.functional.batch_norm(beside, mean, var, self.weight.repeat(self.splits), self.bias.repeat(self.splits), True, self.momentum, self.eps)
        self.running_mean.copy_(mean.reshape(self.splits, c).mean(0))
        self.running_var.copy_(var.reshape(self.splits, c).mean(0))
        return y.reshape(n // self.splits, self.splits, c, h, w).permute(1, 0, 2, 3, 4).reshape(x.shape)


def split_small():
    model = Small()
    for parent in list(model.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, torch.nn.BatchNorm2d):
                setattr(parent, name, SplitBatchNorm2d(child.num_features))
    return model


def facts(depth):
    """What torchvision itself counts and begins with."""
    model = getattr(torchvision.models, f'resnet{depth}')(zero_init_residual=True)
    zero = [n for n, p in model.named_parameters() if n.endswith('weight') and not p.any()]
    dimension = model.fc.in_features
    model.fc = torch.nn.Identity()
    return {'parameters': sum(p.numel() for p in model.parameters()), 'dimension': dimension, 'zeroInitResidual': zero}


def cifar():
    model = torchvision.models.resnet18()
    model.conv1 = torch.nn.Conv2d(3, 64, 3, 1, 1, bias=False)
    model.maxpool = torch.nn.Identity()
    return model


def short(values):
    return [float(f'{v:.7g}') for v in np.asarray(values).ravel()]


def record(model, shape, every, frozen=()):
    """shape is [N, H, W, C]; features are thinned to every so many. What is frozen has no gradients, and its batch norms stay in eval."""
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
    for name in frozen:
        getattr(model, name).eval().requires_grad_(False)
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
        'gradients': {n: short([dot(n, p.grad.numpy()), np.linalg.norm(p.grad.numpy())]) for n, p in model.named_parameters() if p.requires_grad},
        'conv1Gradient': short(model.conv1.weight.grad.numpy().ravel()[::7]) if model.conv1.weight.requires_grad else [],
    }


json.dump({
    "program": "resnets.py",
    'versions': {'python': sys.version.split()[0], 'torch': torch.__version__, 'torchvision': torchvision.__version__, 'numpy': np.__version__},
    'networks': {
        'small': record(Small(), (3, 14, 14, 1), 1),
        'small-bottleneck': record(SmallBottleneck(), (3, 22, 22, 3), 1),
        'small-frozen': record(Small(), (3, 14, 14, 1), 1, frozen=('layer1',)),
        'small-split': record(split_small(), (6, 14, 14, 1), 1),
        'resnet18-narrow': record(Residual(BasicBlock, 8, [2, 2, 2, 2]), (4, 64, 64, 3), 1),
        # of three images: of four an activation is so near 0 that rounding changes its sign, and with it the gradients by 5 %
        'resnet18-frozen': record(Residual(BasicBlock, 8, [2, 2, 2, 2]), (3, 64, 64, 3), 1, frozen=('conv1', 'bn1', 'layer1', 'layer2')),
        'resnet50-narrow': record(Residual(Bottleneck, 4, [3, 4, 6, 3]), (4, 64, 64, 3), 1),
        'resnet18-cifar': record(cifar(), (2, 16, 16, 3), 3),
        'resnet18': record(torchvision.models.resnet18(), (4, 64, 64, 3), 5),
        'resnet50': record(torchvision.models.resnet50(), (3, 64, 64, 3), 11),
    },
    'facts': {depth: facts(depth) for depth in (18, 34, 50, 101, 152)},
}, sys.stdout)
