"""A file written by the Python package safetensors, with every type that Kindred reads.

    pip install safetensors torch numpy && python python-safetensors.py > python-safetensors.json
"""
import base64
import json

import safetensors
import torch
from safetensors.torch import save

tensors = {
    "float32": torch.tensor([[1.5, -2.25, 3e-38], [float("inf"), -0.0, 1e38]]),
    "float64": torch.tensor([0.1, -1e300], dtype=torch.float64),
    "float16": torch.tensor([1.5, -0.000061, 6e-8, 65504, float("-inf")], dtype=torch.float16),
    "bfloat16": torch.tensor([1.5, -3.140625, 1e-40, 3e38], dtype=torch.bfloat16),
    "int32": torch.tensor([[-(2**31)], [2**31 - 1]], dtype=torch.int32),
    "int64": torch.tensor([-7, 2**31 - 1]),
    "uint8": torch.tensor([0, 255, 3], dtype=torch.uint8),
    "bool": torch.tensor([True, False]),
    "scalar": torch.tensor(42, dtype=torch.int64),
    "empty": torch.zeros(0, 3),
}
file = save(tensors, metadata={"format": "pt", "übung": "naïve ✓"})


def number(value):
    return value if value == value and abs(value) != float("inf") else str(value)


print(json.dumps({
    "program": "python-safetensors.py",
    "versions": {"safetensors": safetensors.__version__, "torch": torch.__version__},
    "base64": base64.b64encode(file).decode(),
    "tensors": {name: {"shape": list(value.shape), "values": [number(v) for v in value.double().flatten().tolist()]}
                for name, value in tensors.items()},
}))
