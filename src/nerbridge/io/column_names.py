"""What the columns of words, tags and sentences are called in tables that people have."""

from __future__ import annotations

from collections.abc import Collection, Sequence

SENTENCE_NAMES = ("sentence_id", "sentence", "sentence #", "sent_id", "sentence_no", "sentence id")
DOCUMENT_NAMES = ("document_id", "doc_id", "document", "document id")
WORD_NAMES = ("word", "token", "words", "tokens", "form")
TAG_NAMES = ("tag", "ner_tag", "label", "ner", "ner_tags", "labels", "tags", "entity", "iob")


def find_name(header: Sequence[str], names: Sequence[str]) -> int | None:
    """The first column of one of these names, in any case; None if there is none.

    >>> find_name(["Sentence #", "Word", "POS", "Tag"], TAG_NAMES)
    3
    """
    known = [name.strip().lower() for name in header]
    return next((known.index(name) for name in names if name in known), None)


def find_header(cells: Sequence[str], chosen: Collection[str] = ()) -> Sequence[str] | None:
    """The cells, if they are names of columns: of words and of tags, or all that were chosen.

    >>> find_header(["token", "label"]), find_header(["label", "O"])
    (['token', 'label'], None)
    >>> find_header(["wort", "klasse"], ["wort", "klasse"])
    ['wort', 'klasse']
    """
    is_header = find_name(cells, WORD_NAMES) is not None and find_name(cells, TAG_NAMES) is not None
    are_chosen = bool(chosen) and all(find_name(cells, [one.lower()]) is not None for one in chosen)
    return cells if is_header or are_chosen else None
