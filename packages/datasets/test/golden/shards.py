"""Makes shards.json: small tar files in each format, where their members lie, and the samples that the package webdataset
reads from them.

    pip install webdataset pillow numpy && python shards.py > shards.json
"""
import base64
import importlib.metadata
import io
import json
import os
import sys
import tarfile
import tempfile
import zlib

import webdataset
from PIL import Image

long = "a-folder-with-a-name-that-is-long/" * 5


def png(shade):
    out = io.BytesIO()
    Image.new("RGB", (2, 2), (shade, shade, shade)).save(out, "PNG")
    return out.getvalue()


files = [
    ("000000.png", png(0)),
    ("000000.cls", b"3"),
    ("deep.er/000001.PNG", png(10)),
    ("deep.er/000001.cls", b"0\n"),
    (long + "000002.png", png(20)),
    (long + "000002.cls", b"7"),
    ("sch\u00f6n/000003.png", png(30)),
    ("sch\u00f6n/000003.cls", b"1"),
    ("000004.png", png(40)),
    ("000004.cls", b"2"),
    ("000004.json", b'{"label": "ship", "width": 2}'),
]
cases = []
for name, form in [("ustar", tarfile.USTAR_FORMAT), ("gnu", tarfile.GNU_FORMAT), ("pax", tarfile.PAX_FORMAT)]:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        folder = tarfile.TarInfo("deep.er")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
        for path, data in files:
            if name == "ustar" and path.startswith(long):
                path = path[len(long) - 100 :]
            info = tarfile.TarInfo(path)
            info.size = len(data)
            info.mtime = 1.5 if name == "pax" else 1
            archive.addfile(info, io.BytesIO(data))
        link = tarfile.TarInfo("link.png")
        link.type = tarfile.SYMTYPE
        link.linkname = "000000.png"
        archive.addfile(link)
    content = out.getvalue()
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        members = [[m.name, m.offset_data, m.size] for m in archive.getmembers() if m.isfile()]
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "shard.tar")
        with open(path, "wb") as file:
            file.write(content)
        samples = [
            [sample["__key__"], int(sample["cls"]), Image.open(io.BytesIO(sample["png"])).getpixel((0, 0))[0]]
            for sample in webdataset.WebDataset(path, shardshuffle=False)
        ]
    cases.append(
        {
            "format": name,
            "tar": base64.b64encode(zlib.compress(content, 9)).decode(),
            "members": members,
            "samples": samples,
        }
    )
versions = {
    "webdataset": importlib.metadata.version("webdataset"),
    "pillow": importlib.metadata.version("pillow"),
    "python": sys.version.split()[0],
}
print(json.dumps({"versions": versions, "cases": cases}))
