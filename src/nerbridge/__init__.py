"""Named-entity recognition for a language with almost no labelled data.

>>> from nerbridge import Tagger

Importing this package loads no model library, configures no logging, reads no environment
variable and opens no connection: what is named here is loaded when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nerbridge.client import Client
    from nerbridge.corpus import Corpus, Sentence, read_corpus
    from nerbridge.corpus.audit import audit
    from nerbridge.errors import (
        CorpusError,
        DocumentError,
        EnvironmentProblem,
        InputError,
        ModelError,
        ModelWarning,
        NerbridgeError,
        OldNameWarning,
        RecipeError,
        RunError,
        ScriptWarning,
        TextError,
        TextTypeError,
    )
    from nerbridge.tagging import Entities, Entity, Tagger
    from nerbridge.workflows.analyse import analyse
    from nerbridge.workflows.calibrate import calibrate
    from nerbridge.workflows.compare import compare
    from nerbridge.workflows.evaluate import evaluate
    from nerbridge.workflows.export import export
    from nerbridge.workflows.labelled import CorpusOptions
    from nerbridge.workflows.pseudo_label import PseudoLabelOptions, pseudo_label
    from nerbridge.workflows.publish import publish
    from nerbridge.workflows.run import run
    from nerbridge.workflows.suggest import suggest
    from nerbridge.workflows.tag_files import TagOptions, tag_files

__version__ = "0.2.0"

__all__ = [
    "Client",
    "Corpus",
    "CorpusError",
    "CorpusOptions",
    "DocumentError",
    "Entities",
    "Entity",
    "EnvironmentProblem",
    "InputError",
    "ModelError",
    "ModelWarning",
    "NerbridgeError",
    "OldNameWarning",
    "PseudoLabelOptions",
    "RecipeError",
    "RunError",
    "ScriptWarning",
    "Sentence",
    "TagOptions",
    "Tagger",
    "TextError",
    "TextTypeError",
    "__version__",
    "analyse",
    "audit",
    "calibrate",
    "compare",
    "evaluate",
    "export",
    "pseudo_label",
    "publish",
    "read_corpus",
    "run",
    "suggest",
    "tag_files",
]

_IN_WORKFLOWS = (
    *("analyse", "calibrate", "compare", "evaluate", "export"),
    *("pseudo_label", "publish", "run", "suggest", "tag_files"),
)
_MODULE_OF = {
    "Client": "client",
    **dict.fromkeys(("Corpus", "Sentence", "read_corpus"), "corpus"),
    "audit": "corpus.audit",
    **dict.fromkeys(("Entities", "Entity", "Tagger"), "tagging"),
    "CorpusOptions": "workflows.labelled",
    "PseudoLabelOptions": "workflows.pseudo_label",
    "TagOptions": "workflows.tag_files",
    **{name: f"workflows.{name}" for name in _IN_WORKFLOWS},
}
"""The module of each public name that is not an error. No submodule of this package may have one
of these names: an import of it would put the module in the name's place."""


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(f"{__name__}.{_MODULE_OF.get(name, 'errors')}"), name)
    globals()[name] = found  # from now on it is found without this function
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
