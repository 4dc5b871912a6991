"""A real Chromium on the page, which says what the page did wrong."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def chromium() -> Iterator[Any]:
    """A browser; skips where there is none."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="needs playwright")
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
    if found is None:
        pytest.skip("needs Chromium: no chromium on the PATH")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=_ARGUMENTS)
        yield browser
        browser.close()


@dataclass
class Watch:
    """A page, every request it made, and every complaint of the browser."""

    page: Any
    origin: str
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._on_console)

    def _on_console(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def forget_refusals(self) -> None:
        """Take back what the browser says of answers that a test made fail."""
        self.complaints = [one for one in self.complaints if "Failed to load" not in one]

    def check(self) -> None:
        """Nothing left the origin, and the browser had nothing to say."""
        own = (self.origin + "/", f"blob:{self.origin}/", "data:")
        assert [url for url in self.requests if not url.startswith(own)] == []
        assert self.complaints == []

    # What people do.

    def write(self, text: str) -> None:
        """Replace the text, as pasting does, and wait until it is read."""
        self.page.locator("#text").fill(text)
        self.settle()

    def settle(self) -> None:
        """Wait until nothing is asked of the server."""
        self.page.wait_for_timeout(300)
        self.until("!document.querySelector('#sheet').matches('.is-busy')")

    def until(self, script: str) -> None:
        """Wait until a script says true; the page's policy forbids the browser's own waiting."""
        for _ in range(200):
            if self.page.evaluate(script):
                return
            self.page.wait_for_timeout(40)
        raise AssertionError(script)

    def marks(self) -> list[tuple[str, str]]:
        """The marks of the page: what is marked, and as what."""
        found: list[list[str]] = self.page.evaluate(
            """() => [...document.querySelectorAll("#layer mark")].map((mark) => {
                const chip = mark.querySelector(".chip");
                const label = chip.firstChild.textContent;
                return [mark.textContent.slice(chip.textContent.length), label];
            })"""
        )
        return [(text, label) for text, label in found]

    def select(self, word: str) -> None:
        """Select a part of the text with the keyboard's own event behind it."""
        self.page.evaluate(
            """(word) => {
                const input = document.querySelector("#text");
                const start = input.value.indexOf(word);
                input.focus();
                input.setSelectionRange(start, start + word.length);
                input.dispatchEvent(new KeyboardEvent("keyup", { key: "Shift" }));
            }""",
            word,
        )

    def download(self, button: str, folder: Path) -> Path:
        """What a button saves."""
        with self.page.expect_download() as waiting:
            self.page.click(button)
        path = folder / waiting.value.suggested_filename
        waiting.value.save_as(path)
        return path

    def answer(self, path: str, status: int, body: Any, **headers: str) -> None:
        """Answer a path in the server's place."""
        content = body if isinstance(body, str) else json.dumps(body)
        self.page.route(
            f"**{path}",
            lambda route: route.fulfill(status=status, body=content, headers=headers),
        )
