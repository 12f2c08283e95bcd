"""Writes test/golden/image/resize.json and resize-bicubic.json: what Pillow's Lanczos and bicubic filters make of a
picture given by a formula.

python scripts/golden/resize.py
Needs: pillow 13 or later, numpy (PyPI).
"""
import base64, json, os

import numpy as np
from PIL import Image, __version__

WIDTH, HEIGHT = 53, 37


def source():
    """[37, 53, 3]: hard edges and every value, so that rounding and overshoot show."""
    y, x, c = np.mgrid[0:HEIGHT, 0:WIDTH, 0:3]
    return ((x * x * 3 + y * 7 * (c + 1) + x * y) & 255).astype(np.uint8)


picture = Image.fromarray(source())
# Pillow 13 begins with the height in (50, 20), (60, 8) and (52, 34); not in (43, 17), where 20 rows go with 10 columns.
sizes = [(16, 16), (53, 20), (20, 37), (96, 80), (8, 72), (1, 1), (53, 37), (50, 20), (60, 8), (52, 34), (43, 17)]
for name, resample in (("resize", Image.LANCZOS), ("resize-bicubic", Image.BICUBIC)):
    cases = [
        {"width": w, "height": h, "rgb": base64.b64encode(picture.resize((w, h), resample).tobytes()).decode()}
        for w, h in sizes
    ]
    path = os.path.join(os.path.dirname(__file__), f"../../test/golden/image/{name}.json")
    with open(path, "w") as file:
        json.dump({"pillow": __version__, "width": WIDTH, "height": HEIGHT, "cases": cases}, file, indent=1)
        file.write("\n")
