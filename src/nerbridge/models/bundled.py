"""The encoders and the taggers in the package."""

from __future__ import annotations

from pathlib import Path

from nerbridge.errors import ModelError

BUNDLED_PREFIX = "bundled:"
ENCODERS = Path(__file__).parent / "bundled"
TAGGERS = Path(__file__).parent.parent / "tagging" / "bundled"


def bundled_folder(spec: str) -> Path:
    """The folder of the encoder ``bundled:NAME``.

    Raises:
        ModelError: there is none.
    """
    return _find(spec, ENCODERS, "encoder")


def bundled_tagger(spec: str) -> Path:
    """The folder of the trained model ``bundled:NAME``.

    Raises:
        ModelError: there is none.
    """
    return _find(spec, TAGGERS, "model")


def _find(spec: str, root: Path, kind: str) -> Path:
    names = sorted(path.parent.name for path in root.glob("*/config.json"))
    name = spec.removeprefix(BUNDLED_PREFIX)
    if name in names:
        return root / name
    found = ", ".join(f"{BUNDLED_PREFIX}{name}" for name in names) or "none"
    raise ModelError(
        f"{spec}: no such bundled {kind}. Available: {found}. Or give a folder or a hub id."
    )
