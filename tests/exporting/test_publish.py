"""Publishing to the stand-in with the hub's own client."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hub_writing import WritableHub
from nerbridge.errors import EnvironmentProblem, InputError
from nerbridge.exporting.card import write_model_card
from nerbridge.exporting.publication import Publication, prepare_publication
from nerbridge.exporting.publish import upload
from nerbridge.tagging import Tagger
from tiny_tagger import write_tiny_tagger

REPO = "owner/tiny"
TEXT = "ৰমেন দাস গুৱাহাটীত থাকে।"


@pytest.fixture
def writable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[WritableHub]:
    """A hub that the token ``right`` may write to, below ``owner``."""
    with WritableHub(tmp_path / "hub", tokens={"right": "owner", "others": "other"}) as hub:
        monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", hub.url)
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)
        yield hub


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An exported model with its card."""
    model = write_tiny_tagger(tmp_path / "model")
    write_model_card(model)
    return model


@pytest.fixture
def publication(folder: Path) -> Publication:
    return prepare_publication(folder, REPO, license="apache-2.0")


def files_of(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != ".gitattributes"
    }


def wanted(publication: Publication) -> dict[str, bytes]:
    return {
        name: content if isinstance(content, bytes) else content.read_bytes()
        for name, content in publication.files.items()
    }


PUBLISH_AND_LOAD = """
import json, os, sys
from nerbridge.cli.app import main
sys.argv = ["nerbridge", "publish", sys.argv[1], "owner/tiny", "--license", "apache-2.0", "--quiet"]
try:
    main()
except SystemExit as done:
    code = done.code
os.environ.pop("HF_TOKEN")
from nerbridge.tagging import Tagger
tagger = Tagger.load("owner/tiny")
print(json.dumps([code, tagger.name, [e.to_dict() for e in tagger.tag(sys.argv[2])]]))
"""


def test_what_was_published_is_loaded_by_its_name(folder: Path, tmp_path: Path) -> None:
    with WritableHub(tmp_path / "hub", tokens={"secret": "owner"}) as hub:
        environment = {**hub.environment(tmp_path / "home"), "HF_TOKEN": "secret"}
        program = PUBLISH_AND_LOAD.replace("sys.argv[2]", repr(TEXT))
        done = subprocess.run(
            [sys.executable, "-c", program, str(folder)],
            capture_output=True, text=True, env=environment,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        address, loaded = done.stdout.splitlines()
        assert address == f"{hub.url}/owner/tiny"
        entities = [entity.to_dict() for entity in Tagger.load(folder).tag(TEXT)]
        assert json.loads(loaded) == [0, "owner/tiny", entities]
        assert len(hub.commits) == 1
        assert "secret" not in done.stdout + done.stderr + "".join(hub.requests)


def test_all_of_it_comes_in_one_commit(writable: WritableHub, publication: Publication) -> None:
    address, removed = upload(publication, "right")
    assert address == f"{writable.url}/{REPO}"
    assert removed == ()
    assert files_of(writable.root / "models" / REPO) == wanted(publication)
    [commit] = writable.commits
    assert "lfsFile model.onnx" in commit
    assert "file README.md" in commit


def test_again_nothing_is_sent_twice(writable: WritableHub, publication: Publication) -> None:
    upload(publication, "right")
    assert upload(publication, "right")[0] == f"{writable.url}/{REPO}"
    assert len(writable.commits) == 1


def test_files_of_the_model_before_go_and_others_stay(
    writable: WritableHub, publication: Publication
) -> None:
    there = writable.root / "models" / REPO
    there.mkdir(parents=True)
    for name in ("adapter_config.json", "LICENSE", "model.onnx.data"):
        (there / name).write_text("old")
    _, removed = upload(publication, "right")
    assert sorted(removed) == ["adapter_config.json", "model.onnx.data"]
    assert files_of(there) == {**wanted(publication), "LICENSE": b"old"}


def test_a_branch_is_made_and_the_main_one_left_alone(
    writable: WritableHub, publication: Publication
) -> None:
    for _ in range(2):
        address, _ = upload(publication, "right", revision="v1")
        assert address == f"{writable.url}/{REPO}/tree/v1"
    assert files_of(writable.branch("v1", REPO)) == wanted(publication)
    assert files_of(writable.root / "models" / REPO) == {}


def test_private_is_private_or_nothing(writable: WritableHub, publication: Publication) -> None:
    upload(publication, "right", private=True)
    assert writable.private == {REPO}
    writable.private.clear()
    n_commits = len(writable.commits)
    with pytest.raises(InputError, match="exists and is public"):
        upload(publication, "right", private=True)
    assert len(writable.commits) == n_commits


@pytest.mark.parametrize(
    ("token", "said"),
    [("wrong", "does not accept the token in HF_TOKEN"), ("others", "may not write there")],
)
def test_who_may_not_write_is_told(
    token: str, said: str, writable: WritableHub, publication: Publication
) -> None:
    for _ in ("a new name", "a model that exists"):
        with pytest.raises(EnvironmentProblem, match=said) as raised:
            upload(publication, token)
        assert f"{writable.url}/settings/tokens" in str(raised.value)
        (writable.root / "models" / REPO).mkdir(parents=True, exist_ok=True)
        (writable.root / "models" / REPO / "config.json").write_text("{}")
    assert not writable.commits


def test_a_licence_that_the_hub_does_not_know_is_told(writable: WritableHub, folder: Path) -> None:
    publication = prepare_publication(folder, REPO, license="my-own")
    with pytest.raises(InputError, match=r'the hub refuses .*"license" must be one of apache-2.0'):
        upload(publication, "right")
    assert not writable.commits


def test_without_a_connection_it_says_so(
    publication: Publication, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(EnvironmentProblem, match=r"127\.0\.0\.1:9 cannot be reached"):
        upload(publication, "right")


@pytest.mark.parametrize("where", ["http_backoff", "_upload_single_part"])
def test_an_upload_that_breaks_off_leaves_nothing_behind(
    where: str,
    writable: WritableHub,
    publication: Publication,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def give_up(*arguments: Any, **options: Any) -> None:
        raise ConnectionError("the line went dead")

    monkeypatch.setattr(f"huggingface_hub.lfs.{where}", give_up)
    with pytest.raises(EnvironmentProblem, match=r"the line went dead.*Nothing was published"):
        upload(publication, "right")
    assert not writable.commits
    assert files_of(writable.root / "models" / REPO) == {}
