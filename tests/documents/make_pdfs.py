"""Print report.html with Chromium, as the PDF files beside it that the tests read.

Run it again only when report.html changes: ``python tests/documents/make_pdfs.py chromium``. The
fonts are Noto Sans Bengali and Lohit Bengali, both under the SIL Open Font License.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
OPTIONS = ("--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer")


# So narrow that a name and a place are divided at the ends of lines.
NARROW = """<!doctype html><meta charset="utf-8">
<style>@page { size: A6 } p { font: 14pt "Noto Sans Bengali"; width: 7.4em }</style>
<p>কালি পুৱা ৰমেন দাস আৰু গুৱা&shy;হাটীত থকা সংঘ আহিল।</p>"""


def print_pdf(browser: str, page: Path, output: Path) -> None:
    """Print one page."""
    command = [browser, *OPTIONS, f"--print-to-pdf={output}", page.as_uri()]
    subprocess.run(command, check=True, capture_output=True)


def main(browser: str) -> None:
    """Print the report as it is and in two columns in another font, and the narrow page."""
    report = FOLDER / "report.html"
    print_pdf(browser, report, FOLDER / "report.pdf")
    columns = report.read_text("utf-8").replace(
        '"Noto Sans Bengali"; text-align: justify', '"Lohit Bengali"; columns: 2'
    )
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "columns.html"
        page.write_text(columns.replace("size: A5", "size: A4"), "utf-8")
        print_pdf(browser, page, FOLDER / "columns.pdf")
        page.write_text(NARROW, "utf-8")
        print_pdf(browser, page, FOLDER / "narrow.pdf")


if __name__ == "__main__":
    main(sys.argv[1])
