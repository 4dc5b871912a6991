"""Named-entity recognition for a language with almost no labelled data.

>>> from nerbridge import Tagger

Importing this package loads no model library, configures no logging, reads no environment
variable and opens no connection: what is named here is loaded when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nerbridge.client import Client
    from nerbridge.errors import (
        CorpusError,
        DocumentError,
        EnvironmentProblem,
        InputError,
        ModelError,
        ModelWarning,
        NerbridgeError,
        RecipeError,
        RunError,
        ScriptWarning,
        TextError,
        TextTypeError,
    )
    from nerbridge.tagging import Entities, Entity, Tagger

__version__ = "0.2.0"

__all__ = [
    "Client",
    "CorpusError",
    "DocumentError",
    "Entities",
    "Entity",
    "EnvironmentProblem",
    "InputError",
    "ModelError",
    "ModelWarning",
    "NerbridgeError",
    "RecipeError",
    "RunError",
    "ScriptWarning",
    "Tagger",
    "TextError",
    "TextTypeError",
    "__version__",
]

_ELSEWHERE = {"Client": "client", **dict.fromkeys(("Entities", "Entity", "Tagger"), "tagging")}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(f"{__name__}.{_ELSEWHERE.get(name, 'errors')}"), name)
    globals()[name] = found  # from now on it is found without this function
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
