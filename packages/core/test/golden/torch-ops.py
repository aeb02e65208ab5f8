"""Values and gradients of torch's convolution, max pooling and batch norm, in Kindred's layouts (NHWC, HWIO).

    pip install torch && python torch-ops.py > torch-ops.json
"""
import json

import torch
import torch.nn.functional as F

torch.manual_seed(3)


def saved(tensor):
    return {"shape": list(tensor.shape), "values": [round(value, 7) for value in tensor.detach().flatten().tolist()]}


def last(x):
    return x.permute(0, 2, 3, 1)


def convolution(height, width, size, stride, padding):
    x = torch.randn(2, 2, height, width).round(decimals=3).requires_grad_()
    w = torch.randn(3, 2, size, size).round(decimals=3).requires_grad_()
    y = F.conv2d(x, w, stride=stride, padding=padding)
    dy = torch.randn_like(y).round(decimals=3)
    y.backward(dy)
    hwio = lambda t: t.permute(2, 3, 1, 0)
    return {"stride": stride, "padding": padding, "x": saved(last(x)), "filter": saved(hwio(w)), "dy": saved(last(dy)),
            "y": saved(last(y)), "dx": saved(last(x.grad)), "dfilter": saved(hwio(w.grad))}


def pooling(height, width, size, stride, padding):
    x = (torch.randn(2, 2, height, width) - 1).round(decimals=3).requires_grad_()  # mostly negative: zeros of padding would win
    y = F.max_pool2d(x, size, stride=stride, padding=padding)
    dy = torch.randn_like(y).round(decimals=3)
    y.backward(dy)
    return {"size": size, "stride": stride, "padding": padding, "x": saved(last(x)), "dy": saved(last(dy)),
            "y": saved(last(y)), "dx": saved(last(x.grad))}


def normalisation(shape):
    x = (2 * torch.randn(shape) + 1).round(decimals=3).requires_grad_()
    scale = torch.randn(shape[1]).round(decimals=3).requires_grad_()
    offset = torch.randn(shape[1]).round(decimals=3).requires_grad_()
    mean, variance = torch.zeros(shape[1]), torch.zeros(shape[1])
    y = F.batch_norm(x, mean, variance, scale, offset, training=True, momentum=1.0, eps=1e-5)
    dy = torch.randn_like(y).round(decimals=3)
    y.backward(dy)
    count = x.numel() // shape[1]
    move = last if len(shape) == 4 else (lambda t: t)
    return {"epsilon": 1e-5, "x": saved(move(x)), "scale": saved(scale), "offset": saved(offset), "dy": saved(move(dy)),
            "y": saved(move(y)), "mean": saved(mean), "variance": saved(variance * (count - 1) / count),
            "dx": saved(move(x.grad)), "dscale": saved(scale.grad), "doffset": saved(offset.grad)}


print(json.dumps({
    "program": "torch-ops.py",
    "versions": {"torch": torch.__version__},
    # relative to 1 + |value|: float32, sums of up to 98 products
    "tolerance": 5e-6,
    "convolutions": [convolution(*case) for case in
                     [(6, 5, 3, 1, 1), (6, 6, 3, 2, 1), (7, 5, 3, 2, 1), (5, 6, 1, 2, 0), (9, 8, 7, 2, 3), (4, 5, 3, 1, 0)]],
    "poolings": [pooling(*case) for case in [(6, 6, 3, 2, 1), (7, 5, 3, 2, 1), (6, 4, 2, 2, 0)]],
    "normalisations": [normalisation((3, 2, 4, 3)), normalisation((6, 3))],
}))
