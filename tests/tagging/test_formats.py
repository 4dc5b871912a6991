from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nerbridge.errors import InputError, TextError
from nerbridge.tagging import Tagger
from nerbridge.tagging.formats import ENTITIES, entities_to_displacy, tagger_columns
from tiny_tagger import write_tiny_tagger

TEXTS = ["একো নাই।", "", "ৰমেন দাস অসমৰ।", "অসম & <সংঘ>"]


@pytest.fixture(scope="module")
def tagger(tmp_path_factory: pytest.TempPathFactory) -> Tagger:
    return Tagger.load(write_tiny_tagger(tmp_path_factory.mktemp("model") / "tiny"))


def test_displacy_draws_every_entity(tagger: Tagger) -> None:
    displacy = pytest.importorskip("spacy").displacy
    drawn = [entities_to_displacy(text, tagger.tag(text), title="ক") for text in TEXTS[2:]]
    page = displacy.render(drawn, style="ent", manual=True, page=True, jupyter=False)
    assert page.count("<mark") == 3
    assert page.count("ক</h2>") == 2
    for mark in ("ৰমেন দাস", "অসম", "সংঘ"):
        assert f"\n    {mark}\n" in page
    assert "&lt;" in page


def rounded(entities: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The last digit of a score depends on what else was in the batch."""
    return [{**entity, "score": round(entity["score"], 9)} for entity in entities]


def test_a_data_set_gains_a_column(tagger: Tagger) -> None:
    datasets = pytest.importorskip("datasets")
    datasets.disable_progress_bars()
    columns = tagger_columns(tagger)
    texts = datasets.Dataset.from_dict({"text": TEXTS, "id": [1, 2, 3, 4]})
    for batch_size in (1, 3, 1000):
        tagged = texts.map(
            columns,
            batched=True,
            batch_size=batch_size,
            writer_batch_size=1,
            features=columns.features(texts.features),
        )
        assert tagged["id"][:] == [1, 2, 3, 4]
        assert list(map(rounded, tagged[ENTITIES])) == [
            rounded([entity.to_dict() for entity in tagger.tag(text)]) for text in TEXTS
        ]


def test_a_stream_gains_a_column(tagger: Tagger) -> None:
    datasets = pytest.importorskip("datasets")
    stream = datasets.Dataset.from_dict({"body": TEXTS}).to_iterable_dataset()
    tagged = stream.map(tagger_columns(tagger, "body"), batched=True, batch_size=2)
    assert [len(row[ENTITIES]) for row in tagged] == [0, 0, 1, 2]


def test_wrong_columns_are_named(tagger: Tagger) -> None:
    with pytest.raises(InputError, match=r"columns body, id; expected 'text'"):
        tagger_columns(tagger)({"body": ["a"], "id": ["b"]})
    with pytest.raises(InputError, match=r"columns page; expected 'page\.body'"):
        tagger_columns(tagger, "page.body")({"page": [{"title": "a"}]})
    with pytest.raises(TextError, match="text 2: found int"):
        tagger_columns(tagger)({"text": ["a", 1]})
    with pytest.raises(TextError, match="text 1: found bytes"):
        tagger_columns(tagger)({"text": [b"\xff\xfe"]})


def test_a_null_has_no_entities(tagger: Tagger) -> None:
    datasets = pytest.importorskip("datasets")
    datasets.disable_progress_bars()
    texts = [TEXTS[2], None, ""]
    columns = tagger_columns(tagger)
    data = datasets.Dataset.from_dict({"text": texts})
    tagged = data.map(columns, batched=True, features=columns.features(data.features))
    assert [len(cell) for cell in tagged[ENTITIES]] == [1, 0, 0]
    assert tagged["text"][:] == texts
    nothing = datasets.Dataset.from_dict(
        {"text": [None, None]}, features=datasets.Features({"text": datasets.Value("string")})
    )
    tagged = nothing.map(columns, batched=True, features=columns.features(nothing.features))
    assert tagged[ENTITIES][:] == [[], []]


def test_a_field_inside_others_may_be_null_at_every_level(tagger: Tagger) -> None:
    datasets = pytest.importorskip("datasets")
    datasets.disable_progress_bars()
    pages = [{"part": {"body": TEXTS[2]}}, {"part": {"body": None}}, {"part": None}, None]
    columns = tagger_columns(tagger, "page.part.body")
    data = datasets.Dataset.from_dict({"page": pages})
    tagged = data.map(columns, batched=True, features=columns.features(data.features))
    assert [len(cell) for cell in tagged[ENTITIES]] == [1, 0, 0, 0]


def test_text_stored_as_bytes_is_decoded(tagger: Tagger) -> None:
    found = tagger_columns(tagger)({"text": [TEXTS[2].encode(), None]})[ENTITIES]
    assert [len(cell) for cell in found] == [1, 0]


def test_a_data_set_is_mapped_by_several_processes_and_kept(
    tagger: Tagger, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    datasets = pytest.importorskip("datasets")
    path = tmp_path / "texts.jsonl"
    path.write_text('{"text": "অসম কলিকতা"}\n' * 4, encoding="utf-8")
    data = datasets.load_dataset("json", data_files=str(path), cache_dir=str(tmp_path))["train"]
    mapped = [
        data.map(tagger_columns(tagger), batched=True, num_proc=n_processes)
        for n_processes in (2, None, None)
    ]
    expected = [[entity.to_dict() for entity in tagger.tag(text)] for text in data["text"]]
    assert all(list(one["entities"]) == expected for one in mapped)
    assert "couldn't be hashed" not in caplog.text
    assert mapped[1].cache_files == mapped[2].cache_files != []
