"""Compressed inputs are what is in them, and say so when they are not whole."""

from __future__ import annotations

import bz2
import gzip
import lzma
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

from nerbridge.batch.records import read_records
from nerbridge.batch.sources import find_sources, total_bytes
from nerbridge.corpus import read_corpus
from nerbridge.errors import CorpusError, InputError

LINES = "".join(f"ৰমেন দাস {n} নম্বৰ ঘৰত থাকে।\n" for n in range(20_000))
WITH_CHECKSUM = {zstd.CompressionParameter.checksum_flag: 1}
PACK: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": lambda data: zstd.compress(data, options=WITH_CHECKSUM),
}
each_kind = pytest.mark.parametrize("ending", PACK)


def _write(folder: Path, name: str, data: bytes) -> str:
    (folder / name).write_bytes(data)
    return str(folder / name)


def _texts(name: str) -> list[str]:
    return [record.text for record in read_records(find_sources([name]), by_line=True)]


@each_kind
def test_records_are_those_of_the_file_inside(tmp_path: Path, ending: str) -> None:
    plain = _write(tmp_path, "a.txt", LINES.encode())
    packed = _write(tmp_path, f"a.txt{ending}", PACK[ending](LINES.encode()))
    assert _texts(packed) == _texts(plain)
    table = _write(tmp_path, f"a.csv{ending}", PACK[ending]("id,text\n1,অসম\n".encode()))
    assert _texts(table) == ["অসম"]


@each_kind
@pytest.mark.parametrize("fault", ["cut", "not packed", "spoilt"])
def test_what_cannot_be_unpacked_is_said(tmp_path: Path, ending: str, fault: str) -> None:
    packed = PACK[ending](LINES.encode())
    data = {
        "cut": packed[: len(packed) // 2],
        "not packed": LINES.encode(),
        "spoilt": packed[:-8] + bytes(8),  # where the checksum is
    }[fault]
    name = _write(tmp_path, f"a.txt{ending}", data)
    expected = rf"a\.txt\{ending}: cannot be decompressed .* complete \{ending} file"
    with pytest.raises(InputError, match=expected):
        _texts(name)


@each_kind
def test_a_labelled_corpus_is_that_of_the_files_inside(tmp_path: Path, ending: str) -> None:
    for folder, pack, end in (("plain", bytes, ""), ("packed", PACK[ending], ending)):
        (tmp_path / folder).mkdir()
        _write(tmp_path / folder, f"train.conll{end}", pack("অসম\tB-LOC\n".encode()))
        _write(tmp_path / folder, f"dev.jsonl{end}", pack(b'{"tokens": ["a"], "tags": ["O"]}'))
    packed = read_corpus(tmp_path / "packed")
    assert packed.sha256 == read_corpus(tmp_path / "plain").sha256
    assert list(packed.splits) == ["train", "validation"]
    (tmp_path / f"cut.conll{ending}").write_bytes(pack("অসম\tB-LOC\n".encode())[:-9])
    with pytest.raises(CorpusError, match="cannot be decompressed"):
        read_corpus(tmp_path / f"cut.conll{ending}")


def test_an_empty_one_has_no_record(tmp_path: Path) -> None:
    assert _texts(_write(tmp_path, "a.txt.gz", gzip.compress(b"", mtime=0))) == []


def test_how_much_is_inside_is_not_known(tmp_path: Path) -> None:
    assert (
        total_bytes(find_sources([_write(tmp_path, "a.txt.gz", gzip.compress(b"a", mtime=0))]))
        is None
    )


@pytest.mark.parametrize(
    ("name", "data"), [("a.docx.gz", b""), ("a.parquet.gz", b""), ("a.gz", b"%PDF-1.7")]
)
def test_documents_and_parquet_are_to_be_unpacked(tmp_path: Path, name: str, data: bytes) -> None:
    path = _write(tmp_path, name, gzip.compress(data, mtime=0))
    with pytest.raises(InputError, match=r"a compressed (document|parquet) file; expected.*Unpack"):
        find_sources([path])
