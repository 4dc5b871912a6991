"""The stand-in for the hub, tried with the real clients, each in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from safetensors.numpy import load_file

from hub_standin import Hub, write_tiny_encoder, write_wikiann

MODEL = "owner/tiny"
DATASET = "owner/wikiann"
SENTENCES = {
    "train": [
        (["অনিল", "বৰা", "যোৰহাটলৈ", "গ'ল", "।"], ["B-PER", "I-PER", "B-LOC", "O", "O"]),
        (["নদীৰ", "পানী", "বাঢ়িছে", "।"], ["O", "O", "O", "O"]),
    ],
    "validation": [(["যোৰহাট", "এখন", "চহৰ", "।"], ["B-LOC", "O", "O", "O"])],
    "test": [(["অনিলে", "ক'লে", "।"], ["B-PER", "O", "O"])],
}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A hub of one model and one data set."""
    folder = tmp_path_factory.mktemp("hub")
    texts = [" ".join(words) for split in SENTENCES.values() for words, _ in split]
    write_tiny_encoder(folder / "models" / MODEL, texts)
    write_wikiann(folder / "datasets" / DATASET, "as", SENTENCES)
    return folder


def run_client(hub: Hub, home: Path, program: str, **variables: str) -> dict[str, object]:
    """Run a program in a fresh process against the hub; the JSON it prints last."""
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        env={**hub.environment(home), **variables},
    )
    assert done.returncode == 0, done.stderr
    result: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return result


LOAD_MODEL = f"""
import json
from huggingface_hub import hf_hub_download, snapshot_download
from transformers import AutoModel, AutoTokenizer

model, tokenizer = AutoModel.from_pretrained("{MODEL}"), AutoTokenizer.from_pretrained("{MODEL}")
print(json.dumps({{
    "type": model.config.model_type,
    "first": model.embeddings.word_embeddings.weight[5].tolist(),
    "ids": tokenizer("যোৰহাট চহৰ")["input_ids"],
    "file": hf_hub_download("{MODEL}", "config.json"),
    "snapshot": snapshot_download("{MODEL}"),
}}))
"""

LOAD_SNAPSHOT = f"""
import json
from huggingface_hub import snapshot_download

print(json.dumps({{"snapshot": snapshot_download("{MODEL}")}}))
"""


@pytest.mark.slow
def test_models_load_by_name_and_then_from_the_cache(root: Path, tmp_path: Path) -> None:
    with Hub(root) as hub:
        loaded = run_client(hub, tmp_path, LOAD_MODEL)
        commit = hub.repository("models", MODEL).sha
    assert loaded["type"] == "xlm-roberta"
    weights = load_file(root / "models" / MODEL / "model.safetensors")
    assert loaded["first"] == weights["embeddings.word_embeddings.weight"][5].tolist()
    assert Path(str(loaded["snapshot"])).name == commit
    assert Path(str(loaded["file"])).parent.name == commit
    # The server is gone, the cache is whole.
    again = run_client(hub, tmp_path, LOAD_SNAPSHOT, HF_HUB_OFFLINE="1")
    assert again == {"snapshot": loaded["snapshot"]}


LOAD_DATASET = f"""
import json
from datasets import get_dataset_config_names, load_dataset

corpus = load_dataset("{DATASET}", "as")
pinned = load_dataset("{DATASET}", "as", revision="%s", split="train")
print(json.dumps({{
    "configs": get_dataset_config_names("{DATASET}"),
    "names": corpus["train"].features["ner_tags"].feature.names,
    "splits": {{name: [row["tokens"] for row in split] for name, split in corpus.items()}},
    "tags": [row["ner_tags"] for row in pinned],
    "spans": corpus["train"][0]["spans"],
}}))
"""


def test_corpora_load_by_name_and_revision(root: Path, tmp_path: Path) -> None:
    with Hub(root) as hub:
        program = LOAD_DATASET % hub.repository("datasets", DATASET).sha
        loaded = run_client(hub, tmp_path, program)
    assert loaded["configs"] == ["as"]
    assert loaded["names"] == ["O", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC"]
    words = {split: [words for words, _ in pairs] for split, pairs in SENTENCES.items()}
    assert loaded["splits"] == words
    assert loaded["tags"] == [[1, 2, 5, 0, 0], [0, 0, 0, 0]]
    assert loaded["spans"] == ["PER: অনিল বৰা", "LOC: যোৰহাটলৈ"]


MISSING = """
import json
from huggingface_hub import HfApi, hf_hub_download
from huggingface_hub.errors import HfHubHTTPError

def kind(call, *arguments, **words):
    try:
        call(*arguments, **words)
    except HfHubHTTPError as error:
        return type(error).__name__

print(json.dumps({
    "repository": kind(HfApi().model_info, "owner/absent"),
    "revision": kind(HfApi().model_info, "owner/tiny", revision="v9"),
    "file": kind(hf_hub_download, "owner/tiny", "absent.bin"),
}))
"""


def test_what_is_missing_is_told_apart(root: Path, tmp_path: Path) -> None:
    with Hub(root) as hub:
        assert run_client(hub, tmp_path, MISSING) == {
            "repository": "RepositoryNotFoundError",
            "revision": "RevisionNotFoundError",
            "file": "RemoteEntryNotFoundError",
        }


def test_a_range_is_that_part_of_the_file(root: Path) -> None:
    content = (root / "models" / MODEL / "config.json").read_bytes()
    with Hub(root) as hub:
        request = urllib.request.Request(
            f"{hub.url}/{MODEL}/resolve/main/config.json", headers={"Range": "bytes=5-20"}
        )
        with urllib.request.urlopen(request) as answer:
            assert answer.status == 206
            assert answer.headers["Content-Range"] == f"bytes 5-20/{len(content)}"
            assert answer.read() == content[5:21]


def test_nothing_outside_the_root_is_served(root: Path) -> None:
    with Hub(root / "models") as hub:
        request = f"{hub.url}/..%2Fdatasets/{DATASET}/resolve/main/README.md"
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(request)
