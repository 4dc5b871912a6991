import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from hub_standin import Hub, file_id
from nerbridge.models.encoder import EncoderSource

# The clients read their address when imported, so everything asked of one hub is one process.
ASK = """
import json, sys
from nerbridge.errors import NerbridgeError
from nerbridge.labels import LabelSet
from nerbridge.models.encoder import load_token_classifier, load_tokenizer, resolve_encoder
answers = []
for spec, revision in json.loads(sys.argv[1]):
    try:
        source = resolve_encoder(spec, revision)
        load_tokenizer(source)
        load_token_classifier(source, LabelSet(), seed=0)
        files = sorted(path.name for path in source.folder.iterdir())
        answers.append([source.id, source.revision, files])
    except NerbridgeError as error:
        answers.append([type(error).__name__, str(error)])
print(json.dumps(answers))
"""


def _ask(environment: dict[str, str], *asked: tuple[str, str | None]) -> list[list[object]]:
    done = subprocess.run(
        [sys.executable, "-c", ASK, json.dumps(asked)],
        env={**environment, "HF_HUB_ETAG_TIMEOUT": "2"},
        capture_output=True,
        text=True,
        check=True,
    )
    answers: list[list[object]] = json.loads(done.stdout.splitlines()[-1])
    return answers


@pytest.mark.slow
def test_the_hub_once_and_then_the_cache(hub: Hub, encoder: EncoderSource, tmp_path: Path) -> None:
    whole = hub.root / "models" / "owner" / "small"
    shutil.copytree(encoder.folder, whole)
    for name in ("pytorch_model.bin", "code.py", "onnx/model.safetensors"):
        (whole / name).parent.mkdir(exist_ok=True)
        (whole / name).write_text("never fetched")
    pickled = hub.root / "models" / "owner" / "pickled"
    shutil.copytree(encoder.folder, pickled)
    (pickled / "model.safetensors").rename(pickled / "pytorch_model.bin")
    environment = hub.environment(tmp_path / "home")
    commit = hub.repository("models", "owner/small").sha
    loaded, misspelt, no_revision, unsafe = _ask(
        environment,
        ("owner/small", None),
        ("owner/smal", None),
        ("owner/small", "v9"),
        ("owner/pickled", None),
    )
    assert loaded[:2] == ["owner/small", commit]
    wanted = ["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"]
    assert loaded[2] == wanted
    assert misspelt[0] == "ModelError"
    assert "owner/smal: no such folder here and no such model" in str(misspelt[1])
    assert no_revision[0] == "ModelError"
    assert "no revision 'v9'" in str(no_revision[1])
    assert unsafe[0] == "ModelError"
    assert "no model.safetensors" in str(unsafe[1])
    assert file_id(whole / "code.py") not in str(list((tmp_path / "home").rglob("*")))

    without_network = {**environment, "HF_ENDPOINT": "http://127.0.0.1:9"}
    cached, pinned, absent = _ask(
        without_network, ("owner/small", None), ("owner/small", commit), ("owner/other", None)
    )
    assert cached == loaded
    assert pinned == loaded
    assert absent[0] == "EnvironmentProblem"
    assert "no such folder here, not in the local cache, and the hub cannot be reached" in str(
        absent[1]
    )
