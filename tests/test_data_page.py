"""The data page and the tagger's card say what is so."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

from nerbridge.corpus import Corpus, read_corpus
from nerbridge.models.bundled import TAGGERS
from nerbridge.models.manifest import read_manifest
from nerbridge.training.recipe_files import read_recipe, shipped_recipes

REPOSITORY = Path(__file__).resolve().parent.parent
OF_THE_LOG = REPOSITORY / "docs" / "log" / "recipes"
PAGE = (REPOSITORY / "docs" / "data.md").read_text("utf-8")
ROW = re.compile(
    r"^\| `([\w:-]+)` \| \w+ \| ([\d,]+) / ([\d,]+) / ([\d,]+|–) \| [^|]+ \| `(\w{16})` \|$", re.M
)
CORPORA = {name: (sizes, sha256) for name, *sizes, sha256 in ROW.findall(PAGE)}
BUNDLED = sorted(name for name in CORPORA if name.startswith("bundled:"))
SHARED = sorted(CORPORA.keys() - set(BUNDLED))


def check(name: str, spec: str | Path) -> Corpus:
    corpus = read_corpus(spec)
    sizes, sha256 = CORPORA[name]
    n_sentences = [len(corpus.splits.get(s, ())) for s in ("train", "validation", "test")]
    assert [f"{n:,}" if n else "–" for n in n_sentences] == sizes
    assert corpus.sha256.startswith(sha256)
    return corpus


@pytest.mark.parametrize("name", BUNDLED)
def test_bundled_corpora_are_as_the_page_says(name: str) -> None:
    check(name, name)


@pytest.mark.slow
@pytest.mark.parametrize("name", SHARED)
def test_shared_corpora_are_as_the_page_says(name: str, shared: Path) -> None:
    corpus = check(name, shared / "data" / name)
    tests = shared / "data" / name / "test.conll"
    n_lines = sum(map(bool, tests.read_bytes().split(b"\n"))) if tests.exists() else 0
    assert sum(len(sentence.words) for sentence in corpus.splits.get("test", ())) == n_lines
    assert not corpus.losses
    tags = {tag[2:] for part in corpus.splits.values() for one in part for tag in set(one.tags)}
    assert tags <= {"", "PER", "ORG", "LOC"}


def test_every_corpus_of_a_recipe_is_on_the_page() -> None:
    recipes = [read_recipe(name) for name in [*shipped_recipes(), *OF_THE_LOG.glob("*.toml")]]
    used = {
        corpus.path
        for recipe in recipes
        for corpus in (recipe.target, *recipe.sources, *recipe.test_sets)
        if not corpus.path.startswith(("hub:", "here:"))
    }
    assert used <= CORPORA.keys()


def test_the_tagger_s_card_is_made_of_its_prose_and_manifest() -> None:
    script = REPOSITORY / "scripts" / "bundled_tagger" / "write_card.py"
    spec = importlib.util.spec_from_file_location("write_card", script)
    assert spec is not None
    assert spec.loader is not None
    write_card = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(write_card)
    folder = TAGGERS / "as"
    card = write_card.render(write_card.PROSE.read_text("utf-8"), read_manifest(folder))
    assert card == (folder / "README.md").read_text("utf-8"), "give scripts/write-tagger-card"
    assert "{{" not in card
    assert not re.search(r"(^|[ `(])/\w+/", card)  # no path of a machine
