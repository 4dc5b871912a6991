"""A stand-in for the Hugging Face hub, on loopback, for tests and for trying recipes offline.

It serves a folder of repositories to the real clients (``huggingface_hub``, ``transformers``,
``datasets``)::

    ROOT/models/OWNER/NAME/config.json …
    ROOT/datasets/OWNER/NAME/README.md, as/train-00000-of-00001.parquet …

    with Hub(root) as hub:
        subprocess.run([…], env=hub.environment(home))

The clients read ``HF_ENDPOINT`` when they are imported, so they run in a process of their own.
By hand: ``python tests/hub_standin.py ROOT --demo`` fills ROOT with tiny encoders in the shape of
the hub's and a small corpus, serves it, and prints the variables to set.

What is left out: accounts, gated repositories, and the xet protocol (the server offers none, so
the clients download over HTTP; ``HF_HUB_DISABLE_XET`` makes sure of it). Writing is in
``hub_writing.py``.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from urllib.parse import parse_qs, unquote, urlsplit

KINDS = ("models", "datasets")
WIKIANN_TAGS = ("O", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC")


@dataclass(frozen=True)
class Repository:
    """One repository: a folder, at a single commit that is named by its content."""

    kind: str
    id: str
    folder: Path
    is_private: bool = False

    @cached_property
    def files(self) -> dict[str, Path]:
        """Every file by its path inside the repository."""
        found = sorted(path for path in self.folder.rglob("*") if path.is_file())
        return {path.relative_to(self.folder).as_posix(): path for path in found}

    @cached_property
    def sha(self) -> str:
        """The commit: 40 hexadecimal digits that change when a file does."""
        digest = hashlib.sha1()
        for name, path in self.files.items():
            digest.update(f"{name}\0{file_id(path)}\n".encode())
        return digest.hexdigest()

    def info(self) -> dict[str, object]:
        """What the hub says of a repository."""
        return {
            "_id": self.sha[:24],
            "id": self.id,
            "modelId": self.id,
            "author": self.id.split("/")[0],
            "sha": self.sha,
            "lastModified": "2024-01-01T00:00:00.000Z",
            "createdAt": "2024-01-01T00:00:00.000Z",
            "private": self.is_private,
            "gated": False,
            "disabled": False,
            "tags": [],
            "downloads": 0,
            "likes": 0,
            "siblings": [{"rfilename": name} for name in self.files],
        }

    def tree(self, under: str, *, recursive: bool) -> list[dict[str, object]]:
        """Entries below a folder: files, and folders as entries of their own."""
        prefix = f"{under}/" if under else ""
        inside = [name for name in self.files if name.startswith(prefix)]
        folders = {
            "/".join(parts[:depth])
            for name in inside
            for parts in [name.split("/")]
            for depth in range(1, len(parts))
        }
        below = [*sorted(name for name in folders if name.startswith(prefix)), *inside]
        return [self.entry(name) for name in below if recursive or "/" not in name[len(prefix) :]]

    def entry(self, name: str) -> dict[str, object]:
        """One line of a tree listing."""
        if name not in self.files:
            return {"type": "directory", "path": name, "oid": "0" * 40, "size": 0}
        path = self.files[name]
        return {
            "type": "file",
            "path": name,
            "oid": file_id(path),
            "size": path.stat().st_size,
        }

    def has(self, name: str) -> bool:
        """Whether a path is a file or a folder of the repository."""
        return name in self.files or any(file.startswith(f"{name}/") for file in self.files)


def file_id(path: Path) -> str:
    """The name git gives a file's content."""
    content = path.read_bytes()
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


class RefusalError(Exception):
    """An answer that is an error, with the code by which the clients tell errors apart."""

    def __init__(self, status: HTTPStatus, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code


@dataclass
class Hub:
    """A server on loopback for the repositories below ``root``; a context manager."""

    root: Path
    port: int = 0
    requests: list[str] = field(default_factory=list)

    def __enter__(self) -> Hub:
        hub = self

        class BoundHandler(self.handler()):  # type: ignore[misc]
            pass

        BoundHandler.hub = hub
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), BoundHandler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.port = self._server.server_address[1]
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def handler(self) -> type[Handler]:
        """What answers the requests."""
        return Handler

    @property
    def url(self) -> str:
        """The address to give as ``HF_ENDPOINT``."""
        return f"http://127.0.0.1:{self.port}"

    def variables(self, home: Path) -> dict[str, str]:
        """The variables that send the clients here, with their caches below ``home``."""
        return {
            "HF_ENDPOINT": self.url,
            "HF_HOME": str(home),
            "HF_HUB_DISABLE_XET": "1",
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "NO_PROXY": "127.0.0.1",
            "no_proxy": "127.0.0.1",
        }

    def environment(self, home: Path) -> dict[str, str]:
        """This process's environment with ``variables``, for a process that uses the clients."""
        inherited = {
            name: value for name, value in os.environ.items() if not name.startswith("HF_")
        }
        inherited.pop("TRANSFORMERS_OFFLINE", None)
        without_waits = str(Path(__file__).parent / "hub_client")
        return {**inherited, "PYTHONPATH": without_waits, **self.variables(home)}

    def repository(self, kind: str, id_: str) -> Repository:
        """The repository of that name."""
        folder = self.root / kind / id_
        inside = folder.resolve().is_relative_to((self.root / kind).resolve())
        if not (inside and folder.is_dir() and any(path.is_file() for path in folder.iterdir())):
            raise RefusalError(HTTPStatus.NOT_FOUND, "RepoNotFound", f"no {kind} {id_} here")
        return Repository(kind, id_, folder)


class Handler(BaseHTTPRequestHandler):
    """Answers the requests that downloading takes; anything else is 404."""

    hub: Hub
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self.answer()

    def do_GET(self) -> None:
        self.answer()

    def do_POST(self) -> None:
        self.answer()

    def log_message(self, format: str, *args: object) -> None:
        self.hub.requests.append(f"{self.command} {self.path}")

    def answer(self) -> None:
        address = urlsplit(self.path)
        parts = [unquote(part) for part in address.path.strip("/").split("/")]
        query = {name: values[-1] for name, values in parse_qs(address.query).items()}
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        try:
            if parts[0] == "api" and len(parts) > 2 and parts[1] in KINDS:
                self.answer_api(parts[1], parts[2:], query, body)
            elif "resolve" in parts:
                kind = parts.pop(0) if parts[0] in KINDS else "models"
                self.answer_file(kind, parts)
            else:
                raise RefusalError(HTTPStatus.NOT_FOUND, "", f"nothing at {address.path}")
        except RefusalError as refusal:
            headers = {"X-Error-Message": str(refusal)}
            if refusal.code:
                headers["X-Error-Code"] = refusal.code
            self.send_json({"error": str(refusal)}, headers, refusal.status)

    def answer_api(self, kind: str, parts: list[str], query: dict[str, str], body: bytes) -> None:
        actions = ("revision", "tree", "paths-info")
        at = next((i for i, part in enumerate(parts) if i and part in actions), len(parts))
        repository = self.hub.repository(kind, "/".join(parts[:at]))
        if at == len(parts):
            self.send_json(repository.info())
            return
        action = parts[at]
        repository, rest = self.at_revision(repository, parts[at + 1 :])
        if action == "revision":
            self.send_json(repository.info())
        elif action == "tree":
            under = "/".join(rest)
            if under and not repository.has(under):
                raise RefusalError(HTTPStatus.NOT_FOUND, "EntryNotFound", f"no {under} here")
            recursive = query.get("recursive", "").lower() in ("1", "true")
            self.send_json(repository.tree(under, recursive=recursive))
        else:
            wanted = read_paths(body, self.headers.get("Content-Type", ""))
            self.send_json([repository.entry(path) for path in wanted if repository.has(path)])

    def answer_file(self, kind: str, parts: list[str]) -> None:
        at = parts.index("resolve")
        repository = self.hub.repository(kind, "/".join(parts[:at]))
        repository, rest = self.at_revision(repository, parts[at + 1 :])
        name = "/".join(rest)
        headers = {"X-Repo-Commit": repository.sha}
        if name not in repository.files:
            raise RefusalError(HTTPStatus.NOT_FOUND, "EntryNotFound", f"no {name} here")
        path = repository.files[name]
        headers["ETag"] = f'"{file_id(path)}"'
        headers["Accept-Ranges"] = "bytes"
        self.send_bytes(path.read_bytes(), "application/octet-stream", headers)

    def at_revision(self, repository: Repository, parts: list[str]) -> tuple[Repository, list[str]]:
        """The repository at the revision, ``main`` or the commit, and what follows it."""
        if not parts or parts[0] not in ("main", repository.sha):
            found = "/".join(parts[:1])
            raise RefusalError(HTTPStatus.NOT_FOUND, "RevisionNotFound", f"no revision {found}")
        return repository, parts[1:]

    def send_json(
        self,
        value: object,
        headers: dict[str, str] | None = None,
        status: HTTPStatus = HTTPStatus.OK,
    ) -> None:
        self.send_bytes(json.dumps(value).encode(), "application/json", headers or {}, status)

    def send_bytes(
        self,
        content: bytes,
        kind: str,
        headers: dict[str, str],
        status: HTTPStatus = HTTPStatus.OK,
    ) -> None:
        whole = len(content)
        asked = self.headers.get("Range", "")
        if status == HTTPStatus.OK and asked.startswith("bytes="):
            first, _, last = asked.removeprefix("bytes=").partition("-")
            start, end = int(first or 0), min(int(last or whole - 1), whole - 1)
            content, status = content[start : end + 1], HTTPStatus.PARTIAL_CONTENT
            headers = {**headers, "Content-Range": f"bytes {start}-{end}/{whole}"}
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)


def read_paths(body: bytes, content_type: str) -> list[str]:
    """The paths of a paths-info request, sent as a form or as JSON."""
    if content_type.startswith("application/json"):
        paths = json.loads(body)["paths"]
        return [paths] if isinstance(paths, str) else list(paths)
    return parse_qs(body.decode())["paths"]


def write_tiny_encoder(folder: Path, texts: Sequence[str], *, hidden_size: int = 16) -> None:
    """An encoder of the shape of XLM-R with random weights, and a tokenizer made from ``texts``."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast, XLMRobertaConfig, XLMRobertaModel

    special = ["<s>", "<pad>", "</s>", "<unk>"]
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=600, special_tokens=special, unk_token="<unk>", show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.add_special_tokens(["<mask>"])
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0))
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<s>",
        cls_token="<s>",
        eos_token="</s>",
        sep_token="</s>",
        pad_token="<pad>",
        unk_token="<unk>",
        mask_token="<mask>",
        model_max_length=64,
    ).save_pretrained(folder)
    torch.manual_seed(0)
    config = XLMRobertaConfig(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=hidden_size,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=2 * hidden_size,
        max_position_embeddings=66,
        type_vocab_size=1,
        bos_token_id=0,
        pad_token_id=1,
        eos_token_id=2,
    )
    XLMRobertaModel(config, add_pooling_layer=False).save_pretrained(folder)


def write_wikiann(
    folder: Path, language: str, splits: Mapping[str, Sequence[tuple[list[str], list[str]]]]
) -> None:
    """One language in the layout of WikiANN's Parquet home; call again to add another.

    ``splits`` maps ``train``, ``validation`` or ``test`` to pairs of words and IOB2 tags.
    """
    from datasets import ClassLabel, Dataset, Features, List, Value

    text = Value("string")
    features = Features(
        tokens=List(text), ner_tags=List(ClassLabel(names=list(WIKIANN_TAGS))),
        langs=List(text), spans=List(text),
    )  # fmt: skip
    for split, sentences in splits.items():
        rows = {
            "tokens": [words for words, _ in sentences],
            "ner_tags": [[WIKIANN_TAGS.index(tag) for tag in tags] for _, tags in sentences],
            "langs": [[language] * len(words) for words, _ in sentences],
            "spans": [wikiann_spans(words, tags) for words, tags in sentences],
        }
        path = folder / language / f"{split}-00000-of-00001.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        Dataset.from_dict(rows, features=features).to_parquet(path)
    (folder / "README.md").write_text(wikiann_card(folder), encoding="utf-8")


def wikiann_spans(words: list[str], tags: list[str]) -> list[str]:
    """The entities as WikiANN writes them: ``PER: first last``."""
    spans: list[str] = []
    for word, tag in zip(words, tags, strict=True):
        if tag.startswith("B-"):
            spans.append(f"{tag[2:]}: {word}")
        elif tag.startswith("I-"):
            spans[-1] += f" {word}"
    return spans


def wikiann_card(folder: Path) -> str:
    """The README whose header tells ``datasets`` which files belong to which configuration."""
    lines = ["---", "configs:"]
    for language in sorted(path.name for path in folder.iterdir() if path.is_dir()):
        lines += [f"- config_name: {language}", "  data_files:"]
        for split in ("validation", "test", "train"):
            if (folder / language / f"{split}-00000-of-00001.parquet").exists():
                lines += [f"  - split: {split}", f"    path: {language}/{split}-*"]
    return "\n".join([*lines, "---", "# A small corpus in the shape of WikiANN", ""])


def write_demo(root: Path, *, n_sentences: int = 40) -> None:
    """Encoders in the shape of the hub's, and the bundled corpora as WikiANN.

    That is what the recipe ``paper`` asks for, with ``n_sentences`` in every split.
    """
    import hub_shapes
    from nerbridge.corpus import read_corpus

    texts = []
    for language in ("as", "bn", "hi"):
        splits = {
            split: [(list(s.words), list(s.tags)) for s in sentences[:n_sentences]]
            for split, sentences in read_corpus(f"bundled:{language}").splits.items()
        }
        write_wikiann(root / "datasets" / hub_shapes.WIKIANN, language, splits)
        texts += [" ".join(words) for sentences in splits.values() for words, _ in sentences]
    hub_shapes.write_hub(root, texts)


def main() -> None:
    """Serve a folder until interrupted."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("root", type=Path)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--demo", action="store_true", help="fill ROOT first")
    arguments = parser.parse_args()
    if arguments.demo:
        write_demo(arguments.root)
    with Hub(arguments.root, arguments.port) as hub:
        for name, value in hub.variables(arguments.root / "home").items():
            print(f"export {name}={value}", flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
