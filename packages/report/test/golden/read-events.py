"""Writes events.json beside this file: an event file of tensorBoardEvents as TensorBoard's own reader reads it.

    node --conditions=@kindred/source --import tsx packages/report/test/golden/make-events.ts > input.json
    python read-events.py input.json            (with tensorboard installed)
"""
import base64
import json
import pathlib
import sys
import tempfile

import google.protobuf
import tensorboard
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

made = json.load(open(sys.argv[1]))
with tempfile.TemporaryDirectory() as folder:
    (pathlib.Path(folder) / "events.out.tfevents.kindred").write_bytes(base64.b64decode(made["file"]))
    accumulator = EventAccumulator(folder)
    accumulator.Reload()
    tags = accumulator.Tags()["scalars"]
    read = {tag: [{"step": event.step, "value": event.value} for event in accumulator.Scalars(tag)] for tag in tags}

versions = {"program": "make-events.ts, read-events.py", "tensorboard": tensorboard.__version__, "protobuf": google.protobuf.__version__}
content = {"made": versions, **made, "read": read}
(pathlib.Path(__file__).parent / "events.json").write_text(json.dumps(content) + "\n")
