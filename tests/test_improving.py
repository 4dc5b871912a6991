"""docs/improve.md in a real browser: correct on the page, split, train, compare, serve."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from browser import Watch, chromium
from nerbridge.corpus import read_corpus
from server_process import Server

pytest.importorskip("fastapi", reason="needs nerbridge[serve]")
pytest.importorskip("torch", reason="needs nerbridge[train]")

TEXT = """জোনালী শইকীয়াই গীত গালে।
ধুবুৰীত নতুন সেতু হ'ব।
সদৌ অসম লেখক মঞ্চই সভা পাতিলে।"""
CORRECTIONS = {
    "জোনালী শইকীয়াই": "Person",
    "ধুবুৰীত": "Place",
    "সদৌ অসম লেখক মঞ্চই": "Organisation",
}
QUICK = [
    *("--seeds", "13"),
    *("--set", "baseline.epochs=1", "--set", "transfer.epochs=1", "--set", "adapt.epochs=2"),
    *("--set", "reference.crf=false"),
]


def nerbridge(folder: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "nerbridge", *arguments]
    done = subprocess.run(
        command, cwd=folder, capture_output=True, encoding="utf-8", check=False, timeout=550
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_from_corrections_to_a_model_that_answers(tmp_path: Path) -> None:
    with chromium() as browser:
        with Server("--threads", "1") as server:
            _correct(Watch(_open(browser, server.url), server.url), tmp_path)
        train = read_corpus(tmp_path / "train.jsonl", language="as").splits["train"]
        assert {tag for sentence in train for tag in sentence.tags} >= {"B-PER", "B-LOC", "B-ORG"}
        split = json.loads(
            nerbridge(tmp_path, "data", "split", "train.jsonl", "--output", "mine", "--json")
        )
        assert [row["n_sentences"] for row in split["splits"]] == [1, 1, 1]
        corpora = ("--target", "bundled:as", "--source", "bundled:bn", "--source")
        nerbridge(tmp_path, "recipe", "new", "mine.toml", *corpora, "as=mine/train.conll")
        recipe = tmp_path / "mine.toml"  # a tenth of the source is enough to go all the way
        source = 'path = "bundled:bn"\n'
        fewer = recipe.read_text("utf-8").replace(source, f"{source}max_sentences = 100\n")
        recipe.write_text(fewer, "utf-8")
        assert "max_sentences = 100" in fewer
        nerbridge(tmp_path, "recipe", "check", "mine.toml")
        nerbridge(tmp_path, "run", "mine.toml", *QUICK)
        for model in ("bundled:as", "runs/mine"):
            scores = nerbridge(tmp_path, "evaluate", model, "mine/test.conll", "--json")
            assert json.loads(scores)
        with Server("--model", str(tmp_path / "runs" / "mine"), "--threads", "1") as server:
            _see_that_it_answers(Watch(_open(browser, server.url), server.url), tmp_path)


def _open(browser: object, url: str) -> object:
    page = browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB").new_page()  # type: ignore[attr-defined]
    page.set_default_timeout(20_000)
    page.goto(url)
    page.wait_for_selector("#model:not([hidden])")
    return page


def _correct(watch: Watch, folder: Path) -> None:
    watch.write(TEXT)
    for name, type_ in CORRECTIONS.items():
        watch.select(name)
        watch.page.click(f"#choose .choice:has-text('{type_}')")
        watch.settle()
    watch.page.screenshot(path=folder / "corrected.png")
    path = watch.download("#training-corrected", folder)
    assert path.name == "train.jsonl"
    records = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert [record["text"] for record in records] == TEXT.split("\n")
    found = {span["text"] for record in records for span in record["spans"]}
    assert set(CORRECTIONS) <= found
    watch.check()


def _see_that_it_answers(watch: Watch, folder: Path) -> None:
    watch.write("ৰমেন দাস গুৱাহাটীত থাকে। ভাৰত এখন ডাঙৰ দেশ।\n" + TEXT)
    watch.page.screenshot(path=folder / "served.png")
    assert watch.marks()
    watch.check()
