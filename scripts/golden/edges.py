"""Writes test/golden/image/edges.json: the edges that OpenCV finds in pictures of this folder's neighbours, and in
hard ones given by formulas, and the strokes that are darker than their surroundings by a difference of Gaussians.

python scripts/golden/edges.py
Needs: opencv-python-headless 5, numpy, pillow (PyPI).
"""
import base64, json, os

import cv2, numpy as np
from PIL import Image

GOLDEN = os.path.join(os.path.dirname(__file__), "../../test/golden")


def packed(mask):
    return base64.b64encode(np.packbits(mask).tobytes()).decode()


def strokes(rgb):
    """How much darker each pixel is than its surroundings, by OpenCV's blurs."""
    soft, sharp = (cv2.GaussianBlur(rgb.astype(np.float32), (0, 0), sigma) for sigma in (5.0, 0.5))
    return np.min(soft - sharp, axis=2)


def formula(width, height):
    """[height, width, 3]: gradients in every direction, slow and fast ones, and plateaus whose ends tie."""
    y, x, c = np.mgrid[0:height, 0:width, 0:3]
    slow = 96 + (x * 5 + y * 3 * (c + 1)) % 64
    waves = ((x - 20) ** 2 + (y - 15) ** 2) // (7 + c) % 120
    return np.where(y % 32 < 16, slow + waves, (slow // 16) * 16 + (x // 8 % 2) * 90).clip(0, 255).astype(np.uint8)


pictures = [("sprite/wide.png",), ("sprite/00-a-happy-dog.png",), ("families/init-128x128.png",),
    ("families/sd1/wide.png",), (97, 61), (64, 64), (1, 1), (7, 1), (2, 9)]
cases, scribbles = [], []
for source in pictures:
    if isinstance(source[0], str):
        rgb = np.asarray(Image.open(os.path.join(GOLDEN, source[0])).convert("RGB"))
        where = {"file": source[0]}
    else:
        rgb, where = formula(*source), {"width": source[0], "height": source[1]}
    darker = strokes(rgb)
    print(source, f"{(darker > 16).mean():.1%} strokes, nearest to the threshold {abs(darker - 16).min():.2g}")
    scribbles.append({**where, "strokes": packed(darker > 16)})
    for low, high in ((100, 200), (40, 90)):
        edges = cv2.Canny(np.ascontiguousarray(rgb), low, high)
        print(source, low, high, f"{(edges > 0).mean():.1%} edges")
        cases.append({**where, "low": low, "high": high, "edges": packed(edges > 0)})
with open(os.path.join(GOLDEN, "image/edges.json"), "w") as file:
    json.dump({"opencv": cv2.__version__, "cases": cases, "scribbles": scribbles}, file, indent=1)
    file.write("\n")
