"""
The training step of step.ts in PyTorch, eager and channels-last. Reads a network, a batch and a precision a line (`resnet18 64 bfloat16`) and
answers seconds; `memory` answers the process's peak of resident memory in MiB.
"""
import sys, time
import torch
from torch import nn


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample = None
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = torch.relu_(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        y += x if self.downsample is None else self.downsample(x)
        return torch.relu_(y)


class Net(nn.Module):
    def __init__(self, widths, blocks):
        super().__init__()
        self.conv1 = nn.Conv2d(3, widths[0], 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(widths[0])
        layers, inputs = [], widths[0]
        for stage, width in enumerate(widths):
            for block in range(blocks):
                layers.append(Block(inputs, width, 2 if stage > 0 and block == 0 else 1))
                inputs = width
        self.layers = nn.Sequential(*layers)

    def forward(self, x):
        return self.layers(torch.relu_(self.bn1(self.conv1(x)))).mean((2, 3))


nets = {'resnet18': ([64, 128, 256, 512], 2), 'small': ([16, 32, 64], 3)}
torch.set_num_threads(int(sys.argv[1]))
print(torch.__version__, flush=True)
ready = {}
for line in sys.stdin:
    if line.strip() == 'memory':
        # not getrusage: its peak is never below what the parent held when it started this process
        print(next(int(row.split()[1]) / 1024 for row in open('/proc/self/status') if row.startswith('VmHWM')), flush=True)
        continue
    name, views, precision = line.split()
    if line not in ready:
        model = Net(*nets[name]).to(memory_format=torch.channels_last)
        x = torch.rand(int(views), 3, 32, 32).contiguous(memory_format=torch.channels_last)
        ready[line] = (model, x, torch.optim.SGD(model.parameters(), lr=0.01))
    model, x, optimizer = ready[line]
    start = time.perf_counter()
    optimizer.zero_grad()
    with torch.autocast('cpu', dtype=torch.bfloat16, enabled=precision == 'bfloat16'):
        features = model(x)
    loss = (features.float() ** 2).mean()
    loss.backward()
    optimizer.step()
    loss.item()
    print(time.perf_counter() - start, flush=True)
