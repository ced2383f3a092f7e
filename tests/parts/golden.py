"""Golden images: what a widget looked like when somebody looked at it and found it right.

``KINGFISHER_GOLDEN=write`` keeps what is painted now as the new truth; look at it before it is committed.
"""

import os
import tempfile
from pathlib import Path

import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget

FOLDER = Path(__file__).resolve().parents[1] / "golden"
NEAR = 40  # of 255 in one channel: what two builds of one font library differ by
STRAY = 24  # pixels that may differ by more: an outline's antialiasing, never a thing that moved


def grab(widget: QWidget) -> QImage:
    """The widget as it is painted, one pixel for each of the design's."""
    return widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)


def check(image: QImage, name: str) -> None:
    """Fails when the image differs from the one kept under this name; writes the new one beside the test's output."""
    kept = FOLDER / f"{name}.png"
    if os.environ.get("KINGFISHER_GOLDEN") == "write":
        FOLDER.mkdir(exist_ok=True)
        assert image.save(str(kept))
        return
    truth = QImage(str(kept)).convertToFormat(QImage.Format.Format_RGB888)
    assert not truth.isNull(), f"{kept.name} is not there; make it with KINGFISHER_GOLDEN=write"
    assert truth.size() == image.size(), f"{name}: {image.size()}, not {truth.size()}"
    strays = differing(truth, image)
    if strays > STRAY:
        new = Path(tempfile.gettempdir()) / f"{name}-new.png"
        image.save(str(new))
        pytest.fail(f"{name}: {strays} pixels differ from {kept.name}; see {new}", pytrace=False)


def differing(one: QImage, two: QImage) -> int:
    """How many pixels of two images of one size are not near to each other."""
    width = one.width() * 3
    count = 0
    for row in range(one.height()):
        first, second = bytes(one.constScanLine(row))[:width], bytes(two.constScanLine(row))[:width]
        if first == second:
            continue
        for at in range(0, width, 3):
            if any(abs(first[at + channel] - second[at + channel]) > NEAR for channel in range(3)):
                count += 1
    return count
