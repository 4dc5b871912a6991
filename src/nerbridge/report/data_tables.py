"""Tables about the corpora of a run, from what their audits say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from nerbridge.records import CorpusRecord, RunRecord
from nerbridge.report.formatting import MISSING, format_count, format_share
from nerbridge.report.tables import Column, Table
from nerbridge.text.languages import name_language

_ROLES = {"target": "target", "source": "source", "test_set": "further test"}
_IN_TABLES = frozenset({"splits", "overlaps", "losses", "name", "sha256", "revision"})
_LONG_FACTS = frozenset({"sentence_lengths"})


def corpus_table(record: RunRecord) -> Table:
    """Sizes and subwords per word of every corpus, split by split."""
    columns = (
        Column("corpus", is_number=False),
        Column("split", is_number=False),
        Column("sentences"),
        Column("words"),
        Column("entities"),
        Column("duplicates"),
        Column("conflicts"),
        Column("subwords per word"),
    )
    rows = tuple(row for corpus in record.corpora for row in _corpus_rows(corpus))
    notes = tuple(
        "" if number else f"{_ROLES[corpus.role]}, {name_language(corpus.language)}"
        for corpus in record.corpora
        for number in range(len(corpus.n_sentences))
    )
    return Table(
        "Corpora",
        "Duplicates stand in the same split before, but for Unicode form, spaces and punctuation; "
        "conflicts are sentences tagged in more than one way. Subwords per word as the model sees "
        "the text.",
        columns,
        rows,
        notes,
        is_by_system=False,
    )


def overlap_table(record: RunRecord) -> Table:
    """What the splits of every corpus share."""
    rows = tuple(
        (
            corpus.name,
            f"{overlap.get('split', MISSING)} in {overlap.get('other', MISSING)}",
            *_shared(overlap, "sentences"),
            *_shared(overlap, "mentions"),
        )
        for corpus in record.corpora
        for overlap in _mappings(corpus.audit.get("overlaps"))
    )
    columns = (
        Column("corpus", is_number=False),
        Column("splits", is_number=False),
        Column("shared sentences"),
        Column("share"),
        Column("shared mentions"),
        Column("share"),
    )
    return Table(
        "Leaks between splits",
        "Sentences and entity mentions of one split that also stand in another: sentences but for "
        "Unicode form, spaces and punctuation, mentions but for Unicode form.",
        columns,
        rows,
        is_by_system=False,
    )


def loss_table(record: RunRecord) -> Table:
    """What reading the corpora changed or dropped, where it did."""
    rows = tuple(
        (corpus.name, name.replace("_", " "), format_count(n))
        for corpus in record.corpora
        for name, n in corpus.losses.items()
        if n
    )
    columns = (Column("corpus", is_number=False), Column("what", is_number=False), Column("number"))
    title = "What reading the corpora changed or dropped"
    return Table(title, "", columns, rows, is_by_system=False)


def audit_table(corpus: CorpusRecord) -> Table:
    """Everything the audit counted in each split, without the histogram of lengths."""
    found = corpus.audit.get("splits")
    splits = {
        str(name): _flatten(facts)
        for name, facts in (found.items() if isinstance(found, Mapping) else ())
        if isinstance(facts, Mapping)
    }
    facts = dict.fromkeys(fact for split in splits.values() for fact in split)
    rows = tuple((fact, *(split.get(fact, MISSING) for split in splits.values())) for fact in facts)
    columns = (Column("fact", is_number=False), *(Column(name) for name in splits))
    return Table("Splits", "", columns, rows, is_by_system=False)


def rest_of_audit(corpus: CorpusRecord) -> dict[str, Any]:
    """What identifies the corpus, and what the audit says of it as a whole."""
    rest = {key: value for key, value in corpus.audit.items() if key not in _IN_TABLES}
    return {"sha256": corpus.sha256, "revision": corpus.revision, **rest}


def _flatten(facts: Mapping[str, Any]) -> dict[str, str]:
    """Facts by name in words; counts of counts stand in one line."""
    flat: dict[str, str] = {}
    for key, value in facts.items():
        name = _name_fact(key)
        if key in _LONG_FACTS:
            continue
        if isinstance(value, Mapping):
            flat[name] = " · ".join(
                f"{_name_fact(inner)} {_fact(n)}".strip()
                for inner, n in value.items()
                if not isinstance(n, Mapping | list | tuple)
            )
        else:
            flat[name] = _fact(value)
    return flat


def _name_fact(key: Any) -> str:
    """A count by what it counts; nothing for a bare ``n``."""
    return "" if key == "n" else str(key).removeprefix("n_").replace("_", " ")


def _fact(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.2f}".removesuffix(".00")
    return (
        format_count(value) if isinstance(value, int) else MISSING if value is None else str(value)
    )


def _corpus_rows(corpus: CorpusRecord) -> Iterator[tuple[str, ...]]:
    audited = corpus.audit.get("splits")
    for number, (split, n_sentences) in enumerate(corpus.n_sentences.items()):
        found = audited.get(split) if isinstance(audited, Mapping) else None
        facts = found if isinstance(found, Mapping) else {}
        n_subwords = corpus.subwords_per_word.get(split)
        yield (
            "" if number else corpus.name,
            split,
            format_count(n_sentences),
            _count(facts.get("n_words")),
            _count(facts.get("n_entities")),
            _count(facts.get("n_duplicates_normalised")),
            _count(facts.get("n_conflicts")),
            MISSING if n_subwords is None else f"{n_subwords:.2f}",
        )


def _shared(overlap: Mapping[str, Any], what: str) -> tuple[str, str]:
    """How many are shared, and their share."""
    n_shared, n = overlap.get(f"n_shared_{what}_normalised"), overlap.get(f"n_{what}")
    if not isinstance(n_shared, int) or not isinstance(n, int):
        return MISSING, MISSING
    return f"{format_count(n_shared)} of {format_count(n)}", format_share(n_shared, n)


def _count(value: Any) -> str:
    return format_count(value) if isinstance(value, int) else MISSING


def _mappings(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, list | tuple):
        yield from (item for item in value if isinstance(item, Mapping))
