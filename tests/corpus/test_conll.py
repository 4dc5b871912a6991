"""CoNLL files in all their shapes, and what is said of broken ones."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from corpus.conftest import pairs
from nerbridge.corpus import read_corpus, read_sentences
from nerbridge.corpus.conll import read_conll
from nerbridge.errors import CorpusError

Put = Callable[[str, str | bytes], Path]
EXPECTED = [(("ৰমেন", "বৰা", "।"), ("B-PER", "I-PER", "O")), (("অসম",), ("B-LOC",))]


@pytest.mark.parametrize(
    "content",
    [
        "ৰমেন\tB-PER\nবৰা\tI-PER\n।\tO\n\nঅসম\tB-LOC\n",
        "ৰমেন B-PER\nবৰা I-PER\n। O\n\nঅসম B-LOC",
        "ৰমেন\tB-PER\r\nবৰা\tI-PER\r\n।\tO\r\n\r\nঅসম\tB-LOC\r\n",
        "\ufeffৰমেন\tB-PER\nবৰা\tI-PER\n।\tO\n\n\n\nঅসম\tB-LOC\n\n",
        "-DOCSTART- -X- O O\n\nৰমেন N I-NP B-PER\nবৰা N I-NP I-PER\n। . O O\n\nঅসম N B-NP B-LOC\n",
        "-DOCSTART-\nৰমেন\tB-PER\nবৰা\tI-PER\n।\tO\n-DOCSTART-\tO\nঅসম\tB-LOC\n",
        "# id 1\tdomain=as\nৰমেন _ _ B-PER\nবৰা _ _ I-PER\n। _ _ O\n\n# id 2\nঅসম _ _ B-LOC\n",
        "# text = ৰমেন\n#\n\nৰমেন\tB-PER  \nবৰা\tI-PER\t\n।\tO \n   \t\nঅসম\tB-LOC\n# end\n\n# x\n",
    ],
    ids=["tabs", "spaces", "crlf", "bom", "docstart", "docstart-tabs", "multiconer", "comments"],
)
def test_every_shape_gives_the_same_sentences(put: Put, content: str) -> None:
    if "# end" in content:
        content = content.replace("# end\n", "")
    assert pairs(read_sentences(put("a.conll", content))) == EXPECTED


def test_a_hash_that_can_be_a_word_is_one(put: Put) -> None:
    path = put("a.conll", "# comment\n#\tO\n#অসম\tB-LOC\n# \tO\n")
    assert pairs(read_sentences(path)) == [(("#", "#অসম", "# "), ("O", "B-LOC", "O"))]


def test_words_keep_their_spaces_and_places(put: Put) -> None:
    path = put("a.tsv", "\n\nনতুন দিল্লী\tx y\tB-LOC\n\u2028ক\x85\tz\tO\n")
    sentence = read_sentences(path)[0]
    assert sentence.words == ("নতুন দিল্লী", "\u2028ক\x85")
    assert (sentence.path, sentence.line) == (str(path), 3)
    assert read_conll(path).sentences[0].lines == (3, 4)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"empty \(0 bytes\)"),
        (b"\n \n\n", r"blank"),
        (b"# only\n# comments\n", r"no sentence"),
        ("ক\tO\nখ".encode(), r":2: no tag: one column, 'খ'.*the file was cut"),
        ("ক\tO\nখ\t".encode(), r":2: no tag"),
        ("ক O\nO\n".encode(), r":2: a tag without a word"),
        ("ক\tO\n\tO\n".encode(), r":2: a tag without a word"),
        ("ক\tO\n \u00a0\tO\n".encode(), r":2: a tag without a word \(the word is ' \\xa0'\)"),
        ("ক x y O\nখ x O\n".encode(), r":2: 3 columns; expected 4"),
        ("ক\tO\nখ গ\tx\tO\n".encode(), r":2: 3 columns; expected 2"),
        ("ক\tO\n\0\tO\n".encode(), r":2: a NUL byte"),
        ("A\tO\n".encode("utf-16-le"), r":1: a NUL byte, so this is .*UTF-16 without a byte order"),
        ("ক\tO\n".encode() + b"caf\xe9\tO\n", r":2: byte 0xe9 is not UTF-8.*iconv"),
        ("ক\tO\nখ".encode()[:-1], r":2: byte 0xe0 is not UTF-8.*the file was cut"),
        ("ক\tO\nখ\tNN\n".encode(), r":2: 'NN' is not a tag; expected 'O' or a prefix"),
        ("ক\tO\nখ\tB-\n".encode(), r":2: 'B-' is not a tag"),
        ("ক\tB-LOC\nখ\tX-LOC\n".encode(), r":2: 'X-LOC' is not a tag"),
    ],
)
def test_broken_files_are_told_with_their_place(put: Put, content: bytes, message: str) -> None:
    path = put("a.conll", content)
    with pytest.raises(CorpusError, match=re.escape(str(path)) + ".*" + message):
        read_corpus(path)


def test_a_missing_file_and_a_folder_for_a_file(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"no\.conll: no such file.*Check the path"):
        read_corpus(tmp_path / "no.conll")
    with pytest.raises(CorpusError, match="a folder was found"):
        read_sentences(tmp_path)


def test_one_mark_at_the_top_makes_no_document(put: Put) -> None:
    text = "-DOCSTART- -X- O\nঅসম -X- _ B-LOC\n\nঅসম -X- _ B-LOC\n\n"
    assert {s.document for s in read_sentences(put("a.conll", text))} == {""}
    assert len({s.document for s in read_sentences(put("a.conll", text * 2))}) == 2
