"""Every error nerbridge raises on purpose.

::

    NerbridgeError
    ├── InputError              the user's files or arguments          (exit code 2)
    │   ├── CorpusError         a labelled file cannot be read as asked
    │   ├── RecipeError         a recipe is wrong; lists every mistake at once
    │   ├── DocumentError       a PDF, DOCX or HTML file cannot be read, or is not safe to
    │   └── TextError           a text cannot be processed, such as one with lone surrogates
    │       └── TextTypeError   something else than a str was given; it is a TypeError, too
    ├── ModelError              a model folder, adapter or encoder does not fit
    ├── RunError                a run folder cannot be continued or read
    └── EnvironmentProblem      no network, no disk, a missing extra

A message names the place, what was found, what was expected, and what to do.

`ScriptWarning` is no error: it warns of texts that the model cannot read well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import ValidationError


class NerbridgeError(Exception):
    """Base of all errors raised on purpose; ``str(error)`` is fit to show a user."""


class InputError(NerbridgeError):
    """The user's files or arguments are wrong."""


class CorpusError(InputError):
    """A labelled file cannot be read as asked."""


class RecipeError(InputError):
    """A recipe is wrong. The message lists every mistake at once."""


class DocumentError(InputError):
    """A document cannot be read: damaged, locked, scanned, too large, of an unreadable kind."""


class TextError(InputError):
    """A text cannot be processed."""


class TextTypeError(TextError, TypeError):
    """Something else than a text was given where a text is expected."""


class ModelError(NerbridgeError):
    """A model folder, adapter or encoder is incomplete or does not fit."""


class RunError(NerbridgeError):
    """A run folder cannot be continued or read."""


class EnvironmentProblem(NerbridgeError):
    """The machine lacks something: network, disk space, an optional dependency."""


def missing_extra(
    needs: str, library: str | None, extra: str, instead: str = ""
) -> EnvironmentProblem:
    """The error for a library that only an extra of this package brings.

    Args:
        needs: what needs the library, with its verb.
        library: the name of the module that is missing.
        extra: the extra, or several with commas.
        instead: what the user can do without it; a clause.

    >>> print(missing_extra("Parquet needs", "pyarrow", "parquet"))
    Parquet needs pyarrow, which is not installed. Install it: pip install 'nerbridge[parquet]'
    """
    remedy = f"Install it: pip install 'nerbridge[{extra}]'" + (f"; {instead}" if instead else "")
    return EnvironmentProblem(f"{needs} {library}, which is not installed. {remedy}")


class ScriptWarning(UserWarning):
    """A text is in a script that the model does not read well, so it will miss most names.

    `Tagger` gives each of these warnings once. To silence them::

        warnings.simplefilter("ignore", ScriptWarning)
    """


class OldNameWarning(FutureWarning):
    """A recipe, option or command has a name of an earlier version. The next one refuses it."""


class ModelWarning(UserWarning):
    """A part of a model was left out: tensors that nothing reads, or unknown settings."""


def first_fault(error: ValidationError | UnicodeDecodeError) -> str:
    """The first fault of a JSON file that was read, in a few words."""
    if isinstance(error, UnicodeDecodeError):
        return f"not UTF-8 at byte {error.start}"
    fault = error.errors(include_url=False, include_input=False, include_context=False)[0]
    place = ".".join(map(str, fault["loc"]))
    return f"{place}: {fault['msg']}" if place else fault["msg"]


def first_line(error: BaseException) -> str:
    """The first line of what another library says; the kind of the error if it says nothing.

    >>> first_line(ValueError("no such row\\nTraceback")), first_line(TimeoutError())
    ('no such row', 'TimeoutError')
    """
    return (str(error).splitlines() or [type(error).__name__])[0]
