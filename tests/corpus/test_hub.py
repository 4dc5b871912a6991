"""Hub datasets through the real client, from a stand-in on loopback, and without network."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest

from hub_standin import Hub, Repository, write_wikiann
from nerbridge.corpus.hub import HubSpec, parse_hub_spec
from nerbridge.errors import CorpusError

SENTENCES = {
    "train": [(["ৰমেন", "আহিল", "।"], ["B-PER", "O", "O"]), (["নগাঁও"], ["B-LOC"])],
    "validation": [(["অসম", "চৰকাৰ"], ["B-ORG", "I-ORG"])],
    "test": [(["দিল্লী"], ["B-LOC"])],
}
CLIENT = """
import json, sys
from nerbridge.corpus import read_corpus
from nerbridge.errors import NerbridgeError

found = {}
for spec in sys.argv[1:]:
    try:
        corpus = read_corpus(spec, language="as")
        found[spec] = {
            "revision": corpus.revision,
            "losses": dict(corpus.losses),
            "sha256": corpus.sha256,
            "splits": {
                name: [[list(s.words), list(s.tags), s.path, s.line] for s in sentences]
                for name, sentences in corpus.splits.items()
            },
        }
    except NerbridgeError as error:
        found[spec] = [type(error).__name__, str(error)]
print(json.dumps(found))
"""
WIKIANN = "hub:owner/wikiann@as"
NOWHERE = "0" * 40
ONLINE = [
    WIKIANN,
    f"{WIKIANN}#main",
    f"{WIKIANN}#{NOWHERE}",
    "hub:owner/wikiann@xx",
    "hub:owner/nothing",
    "hub:owner/script",
    "hub:owner/columns",
    "hub:owner/splits",
]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A hub of four datasets, three of which are not as they should be."""
    folder = tmp_path_factory.mktemp("hub") / "datasets" / "owner"
    write_wikiann(folder / "wikiann", "as", SENTENCES)
    (folder / "script").mkdir()
    (folder / "script" / "script.py").write_text("raise SystemExit('this code must never run')")
    write_table(folder / "columns" / "train.parquet", text=["x"])
    write_table(folder / "splits" / "test.parquet", words=[["x"]], tags=[["O"]])
    write_table(folder / "splits" / "extra.parquet", words=[["x"], ["y"]], tags=[["O"], ["O"]])
    card = "---\nconfigs:\n- config_name: default\n  data_files:\n" + "".join(
        f"  - split: {split}\n    path: {split}.parquet\n" for split in ("test", "extra")
    )
    (folder / "splits" / "README.md").write_text(f"{card}---\n")
    return folder.parent.parent


def write_table(path: Path, **columns: object) -> None:
    path.parent.mkdir(exist_ok=True)
    pyarrow.parquet.write_table(pyarrow.table(columns), path)


@pytest.fixture(scope="module")
def answers(
    root: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """What the specs gave: with the hub, with the hub gone, and with the hub switched off."""
    home = tmp_path_factory.mktemp("home")
    with Hub(root) as hub:
        environment = hub.environment(home)
        commit = Repository("datasets", "owner/wikiann", root / "datasets/owner/wikiann").sha
        online = run(environment, *ONLINE)
    cached = [WIKIANN, f"{WIKIANN}#{commit}", f"{WIKIANN}#{NOWHERE}", "hub:owner/other@as"]
    gone = run(environment, *cached)
    offline = run({**environment, "HF_HUB_OFFLINE": "1"}, *cached)
    assert gone.keys() == offline.keys()
    online["commit"] = commit
    return online, gone, offline


def run(environment: dict[str, str], *specs: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-c", CLIENT, *specs], capture_output=True, text=True, env=environment
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


Answers = tuple[dict[str, Any], dict[str, Any], dict[str, Any]]


def test_a_dataset_and_its_commit(answers: Answers) -> None:
    online, _, _ = answers
    corpus = online[WIKIANN]
    assert corpus["revision"] == online["commit"]
    assert corpus["losses"] == {}
    assert {
        split: [(words, tags) for words, tags, _, _ in found]
        for split, found in corpus["splits"].items()
    } == SENTENCES
    assert list(corpus["splits"]) == ["train", "validation", "test"]
    assert corpus["splits"]["train"][1][2:] == [f"{WIKIANN}/train", 2]
    assert online[f"{WIKIANN}#main"]["sha256"] == corpus["sha256"]


@pytest.mark.parametrize("which", [1, 2], ids=["gone", "offline"])
def test_the_cache_serves_without_network(answers: Answers, which: int) -> None:
    online, found = answers[0], answers[which]
    for spec in (WIKIANN, f"{WIKIANN}#{online['commit']}"):
        assert found[spec]["sha256"] == online[WIKIANN]["sha256"]
        assert found[spec]["revision"] == online["commit"]
    kind, message = found[f"{WIKIANN}#{NOWHERE}"]
    assert kind == "EnvironmentProblem"
    assert f"the cache holds another revision, {online['commit']}; expected {NOWHERE}" in message
    kind, message = found["hub:owner/other@as"]
    assert kind == "EnvironmentProblem"
    assert "cannot be reached and the dataset is not in the cache" in message
    assert "Connect once" in message


@pytest.mark.slow
def test_an_error_ends_with_its_exit_code(root: Path, tmp_path: Path) -> None:
    with Hub(root) as hub:
        environment = hub.environment(tmp_path)
        command = [sys.executable, "-m", "nerbridge", "data", "audit", "hub:owner/columns", "-q"]
        for _ in range(2):
            done = subprocess.run(command, capture_output=True, text=True, env=environment)
            assert done.returncode == 2, done.stderr


def test_threads_may_end_before_the_interpreter_does() -> None:
    """A thread that is asleep in Python when the main thread is done, as pyarrow's may be."""
    code = (
        "import atexit, threading, time\n"
        "from nerbridge.corpus import hub\n"
        "hub._THREADS_END_S = 2\n"
        "hub._import_datasets('a'); hub._import_datasets('b')\n"
        "nap = lambda: (time.sleep(1), print('ended', flush=True))\n"
        "atexit.register(lambda: threading.Thread(target=nap, daemon=True).start())\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == "ended\n", done.stderr


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (f"{WIKIANN}#{NOWHERE}", f"no revision '{NOWHERE}'"),
        ("hub:owner/wikiann@xx", "BuilderConfig 'xx' not found"),
        ("hub:owner/nothing", "the hub has no dataset owner/nothing, or it is private"),
        (
            "hub:owner/script",
            "a loading script (script.py), and nerbridge runs no code from the hub",
        ),
        ("hub:owner/columns", "the columns are text; expected words in tokens or words"),
    ],
)
def test_what_cannot_be_read_is_told(answers: Answers, spec: str, message: str) -> None:
    kind, found = answers[0][spec]
    assert kind == "CorpusError"
    assert found.startswith(spec)
    assert message in found


def test_other_splits_are_counted(answers: Answers) -> None:
    corpus = answers[0]["hub:owner/splits"]
    assert list(corpus["splits"]) == ["test"]
    assert corpus["losses"] == {"ignored_splits": 2}


def test_names() -> None:
    assert parse_hub_spec("hub:a/b") == HubSpec("a/b", None, None)
    assert parse_hub_spec("hub:a/b#refs/x") == HubSpec("a/b", None, "refs/x")
    assert str(parse_hub_spec("hub:a/b@c#d")) == "hub:a/b@c#d"
    for spec in ("hub:", "hub:a", "hub:a/b/c", "hub:a/b@", "hub:a/b@c d"):
        with pytest.raises(CorpusError, match="not the name of a hub dataset; expected hub:owner"):
            parse_hub_spec(spec)
