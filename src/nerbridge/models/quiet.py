"""transformers without its progress bars and load reports, for the length of a `with` block."""

from __future__ import annotations

import logging as levels
from collections.abc import Iterator
from contextlib import contextmanager

from transformers.utils import logging


@contextmanager
def suppress_transformers_logging() -> Iterator[None]:
    """Silence transformers' messages below errors and its progress bars, then restore both.

    What its load report says (missing, unexpected tensors) is checked by the callers instead.
    """
    verbosity, has_bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity(levels.ERROR)
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if has_bars:
            logging.enable_progress_bar()  # type: ignore[no-untyped-call]
