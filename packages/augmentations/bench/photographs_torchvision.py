"""SimCLR's views of 224 pixels by torchvision's transforms of PIL images, on one core. Reads a size and a blur a line, answers seconds a view."""
import random, sys, time
import numpy as np
import PIL
import torch
import torchvision
from PIL import Image, ImageFilter
from torchvision import transforms as T

torch.set_num_threads(1)
print(f'{torchvision.__version__}, PIL {PIL.__version__}', flush=True)


class PilBlur:
    """As in the code of MoCo, SimSiam and Barlow Twins: three box filters."""

    def __call__(self, image):
        return image.filter(ImageFilter.GaussianBlur(random.uniform(0.1, 2)))


blurs = {'torchvision': T.GaussianBlur(23, (0.1, 2)), 'pil': PilBlur()}


def pictures(height, width, count):
    """The same as those of photographs.ts."""
    y, x = np.mgrid[0:height, 0:width]
    noise = np.random.default_rng(1).uniform(-8, 8, (count, height, width, 3))
    images = []
    for i in range(count):
        planes = [128 + 80 * np.sin(x / 5 + i + c) + 60 * np.cos(y / 7 + i * c) for c in range(3)]
        images.append(Image.fromarray(np.clip(np.stack(planes, -1) + noise[i], 0, 255).astype(np.uint8)))
    return images


ready = {}
for line in sys.stdin:
    height, width, count, blur = line.split()
    if line not in ready:
        view = T.Compose([
            T.RandomResizedCrop(224, interpolation=T.InterpolationMode.BICUBIC),
            T.RandomHorizontalFlip(),
            T.RandomApply([T.ColorJitter(0.8, 0.8, 0.8, 0.2)], 0.8),
            T.RandomGrayscale(0.2),
            T.RandomApply([blurs[blur]], 0.5),
            T.ToTensor(),
        ])
        ready[line] = (view, pictures(int(height), int(width), int(count)))
    view, images = ready[line]
    start = time.perf_counter()
    for image in images:
        torch.stack([view(image), view(image)])
    print((time.perf_counter() - start) / (2 * len(images)), flush=True)
