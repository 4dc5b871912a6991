"""Specs, splits, schemes, repair and types."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.conftest import pairs, sentences
from nerbridge.corpus import Sentence, build_corpus, read_corpus, read_sentences
from nerbridge.corpus.audit import audit as make_audit
from nerbridge.errors import CorpusError
from nerbridge.labels import Scheme, convert_tags

Put = Callable[[str, str | bytes], Path]


def lines(*tags: str) -> str:
    """A sentence with these tags; its words are numbers."""
    return "".join(f"{number}\t{tag}\n" for number, tag in enumerate(tags)) + "\n"


def test_a_folder_with_every_name_and_format(put: Put) -> None:
    put("c/train.txt", lines("B-PER"))
    put("c/dev.tsv", lines("B-LOC"))
    put("c/test.jsonl", '{"tokens": ["ক"], "ner_tags": ["B-ORG"]}\n')
    folder = put("c/README.md", "notes").parent
    corpus = read_corpus(folder, language="as")
    assert (corpus.name, corpus.language, corpus.revision) == ("c", "as", None)
    assert {split: found[0].tags for split, found in corpus.splits.items()} == {
        "train": ("B-PER",),
        "validation": ("B-LOC",),
        "test": ("B-ORG",),
    }


def test_a_file_is_the_split_of_its_name_or_test(put: Put) -> None:
    assert list(read_corpus(put("valid.conll", lines("O"))).splits) == ["validation"]
    assert list(read_corpus(put("news.conll", lines("O"))).splits) == ["test"]


def test_numbered_shards_are_one_split(put: Put) -> None:
    put("c/train-00001-of-00002.conll", lines("B-LOC"))
    put("c/train-00000-of-00002.conll", lines("B-PER"))
    corpus = read_corpus(put("c/x", "").parent)
    assert [sentence.tags for sentence in corpus.splits["train"]] == [("B-PER",), ("B-LOC",)]


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["a.md"], r"no split found \(the folder holds a\.md\); expected train"),
        (["dev.conll", "valid.txt"], r"several files for validation: dev\.conll, valid\.txt"),
        (["train.conll", "train.csv"], r"several files for train"),
    ],
)
def test_folders_that_cannot_be_right(put: Put, names: list[str], message: str) -> None:
    for name in names:
        folder = put(f"c/{name}", lines("O")).parent
    with pytest.raises(CorpusError, match=message):
        read_corpus(folder)


def test_an_unknown_bundled_corpus_and_an_empty_folder(tmp_path: Path) -> None:
    for spec in ("bundled:xx", "bundled:../bundled", "bundled:"):
        with pytest.raises(CorpusError, match=f"{re.escape(spec)}: no such bundled corpus"):
            read_corpus(spec)
    with pytest.raises(CorpusError, match="holds nothing"):
        read_corpus(tmp_path)


@pytest.mark.parametrize("language", ["as", "bn", "hi"])
def test_bundled_corpora(language: str) -> None:
    corpus = read_corpus(f"bundled:{language}", allowed_types=("PER", "ORG", "LOC"))
    assert list(corpus.splits) == ["train", "validation", "test"]
    assert not corpus.losses


@given(st.lists(sentences(), min_size=1), st.sampled_from(list(Scheme)))
def test_every_named_scheme_comes_out_as_iob2(found: list[Sentence], scheme: Scheme) -> None:
    from nerbridge.corpus.cleaning import clean_sentences
    from nerbridge.corpus.raw import RawSentence

    raw = [
        RawSentence(
            sentence.words,
            tuple(convert_tags(sentence.tags, Scheme.IOB2, scheme)),
            "x",
            tuple(range(len(sentence.words))),
        )
        for sentence in found
    ]
    cleaned, losses = clean_sentences({"train": raw}, scheme=scheme)
    expected = [
        (words, tuple(convert_tags(convert_tags(tags, Scheme.IOB2, scheme), scheme, Scheme.IOB2)))
        for words, tags in pairs(found)
    ]
    assert pairs(cleaned["train"]) == expected
    assert not losses


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        (["I-PER", "B-PER", "O"], ["B-PER", "B-PER", "O"]),
        (["S-PER", "B-LOC", "E-LOC"], ["B-PER", "B-LOC", "I-LOC"]),
        (["U-PER", "B-LOC", "L-LOC"], ["B-PER", "B-LOC", "I-LOC"]),
        (["I-PER", "I-LOC", "I-LOC"], ["B-PER", "B-LOC", "I-LOC"]),
    ],
)
def test_schemes_are_recognised(put: Put, tags: list[str], expected: list[str]) -> None:
    assert read_sentences(put("a.conll", lines(*tags)))[0].tags == tuple(expected)


def test_the_scheme_is_that_of_all_splits_together(put: Put) -> None:
    put("c/train.conll", lines("O", "I-PER"))  # alone: IO
    folder = put("c/test.conll", lines("I-LOC", "B-LOC")).parent
    corpus = read_corpus(folder)
    assert corpus.splits["train"][0].tags == ("O", "B-PER")
    assert corpus.splits["test"][0].tags == ("B-LOC", "B-LOC")


def test_invalid_tags_are_told_with_line_and_remedy(put: Put) -> None:
    path = put("train.conll", lines("B-PER", "O", "B-LOC") * 3 + lines("O", "I-LOC"))
    with pytest.raises(CorpusError) as error:
        read_corpus(path)
    assert str(error.value) == (
        f"{path}:14: tag 'I-LOC' follows 'O', not allowed in IOB2. "
        "Fix the file, or pass repair=True (on the command line --repair)."
    )
    with pytest.raises(CorpusError, match=r'Read it with scheme="iob1", or pass repair=True'):
        read_corpus(put("test.conll", lines("O", "I-LOC") * 2), scheme=Scheme.IOB2)


def test_repair_is_counted(put: Put) -> None:
    path = put("train.conll", lines("B-PER", "O", "I-LOC") + lines("I-PER", "I-LOC", "I-LOC"))
    corpus = read_corpus(path, repair=True, scheme=Scheme.IOB2)
    assert [sentence.tags for sentence in corpus.splits["train"]] == [
        ("B-PER", "O", "B-LOC"),
        ("B-PER", "B-LOC", "I-LOC"),
    ]
    assert corpus.losses == {"repaired_tags": 3}


def test_types_are_mapped_and_dropped_by_name_only(put: Put) -> None:
    path = put("a.conll", lines("B-GPE", "I-GPE", "B-MISC", "I-MISC", "B-PER", "O", "B-GPE"))
    corpus = read_corpus(path, type_map={"GPE": "LOC", "MISC": None, "PER": "PER", "X": None})
    assert corpus.splits["test"][0].tags == ("B-LOC", "I-LOC", "O", "O", "B-PER", "O", "B-LOC")
    assert corpus.losses == {"mapped_types": 2, "dropped_types": 1}


def test_types_not_asked_for_are_all_told_with_a_mapping(put: Put) -> None:
    path = put("a.conll", lines("B-GPE", "B-GPE", "B-MISC", "B-PERSON", "B-PER", "B-loc"))
    with pytest.raises(CorpusError) as error:
        read_corpus(path, allowed_types=("PER", "LOC"))
    message = str(error.value)
    assert f"{path}:1" in message
    for part in ("GPE (2 entities)", "MISC (1 entity)", "PERSON (1 entity)", "loc (1"):
        assert part in message
    mapping = {"GPE": "LOC", "MISC": None, "PERSON": "PER", "loc": "LOC"}
    options = ("GPE=LOC", "MISC=O", "PERSON=PER", "loc=LOC")
    assert " ".join(f"--map-types {option}" for option in options) in message
    assert 'type_map = ["GPE=LOC", "MISC=O", "PERSON=PER", "loc=LOC"]' in message
    assert read_corpus(path, allowed_types=("PER", "LOC"), type_map=mapping).losses == {
        "mapped_types": 4,
        "dropped_types": 1,
    }


def test_a_type_that_no_map_names_is_an_error(put: Put) -> None:
    path = put("a.conll", lines("B-GPE", "B-MISC", "B-MISC", "B-TIME", "B-PER", "B-PLACE"))
    type_map = ["GPE=PLACE", "TIME=TIME"]
    with pytest.raises(CorpusError, match=r"a\.conll:1: no type map names MISC \(2 entities\)"):
        read_corpus(path, type_map=type_map)
    fine = put("b.conll", lines("B-Artist", "B-Food"))
    with pytest.raises(CorpusError, match=r"Food .*--map-types multiconer2 names all of them"):
        read_corpus(fine, type_map="Artist=PER")
    corpus = read_corpus(path, type_map=[*type_map, "MISC=O"])
    assert corpus.splits["test"][0].tags == (
        "B-PLACE", "O", "O", "B-TIME", "B-PER", "B-PLACE",
    )  # fmt: skip
    kept = read_corpus(path, type_map=type_map, allowed_types=("PLACE", "TIME", "PER", "MISC"))
    assert "B-MISC" in kept.splits["test"][0].tags


def test_splits_may_be_words_in_names_where_no_file_is_called_after_one(put: Put) -> None:
    folder = put("as_train.txt", lines("B-PER")).parent
    put("as-dev.txt", lines("B-LOC"))
    put("constraint.txt", "no corpus")
    assert list(read_corpus(folder).splits) == ["train", "validation"]
    assert list(read_corpus(folder / "as-dev.txt").splits) == ["validation"]
    put("train.conll", lines("B-ORG", "O"))
    corpus = read_corpus(folder)
    assert list(corpus.splits) == ["train"]
    assert corpus.splits["train"][0].tags == ("B-ORG", "O")


def test_types_without_a_prefix_are_read_where_they_are_known(put: Put) -> None:
    """Few-NERD's own files have no prefixes; so do some files of PER, ORG and LOC."""
    fine = put("fine.txt", lines("person-actor", "person-actor", "art-film", "O", "location-GPE"))
    tags = read_corpus(fine).splits["test"][0].tags
    assert tags == ("B-person-actor", "I-person-actor", "B-art-film", "O", "B-location-GPE")
    coarse = ("B-PER", "I-PER", "O", "O", "B-LOC")
    assert read_corpus(fine, type_map="fewnerd").splits["test"][0].tags == coarse
    assert make_audit(fine, type_map="fewnerd").splits["test"].type_counts == {"PER": 1, "LOC": 1}
    assert read_corpus(put("a.txt", lines("PER", "LOC"))).splits["test"][0].tags == (
        "B-PER", "B-LOC",
    )  # fmt: skip
    towns = put("b.txt", lines("TOWN", "TOWN", "O"))
    with pytest.raises(CorpusError, match=r"'TOWN' is not a tag;.*--scheme io.*--map-types FILE"):
        read_corpus(towns)
    for options in ({"type_map": "TOWN=LOC"}, {"scheme": Scheme.IO}):
        corpus = read_corpus(towns, **options)  # type: ignore[arg-type]
        assert corpus.splits["test"][0].tags[0][:2] == "B-"
    with pytest.raises(CorpusError, match="'NOUN' is not a tag"):
        read_corpus(put("pos.txt", lines("NOUN", "VERB", "LOC")), type_map="fewnerd")
    with pytest.raises(CorpusError, match="'PER' is not a tag"):
        read_corpus(put("mixed.txt", lines("PER", "B-LOC")))


@pytest.mark.parametrize(
    ("found", "allowed", "said"),
    [
        (
            ["PER", "LOC"],
            ("Artist", "OtherPER", "Food"),
            '--map-types multiconer2 (in a recipe: type_map = "multiconer2")',
        ),
        (["person-actor", "art"], ("PER", "ORG", "LOC"), "--map-types fewnerd"),
        (["PER", "X"], ("Y", "Z"), "--map-types OLD=NEW for each type"),
        (["X", "Organisation"], ("PER", "ORG"), "--map-types X=O --map-types Organisation=ORG"),
    ],
)
def test_the_message_names_the_map_that_fits(
    put: Put, found: list[str], allowed: tuple[str, ...], said: str
) -> None:
    path = put("a.conll", lines(*(f"B-{type_}" for type_ in found)))
    with pytest.raises(CorpusError) as error:
        read_corpus(path, allowed_types=allowed)
    assert said in str(error.value)
    assert "type_map=" not in str(error.value)


def test_a_long_list_of_expected_types_is_cut(put: Put) -> None:
    path = put("a.conll", lines("B-PER"))
    with pytest.raises(CorpusError, match=r"expected only T0, .*, T7 and 92 more\."):
        read_corpus(path, allowed_types=[f"T{n}" for n in range(100)])


def test_the_hash_is_of_words_and_tags_only() -> None:
    one = Sentence(("a", "b"), ("O", "O"), "x", 1)
    same = Sentence(("a", "b"), ("O", "O"), "elsewhere", 9)
    other = Sentence(("a b",), ("O",))

    def sha(*found: Sentence, split: str = "train") -> str:
        return build_corpus("n", "as", {split: found}).sha256

    assert sha(one) == sha(same) != sha(other)
    assert len({sha(one), sha(one, one), sha(one, split="test"), sha(other), sha()}) == 5
