"""What is told of models, and how they are called."""

from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace

import pytest

from nerbridge.errors import InputError, ModelError
from nerbridge.evaluation.quoting import QuotedScores
from nerbridge.models.manifest import TrainingCorpus, read_manifest, write_manifest
from nerbridge.server.models import ServedModel, check_models, find_report, load_models, name_of
from tiny_tagger import write_tiny_tagger

CARD = """---
license: apache-2.0
language: ["as"]
---

# A model
"""


def test_names_tell_nothing_of_this_machine(tmp_path: Path) -> None:
    folder = write_tiny_tagger(tmp_path / "my-model")
    assert check_models([str(folder), "bundled:as"]) == {
        "my-model": str(folder),
        "bundled:as": "bundled:as",
    }
    assert name_of(f"{folder}/.") == "my-model"


def test_two_of_one_name_and_none_at_all(tmp_path: Path) -> None:
    folders = [str(write_tiny_tagger(tmp_path / name / "model")) for name in "ab"]
    with pytest.raises(InputError, match="both would be called 'model'"):
        check_models(folders)
    with pytest.raises(ModelError, match="no such model"):
        check_models(["nowhere"])


def test_what_is_known_of_a_model(tmp_path: Path) -> None:
    folder = write_tiny_tagger(tmp_path / "model")
    [bare] = load_models([str(folder)], 1).values()
    assert bare.card() is None
    assert known(bare) == ({}, None, [])
    (folder / "README.md").write_text(CARD)
    assert known(bare) == ({}, "apache-2.0", ["as"])
    (folder / "README.md").write_text("---\n: :\n---\n# A")
    assert known(bare) == ({}, None, [])
    scores = QuotedScores(0.5, (0.4, 0.6), 0.5, 0.5, 9, 9, {"PER": 0.5})
    corpus = TrainingCorpus(language="bn", sha256="0" * 64)
    changes = {"scores": {"a": scores}, "data": {"b": corpus}, "license": "mit"}
    write_manifest(folder, read_manifest(folder).model_copy(update=changes))
    assert known(bare) == ({"a": asdict(scores)}, "mit", ["bn"])


def known(model: ServedModel) -> tuple[object, ...]:
    return tuple(model.info()[key] for key in ("scores", "license", "languages"))


def test_reports(tmp_path: Path) -> None:
    assert find_report(tmp_path) is None
    page = tmp_path / "report" / "index.html"
    page.parent.mkdir()
    page.write_text("x")
    for given in (tmp_path, page.parent, page, str(page)):
        assert find_report(given) == page.resolve()


@pytest.mark.parametrize(
    ("card", "shown"),
    [
        ("---\nlicense: mit\n---\n# A", "<h3>A</h3>\n"),
        ("<b onclick=x>", "<p>&lt;b onclick=x&gt;</p>\n"),
        ("[a](javascript:b)", "<p>[a](javascript:b)</p>\n"),
        ("[a](https://b.example)", None),
        ("![a](https://b.example/c.png)", None),
    ],
)
def test_a_card_brings_no_markup_of_its_own(tmp_path: Path, card: str, shown: str | None) -> None:
    (tmp_path / "README.md").write_text(card, encoding="utf-8")
    tagger = SimpleNamespace(model=SimpleNamespace(folder=tmp_path))
    found = ServedModel("a", tagger, None).card_as_html()
    assert "<img" not in found
    assert found == shown or ('rel="noopener noreferrer nofollow" target="_blank"' in found)
