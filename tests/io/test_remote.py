"""Addresses: read like files, from places that need no network."""

from __future__ import annotations

import gzip
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import fsspec
import pytest

from nerbridge.batch.records import read_records
from nerbridge.batch.sources import describe_inputs, find_sources, total_bytes
from nerbridge.corpus import read_corpus
from nerbridge.errors import CorpusError, EnvironmentProblem, InputError
from nerbridge.files import write_text
from nerbridge.io.remote import fetch

TRAIN, DEV = "ৰমেন\tB-PER\n।\tO\n", "অসম\tB-LOC\n"
PAGES = {
    "/train.conll": TRAIN.encode(),
    "/news.txt.gz": gzip.compress("অসম ধুনীয়া। https://host.example/x".encode()),
    "/a%20b.csv": "id,text\n1,অসম\n".encode(),
}


@pytest.fixture
def bucket() -> Iterator[str]:
    """A folder in memory, which stands for any store of objects."""
    files = fsspec.filesystem("memory")
    for name, data in (
        *(("train.conll", TRAIN.encode()), ("dev.conll.gz", gzip.compress(DEV.encode()))),
        *(("notes.png", b"\x89PNG"), ("in/b.txt", b"deep")),
    ):
        files.pipe_file(f"/bucket/{name}", data)
    yield "memory://bucket"
    files.rm("/bucket", recursive=True)


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    class Pages(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.do_GET()

        def do_GET(self) -> None:
            data = PAGES.get(self.path.partition("?")[0])
            self.send_response(200 if data else 403 if self.path == "/closed.txt" else 404)
            self.send_header("Content-Length", str(len(data or b"")))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(data or b"")

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def _texts(*inputs: str) -> list[str]:
    return [record.text for record in read_records(find_sources(inputs))]


def test_a_corpus_in_a_remote_folder(bucket: str, tmp_path: Path) -> None:
    (tmp_path / "train.conll").write_text(TRAIN, "utf-8")
    (tmp_path / "dev.conll").write_text(DEV, "utf-8")
    corpus = read_corpus(bucket)
    assert corpus.sha256 == read_corpus(tmp_path).sha256
    assert corpus.name == bucket
    assert corpus.splits["train"][0].path == f"{bucket}/train.conll"
    assert list(read_corpus(f"{bucket}/dev.conll.gz").splits) == ["validation"]


def test_messages_name_the_address_and_not_the_copy(bucket: str) -> None:
    fsspec.filesystem("memory").pipe_file("/bucket/test.conll", b"word\n")
    with pytest.raises(CorpusError, match=rf"^{bucket}/test\.conll:1: no tag"):
        read_corpus(f"{bucket}/test.conll")
    with pytest.raises(InputError, match=rf"^{bucket}/notes\.png: a picture"):
        find_sources([f"{bucket}/notes.png"])


def test_the_files_of_a_remote_folder_are_sources(bucket: str) -> None:
    sources = find_sources([bucket])
    assert [source.name for source in sources] == [
        f"{bucket}/dev.conll.gz",
        f"{bucket}/train.conll",
    ]
    assert [record.text for record in read_records(sources)] == ["অসম", "ৰমেন ।"]
    assert describe_inputs(sources)[1]["path"] == f"{bucket}/train.conll"
    with pytest.raises(InputError, match="named twice"):
        find_sources([f"{bucket}/train.conll", f"{bucket}/train.conll"])
    fsspec.filesystem("memory").pipe_file("/bucket/pictures/a.png", b"\x89PNG")
    with pytest.raises(InputError, match="a folder without a file that can be read"):
        find_sources([f"{bucket}/pictures"])


def test_the_copy_goes_with_its_last_source(bucket: str) -> None:
    sources = find_sources([bucket])
    folder = sources[0].path.parent
    assert folder.is_dir()
    assert total_bytes(sources[1:]) == len(TRAIN.encode())
    del sources
    assert not folder.exists()


def test_a_file_address_is_the_file_itself(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("অসম", "utf-8")
    assert _texts(path.as_uri()) == ["অসম"]
    assert fetch(path.as_uri(), bool).place == path


def test_files_over_http(site: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    pytest.importorskip("aiohttp", reason="needs nerbridge[remote]")
    texts = _texts(f"{site}/news.txt.gz", f"{site}/a%20b.csv?download=true")
    assert texts == ["অসম ধুনীয়া। https://host.example/x", "অসম"]
    assert list(read_corpus(f"{site}/train.conll").splits) == ["train"]
    with pytest.raises(InputError, match=rf"^{site}/none\.txt: no such file"):
        _texts(f"{site}/none.txt")
    with pytest.raises(InputError, match=rf"^{site}/closed\.txt: access is denied"):
        _texts(f"{site}/closed.txt")
    with pytest.raises(EnvironmentProblem, match=r"cannot be read .* Check the network"):
        _texts("http://127.0.0.1:9/a.txt")


@pytest.mark.parametrize(("protocol", "library"), [("s3", "s3fs"), ("gs", "gcsfs")])
def test_a_missing_extra_is_named(
    protocol: str, library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    message = rf"needs {library}, which is not installed.*pip install 'nerbridge\[remote\]'"
    for read in (read_corpus, _texts):
        with pytest.raises(EnvironmentProblem, match=message):
            read(f"{protocol}://bucket/train.conll")


def test_other_addresses_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match=r"Protocol not known: gopher\); expected hf://, https://"):
        _texts("gopher://host.example/a.txt")
    with pytest.raises(InputError, match="nerbridge cannot read this address"):
        _texts("http://[bad/a.txt")
    with pytest.raises(InputError, match="no such file or folder"):
        read_corpus("memory://nowhere/train.conll")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=r"^s3://bucket/a\.txt: an address; expected a file on th"):
        write_text(Path("s3://bucket/a.txt"), "x")
    assert not any(tmp_path.iterdir())
