"""What the user is told of an error: a message on stderr, and the exit code 1 or 2."""

from __future__ import annotations

import errno
import os
import sys
import traceback

from nerbridge import __version__
from nerbridge.cli.console import print_error, print_note
from nerbridge.errors import InputError, NerbridgeError, missing_extra
from nerbridge.files import to_readable_name

DEBUG_VARIABLE = "NERBRIDGE_DEBUG"
EXIT_FAILED = 1
EXIT_WRONG_INPUT = 2

_MAKE_ROOM = "Free some disk space and run the same command again; finished work is kept."
_GET_ACCESS = "Check its owner and permissions, or choose another path."
_REMEDIES = {
    errno.ENOSPC: _MAKE_ROOM,
    errno.EDQUOT: _MAKE_ROOM,
    errno.EACCES: _GET_ACCESS,
    errno.EPERM: _GET_ACCESS,
    errno.EROFS: "Choose a path that can be written to.",
    errno.ENOENT: "Check the spelling and the current folder.",
    errno.EISDIR: "Give a file, not a folder.",
    errno.ENOTDIR: "Give a folder, not a file.",
}

_EXTRA_OF_MODULE = {
    **dict.fromkeys(("accelerate", "datasets", "peft", "pycrfsuite"), "train,report"),
    **dict.fromkeys(("scipy", "torch", "transformers"), "train,report"),
    **dict.fromkeys(("onnx", "onnxscript"), "export"),
}
"""What to install where a module is missing and no command has checked for it itself."""


def report_error(error: Exception) -> int:
    """Print the message for ``error`` on stderr and return the exit code."""
    if _wants_traceback():
        traceback.print_exception(error)
    if isinstance(error, NerbridgeError):
        print_error(str(error))
        return EXIT_WRONG_INPUT if isinstance(error, InputError) else EXIT_FAILED
    if isinstance(error, OSError):
        print_error(describe_os_error(error))
        return EXIT_FAILED
    if isinstance(error, ModuleNotFoundError) and (extra := _missing_extra(error)):
        print_error(str(missing_extra("this command needs", error.name, extra)))
        return EXIT_FAILED
    # Python keeps the bytes of such a name as lone surrogates, which cannot be encoded.
    if isinstance(error, UnicodeEncodeError) and any(map(_is_undecoded, sys.argv)):
        names = ", ".join(filter(_is_undecoded, sys.argv))
        print_error(
            f"{names}: the locale of this terminal cannot read the name. Set PYTHONUTF8=1, and run "
            "the command again."
        )
        return EXIT_WRONG_INPUT
    print_error(f"{type(error).__name__}: {error}", label="unexpected error:")
    if not _wants_traceback():
        print_note(
            f"This is a bug in nerbridge {__version__}. Please report it, with the traceback that "
            f"the same command shows with {DEBUG_VARIABLE}=1 before it."
        )
    return EXIT_FAILED


def _missing_extra(error: ModuleNotFoundError) -> str | None:
    return _EXTRA_OF_MODULE.get((error.name or "").partition(".")[0])


def _is_undecoded(word: str) -> bool:
    return to_readable_name(word) != word


def describe_os_error(error: OSError) -> str:
    """The operating system's complaint: place, what happened, what to do.

    >>> describe_os_error(FileNotFoundError(2, "No such file or directory", "corpus.conll"))
    'corpus.conll: No such file or directory. Check the spelling and the current folder.'
    """
    # Libraries raise `OSError` with a text alone.
    if error.errno is None:
        return str(error)
    place = error.filename if error.filename is not None else "a file"
    remedy = _REMEDIES.get(error.errno)
    return f"{place}: {error.strerror}." + (f" {remedy}" if remedy else "")


def _wants_traceback() -> bool:
    return os.environ.get(DEBUG_VARIABLE, "") not in ("", "0")
