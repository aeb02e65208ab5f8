import io, json, base64, sys, PIL
import numpy as np
from PIL import Image
def save(im, fmt, **k):
    b = io.BytesIO(); im.save(b, fmt, **k); return base64.b64encode(b.getvalue()).decode()
y, x = np.mgrid[0:3, 0:5]
g = (10 + 15 * x + 60 * y).astype(np.uint8)
out = []
def case(name, ending, im, fmt, expected, **k):
    out.append({'name': name, 'ending': ending, 'file': save(im, fmt, **k), 'expected': expected})
grey = g.ravel().tolist()
bits = np.where((x + y) % 2 == 0, 255, 0).astype(np.uint8)
case('float', 'tif', Image.fromarray(g.astype(np.float32) / 255, 'F'), 'TIFF', None)
case('int32', 'tif', Image.fromarray(g.astype(np.int32) * 1000, 'I'), 'TIFF', None)
case('16 bits', 'tif', Image.fromarray(g.astype(np.uint16) * 257), 'TIFF', grey)
case('16 bits', 'png', Image.fromarray(g.astype(np.uint16) * 257), 'PNG', grey)
case('1 bit', 'png', Image.fromarray(bits).convert('1'), 'PNG', bits.ravel().tolist())
case('1 bit', 'tif', Image.fromarray(bits).convert('1'), 'TIFF', bits.ravel().tolist())
case('1 bit, by CCITT', 'tif', Image.fromarray(bits).convert('1'), 'TIFF', bits.ravel().tolist(), compression='group4')
case('packed', 'tif', Image.fromarray(g), 'TIFF', grey, compression='packbits')
case('grey', 'gif', Image.fromarray(g), 'GIF', grey)
p = Image.fromarray(g).convert('P')
case('a palette with a transparent colour', 'png', p, 'PNG', [255 if v == 10 else v for v in grey], transparency=10)
case('grey with a transparent value', 'png', Image.fromarray(g), 'PNG', [255 if v == 25 else v for v in grey], transparency=25)
json.dump({'program': 'formats.py', 'versions': {'pillow': PIL.__version__, 'python': sys.version.split()[0]}, 'cases': out}, sys.stdout, indent=1)
