from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest

from tiny_tagger import write_tiny_tagger

spacy = pytest.importorskip("spacy")

from nerbridge.tagging import Entity, Tagger  # noqa: E402
from nerbridge.tagging.spacy_component import SPANS_KEY, NerbridgeComponent, create_component  # noqa: E402

TEXTS = [
    "ৰমেন দাস গুৱাহাটীত থাকে। তেওঁ সংঘ গঢ়িলে।",
    "",
    "ইয়াত একো নাই।",
    "অসম ধুনীয়া।\nৰমেন আহিল।",
]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_tagger(tmp_path_factory.mktemp("model") / "tiny")


@pytest.fixture
def nlp(model: Path) -> Any:
    """A blank pipeline, the component found by its entry point."""
    made = spacy.blank("xx")
    made.add_pipe("nerbridge", config={"model": str(model)})
    return made


def facts(doc: Any) -> list[tuple[str, str]]:
    return [(ent.label_, ent.text) for ent in doc.ents]


def group_facts(doc: Any) -> list[tuple[str, int, int, list[int], float]]:
    group = doc.spans[SPANS_KEY]
    rows = zip(group, group.attrs["chars"], group.attrs["scores"], strict=True)
    # Batches of another size round the last digits otherwise.
    return [
        (span.label_, span.start, span.end, chars, round(score, 9)) for span, chars, score in rows
    ]


def test_spacy_finds_the_component_by_its_entry_point() -> None:
    [found] = entry_points(group="spacy_factories", name="nerbridge")
    assert found.load() is create_component


def test_entities_are_those_of_the_tagger(nlp: Any, model: Path) -> None:
    tagger = Tagger.load(model)
    for text in TEXTS:
        doc, entities = nlp(text), tagger.tag(text)
        assert [(e.type, e.text) for e in entities] == facts(doc)
        assert [[e.start_char, e.end_char] for e in entities] == [
            chars for *_, chars, _ in group_facts(doc)
        ]
        assert [e.score for e in entities] == doc.spans[SPANS_KEY].attrs["scores"]


def test_a_pipe_gives_what_single_texts_give(nlp: Any) -> None:
    texts = TEXTS * 5
    for batch_size in (1, 3, 1000):
        docs = list(nlp.pipe(texts, batch_size=batch_size))
        assert [doc.text for doc in docs] == texts
        assert [group_facts(doc) for doc in docs] == [group_facts(nlp(text)) for text in texts]


def test_a_pipe_streams(nlp: Any) -> None:
    n_read = 0

    def texts() -> Iterator[str]:
        nonlocal n_read
        for _ in range(1000):
            n_read += 1
            yield TEXTS[0]

    next(iter(nlp.pipe(texts(), batch_size=10)))
    assert n_read < 50


def test_several_processes_give_the_same(nlp: Any) -> None:
    found = [facts(doc) for doc in nlp.pipe(TEXTS, n_process=2, batch_size=1)]
    assert found == [facts(nlp(text)) for text in TEXTS]


SPAWNED = """
import multiprocessing, sys, spacy

def main():
    nlp = spacy.blank("xx")
    nlp.add_pipe("nerbridge", config={"model": sys.argv[1]})
    docs = nlp.pipe(sys.argv[2:] * 2, n_process=2, batch_size=1)
    print([[(ent.label_, ent.text) for ent in doc.ents] for doc in docs])

if __name__ == "__main__":
    multiprocessing.set_start_method("spawn")
    main()
"""


def test_spawned_processes_give_the_same(nlp: Any, model: Path, tmp_path: Path) -> None:
    program = tmp_path / "spawned.py"
    program.write_text(SPAWNED, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, program, model, *TEXTS], capture_output=True, text=True, encoding="utf-8"
    )
    assert done.stdout.strip() == str([facts(nlp(text)) for text in TEXTS * 2]), done.stderr


@pytest.mark.parametrize("again", [copy.deepcopy, lambda nlp: pickle.loads(pickle.dumps(nlp))])
def test_a_copied_pipeline_gives_the_same(nlp: Any, again: Any) -> None:
    copied = again(nlp)
    assert [facts(copied(text)) for text in TEXTS] == [facts(nlp(text)) for text in TEXTS]


def test_a_saved_pipeline_holds_the_name_of_the_model_only(
    nlp: Any, model: Path, tmp_path: Path
) -> None:
    nlp.to_disk(tmp_path / "saved")
    again = spacy.load(tmp_path / "saved")
    assert facts(again(TEXTS[0])) == facts(nlp(TEXTS[0])) != []
    assert again.config["components"]["nerbridge"]["model"] == str(model)
    assert not list((tmp_path / "saved").rglob("*.onnx"))
    blank = spacy.blank("xx")
    blank.add_pipe("nerbridge", config={"model": str(model)})
    assert facts(blank.from_disk(tmp_path / "saved")(TEXTS[0])) == facts(nlp(TEXTS[0]))


def test_a_document_keeps_its_scores_on_disk(nlp: Any) -> None:
    doc = nlp(TEXTS[0])
    again = spacy.tokens.Doc(nlp.vocab).from_bytes(doc.to_bytes())
    assert group_facts(again) == group_facts(doc)


def test_the_config_reaches_the_tagger(model: Path) -> None:
    nlp = spacy.blank("xx")
    nlp.add_pipe("nerbridge", config={"model": str(model), "types": ["LOC"], "min_score": 0.1})
    assert facts(nlp(TEXTS[0])) == [("LOC", "গুৱাহাটীত")]
    assert nlp.analyze_pipes()["summary"]["nerbridge"]["assigns"] == ["doc.ents", "doc.spans"]


class Fixed:
    """A tagger that finds what it is told to, the same in every text."""

    def __init__(self, *entities: Entity) -> None:
        self.entities = entities

    def tag_many(self, texts: Any, *, batch_size: int) -> Iterator[list[Entity]]:
        for _ in texts:
            yield list(self.entities)


def entity(type_: str, start: int, end: int, score: float) -> Entity:
    return Entity(type_, "x" * (end - start), start, end, 0, 1, score)


def annotate(doc: Any, *entities: Entity) -> Any:
    return NerbridgeComponent(Fixed(*entities))(doc)  # type: ignore[arg-type]


def test_spans_grow_to_whole_tokens_and_the_exact_characters_stay_known() -> None:
    doc = annotate(spacy.blank("xx")("abcdef ghi"), entity("LOC", 2, 4, 0.9))
    assert facts(doc) == [("LOC", "abcdef")]
    assert group_facts(doc) == [("LOC", 0, 1, [2, 4], 0.9)]


def test_of_entities_in_one_token_the_better_is_taken_and_none_is_lost() -> None:
    doc = annotate(
        spacy.blank("xx")("abcdef ghi"),
        *(entity("LOC", 0, 3, 0.5), entity("PER", 3, 6, 0.9), entity("ORG", 7, 10, 0.1)),
    )
    assert facts(doc) == [("PER", "abcdef"), ("ORG", "ghi")]
    assert [row[0] for row in group_facts(doc)] == ["LOC", "PER", "ORG"]


def test_entities_of_an_earlier_component_stay() -> None:
    nlp = spacy.blank("xx")
    nlp.add_pipe("entity_ruler").add_patterns([{"label": "TITLE", "pattern": "abcdef"}])
    doc = annotate(nlp("abcdef ghi"), entity("LOC", 0, 10, 0.99), entity("ORG", 7, 10, 0.1))
    assert facts(doc) == [("TITLE", "abcdef"), ("ORG", "ghi")]
    assert [row[0] for row in group_facts(doc)] == ["LOC", "ORG"]
