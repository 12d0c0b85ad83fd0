"""Makes the picture of the ledger's report, as a desktop and as a phone show it: `python -m docs.report_picture`, at the top.

The ledger is a drawn one, of the tests. Needs Chromium, and what the tests need; Pillow comes with matplotlib.
"""

import io
import tempfile
from pathlib import Path

from PIL import Image

from tests.browser import browser
from tests.pages import made, shown

OUT = Path(__file__).parent / "ledger-report.png"
DESKTOP, PHONE, HEIGHT, GAP = 960, 360, 1_560, 24
COLOURS = 128
"""Enough for flat colours and smooth letters, at a fifth of the bytes."""


def main() -> None:
    sheet = Image.new("RGB", (DESKTOP + GAP + PHONE, HEIGHT), "white")
    with tempfile.TemporaryDirectory() as folder, browser() as page:
        file = Path(folder) / "report.html"
        file.write_text(shown(made()), encoding="utf-8")
        for left, width in ((0, DESKTOP), (DESKTOP + GAP, PHONE)):
            page.open(file.as_uri(), width)
            sheet.paste(Image.open(io.BytesIO(page.picture(HEIGHT))), (left, 0))
    sheet.quantize(COLOURS, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(OUT, optimize=True)


if __name__ == "__main__":
    main()
