"""The stand-in for the hub with accounts and writing, for tests of publishing.

A token belongs to one owner and writes below that name only. Weights come by the protocol of git
LFS, everything else inside the commit, as the hub wants it; branches lie beside the repositories::

    ROOT/branches/NAME/models/OWNER/NAME/…
"""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any

from hub_standin import Handler, Hub, RefusalError, Repository, file_id

LARGE = (".safetensors", ".onnx", ".data")
LICENSES = {"apache-2.0", "mit", "cc-by-4.0", "other"}


def content_id(path: Path) -> str:
    """By what the client knows that a file is there already."""
    if path.name.endswith(LARGE):
        return hashlib.sha256(path.read_bytes()).hexdigest()
    return file_id(path)


@dataclass
class WritableHub(Hub):
    """A hub that ``tokens`` (token → owner) may write to; ``commits`` are what came, in short."""

    tokens: dict[str, str] = field(default_factory=dict)
    private: set[str] = field(default_factory=set)
    uploads: dict[str, bytes] = field(default_factory=dict)
    commits: list[list[str]] = field(default_factory=list)

    def handler(self) -> type[Handler]:
        return WritingHandler

    def repository(self, kind: str, id_: str) -> Repository:
        found = super().repository(kind, id_)
        return Repository(kind, id_, found.folder, is_private=id_ in self.private)

    def branch(self, name: str, id_: str) -> Path:
        return self.root / "branches" / name / "models" / id_


class WritingHandler(Handler):
    """Answers what creating, branching and committing take, and everything that reading takes."""

    hub: WritableHub

    def do_PUT(self) -> None:  # noqa: N802 (so named by http.server)
        content = self.rfile.read(int(self.headers["Content-Length"]))
        oid = self.path.removeprefix("/uploads/")
        self.hub.uploads[oid] = content
        self.send_json({})

    def answer(self) -> None:
        if self.command != "POST" or "/paths-info/" in self.path:
            super().answer()
            return
        parts = self.path.split("?")[0].strip("/").split("/")
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        try:
            self.answer_write(parts, body)
        except RefusalError as refusal:
            headers = {"X-Error-Message": str(refusal), "X-Error-Code": refusal.code}
            self.send_json({"error": str(refusal)}, headers, refusal.status)

    def answer_write(self, parts: list[str], body: bytes) -> None:
        if parts[:2] == ["api", "validate-yaml"]:
            self.validate_header(json.loads(body)["content"])
        elif parts[:3] == ["api", "repos", "create"]:
            self.create(json.loads(body))
        elif parts[-4:] == ["info", "lfs", "objects", "batch"]:
            self.check_owner(parts[0])
            self.answer_batch(json.loads(body))
        elif parts[:2] == ["api", "models"]:
            owner, name, action, revision = parts[2:]
            self.check_owner(owner)
            answer = {
                "branch": self.make_branch,
                "preupload": self.answer_preupload,
                "commit": self.commit,
            }[action]
            answer(f"{owner}/{name}", revision, body)
        else:
            raise RefusalError(HTTPStatus.NOT_FOUND, "", f"nothing at {self.path}")

    def check_owner(self, owner: str) -> None:
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if token not in self.hub.tokens:
            raise RefusalError(HTTPStatus.UNAUTHORIZED, "", "Invalid username or password.")
        if self.hub.tokens[token] != owner:
            raise RefusalError(HTTPStatus.FORBIDDEN, "", f"You don't have the rights for {owner}")

    def create(self, asked: dict[str, Any]) -> None:
        self.check_owner(asked["organization"])
        id_ = f"{asked['organization']}/{asked['name']}"
        folder, address = self.hub.root / "models" / id_, f"{self.hub.url}/{id_}"
        if folder.exists():
            said = {"error": "You already created this model repo", "url": address}
            self.send_json(said, status=HTTPStatus.CONFLICT)
            return
        folder.mkdir(parents=True)
        (folder / ".gitattributes").write_text("*.safetensors filter=lfs\n")
        if asked.get("visibility") == "private":
            self.hub.private.add(id_)
        self.send_json({"url": address})

    def validate_header(self, card: str) -> None:
        license_ = next(
            (line[9:] for line in card.splitlines() if line.startswith("license: ")), ""
        )
        if license_ in LICENSES:
            self.send_json({"errors": [], "warnings": []})
            return
        said = f'"license" must be one of {", ".join(sorted(LICENSES))}'
        self.send_json(
            {"errors": [{"message": said}], "warnings": []}, status=HTTPStatus.BAD_REQUEST
        )

    def make_branch(self, id_: str, name: str, body: bytes) -> None:
        folder = self.hub.branch(name, id_)
        if folder.exists() or name == "main":
            raise RefusalError(HTTPStatus.CONFLICT, "", "Reference already exists")
        shutil.copytree(self.hub.repository("models", id_).folder, folder)
        self.send_json({})

    def at_revision(self, repository: Repository, parts: list[str]) -> tuple[Repository, list[str]]:
        folder = self.hub.branch(parts[0], repository.id)
        if folder.is_dir():
            return Repository(repository.kind, repository.id, folder), parts[1:]
        return super().at_revision(repository, parts)

    def answer_preupload(self, id_: str, revision: str, body: bytes) -> None:
        repository, _ = self.at_revision(self.hub.repository("models", id_), [revision])
        there = {name: content_id(path) for name, path in repository.files.items()}
        files = [
            {
                "path": asked["path"],
                "uploadMode": "lfs" if asked["path"].endswith(LARGE) else "regular",
                "shouldIgnore": False,
                "oid": there.get(asked["path"]),
            }
            for asked in json.loads(body)["files"]
        ]
        self.send_json({"files": files})

    def answer_batch(self, asked: dict[str, Any]) -> None:
        objects = [
            {
                **wanted,
                "actions": {"upload": {"href": f"{self.hub.url}/uploads/{wanted['oid']}"}},
            }
            for wanted in asked["objects"]
        ]
        self.send_json({"transfer": "basic", "objects": objects})

    def commit(self, id_: str, revision: str, body: bytes) -> None:
        repository, _ = self.at_revision(self.hub.repository("models", id_), [revision])
        operations = [json.loads(line) for line in body.splitlines()]
        said = []
        for key, value in ((line["key"], line["value"]) for line in operations):
            said.append(f"{key} {value.get('path', '')}".strip())
            for name, content in self.changes(key, value):
                path = repository.folder / name
                if content is None:
                    path.unlink()
                else:
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(content)
        self.hub.commits.append(said)
        sha = Repository("models", id_, repository.folder).sha
        self.send_json({"commitUrl": f"{self.hub.url}/{id_}/commit/{sha}", "commitOid": sha})

    def changes(self, key: str, value: dict[str, Any]) -> Iterator[tuple[str, bytes | None]]:
        if key == "file":
            yield value["path"], base64.b64decode(value["content"])
        elif key == "lfsFile":
            yield value["path"], self.hub.uploads[value["oid"]]
        elif key == "deletedFile":
            yield value["path"], None
