"""The encoders in the package."""

from __future__ import annotations

from pathlib import Path

from nerbridge.errors import ModelError

BUNDLED_PREFIX = "bundled:"
BUNDLED_FOLDER = Path(__file__).parent / "bundled"


def bundled_folder(spec: str) -> Path:
    """The folder of ``bundled:NAME``.

    Raises:
        ModelError: there is none.
    """
    folder = BUNDLED_FOLDER / spec.removeprefix(BUNDLED_PREFIX)
    if not (folder / "config.json").is_file():
        found = sorted(
            f"{BUNDLED_PREFIX}{p.parent.name}" for p in BUNDLED_FOLDER.glob("*/config.json")
        )
        raise ModelError(
            f"{spec}: no such bundled encoder. Available: {', '.join(found) or 'none'}. "
            "Or give a folder or a hub id."
        )
    return folder
