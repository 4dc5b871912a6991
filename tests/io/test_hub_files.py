"""Text files of the hub by path, through the real client: from a stand-in, and from the cache."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest

from hub_standin import Handler, Hub, RefusalError, Repository
from nerbridge.errors import InputError
from nerbridge.io.hub_files import HubPath, is_hub_path, parse_hub_path

PARTS = {
    "train": "ৰূপালী\tB-Artist\nবৰা\tI-Artist\nআহিল\tO\n\nচাহ\tB-Drink\nভাল\tO\n",
    "dev": "নগাঁৱত\tB-HumanSettlement\nবৰষুণ\tO\n",
    "test": "ৰূপালীক\tB-Artist\nমাতিলে\tO\n",
}
CLIENT = """
import json, sys
from nerbridge.corpus import read_corpus
from nerbridge.errors import NerbridgeError

found = {}
for spec in json.loads(sys.argv[1]):
    try:
        corpus = read_corpus(spec, language="as", type_map="multiconer2")
        found[spec] = {
            "name": corpus.name,
            "revision": corpus.revision,
            "sha256": corpus.sha256,
            "splits": {
                name: [[list(s.words), list(s.tags), f"{s.path}:{s.line}"] for s in sentences]
                for name, sentences in corpus.splits.items()
            },
        }
    except NerbridgeError as error:
        found[spec] = [type(error).__name__, str(error)]
print(json.dumps(found))
"""
ROOT = "hf://datasets/owner/fine"
FILE, FOLDER = f"{ROOT}/as/train.txt", f"{ROOT}/as"
NAMED, TRUNK = f"{ROOT}/by name", f"{ROOT}@main/as/test.txt"
WRONG = {
    f"{ROOT}/as/tarin.txt": r"no such file or folder; did you mean as/train\.txt",
    f"{ROOT}/AS/train.txt": r"did you mean as/train\.txt",
    f"{ROOT}/zzz": r"the repository holds README\.md, as/dev\.txt, .*Name one of them",
    ROOT: r"no train, validation or test file; found README\.md, as, by name",
    f"{ROOT}@v9/as/train.txt": r"no revision 'v9'",
    "hf://datasets/owner/nothing/train.txt": r"no dataset owner/nothing, or it is private",
    "hf://datasets/owner/gated/train.txt": r"the owner of the dataset must grant access",
    "hf://datasets/owner/broken/train.txt": r"^hf://datasets/owner/broken/train\.txt:1: no tag",
}


class PartlyClosed(Handler):
    """Lists ``owner/gated`` and gives none of its files."""

    def answer_file(self, kind: str, parts: list[str]) -> None:
        if parts[1] == "gated":
            raise RefusalError(HTTPStatus.FORBIDDEN, "GatedRepo", "ask the owner")
        super().answer_file(kind, parts)


class GatedHub(Hub):
    def handler(self) -> type[Handler]:
        return PartlyClosed


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hub") / "datasets" / "owner"
    (folder / "fine" / "by name").mkdir(parents=True)
    (folder / "fine" / "as").mkdir()
    (folder / "fine" / "README.md").write_text("# fine types\n")
    for split, text in PARTS.items():
        (folder / "fine" / "as" / f"{split}.txt").write_text(text, "utf-8")
        (folder / "fine" / "by name" / f"as_{split}.conll").write_text(text, "utf-8")
    (folder / "fine" / "as" / "notes.pdf").write_bytes(b"%PDF")
    for name, text in (("gated", PARTS["test"]), ("broken", "এটা\n")):
        (folder / name).mkdir()
        (folder / name / "train.txt").write_text(text, "utf-8")
    return folder.parent.parent


Answers = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def answers(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Answers:
    """What the paths gave: with the hub, with the hub gone, and with the hub switched off."""
    home = tmp_path_factory.mktemp("home")
    with GatedHub(root) as hub:
        environment = hub.environment(home)
        page = f"{hub.url}/datasets/owner/fine/blob/main/as/dev.txt?download=true"
        first = run(environment, FILE)
        requests = len(hub.requests)
        online = run(environment, FILE, FOLDER, NAMED, TRUNK, page, *WRONG)
        again = [line for line in hub.requests[requests:] if line.startswith("GET")]
        assert not [line for line in again if line.endswith("/as/train.txt")]
        assert not [line for line in hub.requests if "notes.pdf" in line]
    commit = Repository("datasets", "owner/fine", root / "datasets" / "owner" / "fine").sha
    cached = [FILE, FOLDER, NAMED, TRUNK, f"{ROOT}@{commit}/as/dev.txt"]
    missing = [f"{ROOT}/as/other.txt", "hf://datasets/owner/gated/train.txt", f"{ROOT}@v9/as"]
    return {
        "first": first,
        "online": {**online, "page": online[page]},
        "gone": run(environment, *cached, *missing),
        "offline": run({**environment, "HF_HUB_OFFLINE": "1"}, *cached, *missing),
        "facts": {"commit": commit, "cached": cached, "missing": missing},
    }


def run(environment: dict[str, str], *specs: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-c", CLIENT, json.dumps(specs)],
        capture_output=True,
        text=True,
        env=environment,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_a_file_is_a_corpus_of_one_split(answers: Answers) -> None:
    corpus = answers["online"][FILE]
    assert corpus == answers["first"][FILE]
    assert corpus["name"] == FILE
    assert corpus["revision"] == answers["facts"]["commit"]
    assert corpus["splits"] == {
        "train": [
            [["ৰূপালী", "বৰা", "আহিল"], ["B-PER", "I-PER", "O"], f"{FILE}:1"],
            [["চাহ", "ভাল"], ["O", "O"], f"{FILE}:5"],
        ]
    }


@pytest.mark.parametrize("folder", [FOLDER, NAMED])
def test_a_folder_has_all_its_splits(answers: Answers, folder: str) -> None:
    corpus = answers["online"][folder]
    assert list(corpus["splits"]) == ["train", "validation", "test"]
    assert corpus["splits"]["validation"][0][1] == ["B-LOC", "O"]
    assert corpus["splits"]["train"][0][2].startswith(f"{folder}/")
    assert corpus["sha256"] == answers["online"][FOLDER]["sha256"]


def test_a_revision_and_the_address_of_a_page(answers: Answers) -> None:
    assert list(answers["online"][TRUNK]["splits"]) == ["test"]
    assert answers["online"]["page"]["name"] == f"{ROOT}@main/as/dev.txt"


@pytest.mark.parametrize("when", ["gone", "offline"])
def test_the_cache_serves_without_network(answers: Answers, when: str) -> None:
    found, facts = answers[when], answers["facts"]
    for spec in facts["cached"][:-1]:
        assert found[spec] == answers["online"][spec]
    assert list(found[facts["cached"][-1]]["splits"]) == ["validation"]
    for spec in facts["missing"]:
        kind, message = found[spec]
        assert kind == "EnvironmentProblem"
        assert message.startswith(spec)
        assert "cannot be reached and the file is not in the cache" in message
        assert "Connect once" in message


@pytest.mark.parametrize("spec", WRONG)
def test_what_cannot_be_read_is_told(answers: Answers, spec: str) -> None:
    kind, message = answers["online"][spec]
    assert kind == "CorpusError"
    assert re.search(WRONG[spec], message), message
    assert message.startswith(spec)


def test_a_folder_of_which_a_file_only_is_cached_is_not_whole(root: Path, tmp_path: Path) -> None:
    """Without network a part of a corpus must not pass for all of it."""
    with GatedHub(root) as hub:
        environment = hub.environment(tmp_path)
        run(environment, FILE)
    kind, message = run({**environment, "HF_HUB_OFFLINE": "1"}, FOLDER)[FOLDER]
    assert kind == "EnvironmentProblem"
    assert "not in the cache" in message


def test_files_of_the_hub_are_tagged(root: Path, tmp_path: Path) -> None:
    """A file and a folder, with network and then from the cache."""
    code = (
        "import sys\n"
        "from nerbridge.batch.records import read_records\n"
        "from nerbridge.batch.sources import find_sources\n"
        "for record in read_records(find_sources(sys.argv[1:])):\n"
        "    print(record.source, len(record.text))\n"
    )
    command = [sys.executable, "-c", code, FILE, NAMED]
    with GatedHub(root) as hub:
        environment = hub.environment(tmp_path)
        found = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert found.returncode == 0, found.stderr
    names = [line.rsplit(" ", 1)[0] for line in found.stdout.splitlines()]
    assert names[:2] == [FILE, f"{NAMED}/as_dev.conll"]
    offline = {**environment, "HF_HUB_OFFLINE": "1"}
    again = subprocess.run(command, capture_output=True, text=True, env=offline)
    assert again.stdout == found.stdout, again.stderr


def test_paths() -> None:
    assert parse_hub_path("hf://datasets/a/b") == HubPath("a/b", None, "")
    assert parse_hub_path("hf://datasets/a/b/") == HubPath("a/b", None, "")
    assert parse_hub_path("hf://datasets/a/b@v1/c d/e.txt") == HubPath("a/b", "v1", "c d/e.txt")
    refs = HubPath("a/b", "refs/convert/parquet", "as/train")
    assert parse_hub_path("hf://datasets/a/b@refs/convert/parquet/as/train") == refs
    assert parse_hub_path("hf://datasets/a/b@refs%2Fconvert%2Fparquet/as/train") == refs
    assert str(refs) == "hf://datasets/a/b@refs/convert/parquet/as/train"
    page = "https://huggingface.co/datasets/a/b/tree/main/as"
    assert parse_hub_path(page) == HubPath("a/b", "main", "as")
    for spec in ("hf://a/b/train.txt", "hf://datasets/a", "hf://datasets/a/b@/x", "hf://"):
        assert is_hub_path(spec)
        with pytest.raises(InputError, match="expected hf://datasets/OWNER/NAME/FILE"):
            parse_hub_path(spec)
    assert not is_hub_path("https://example.org/train.conll")
