"""Five steps of torch.optim.SGD and AdamW over three tensors, with a learning rate that changes.

    pip install torch && python torch-optimizers.py > torch-optimizers.json
"""
import json

import torch

torch.manual_seed(20)
shapes = {"conv.weight": [2, 2, 3, 2], "fc.weight": [3, 4], "bn.bias": [5]}
rates = [0.1, 0.3, 0.2, 0.05, 0.01]
initial = {name: torch.randn(shape) for name, shape in shapes.items()}
gradients = [{name: torch.randn(shape) for name, shape in shapes.items()} for _ in rates]
runs = {
    "sgd": (torch.optim.SGD, dict(momentum=0, weight_decay=0)),
    "sgdMomentum": (torch.optim.SGD, dict(momentum=0.9, weight_decay=0.05)),
    "sgdNesterov": (torch.optim.SGD, dict(momentum=0.8, weight_decay=0.05, nesterov=True)),
    "adamW": (torch.optim.AdamW, dict(betas=(0.9, 0.99), eps=1e-3, weight_decay=0.1)),
}


def flat(tensors):
    return {name: tensor.detach().flatten().tolist() for name, tensor in tensors.items()}


def trained(make, options):
    parameters = {name: value.clone().requires_grad_() for name, value in initial.items()}
    optimizer = make(parameters.values(), lr=rates[0], **options)
    values = []
    for rate, step in zip(rates, gradients):
        optimizer.param_groups[0]["lr"] = rate
        for name, parameter in parameters.items():
            parameter.grad = step[name].clone()
        optimizer.step()
        values.append(flat(parameters))
    return values


print(json.dumps({
    "program": "torch-optimizers.py",
    "versions": {"torch": torch.__version__},
    # relative to 1 + |w|: float32, the order of operations differs
    "tolerance": 1e-6,
    "shapes": shapes,
    "rates": rates,
    "initial": flat(initial),
    "gradients": [flat(step) for step in gradients],
    "parameters": {name: trained(*run) for name, run in runs.items()},
}))
