"""The sections of the page about a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nerbridge.io.toml import to_toml
from nerbridge.markup import Markup, concat, concat_all, element
from nerbridge.records import RunRecord, System
from nerbridge.report.blocks import (
    Styles,
    bullets,
    definitions,
    figures,
    fold,
    paragraphs,
    section,
    table_to_html,
)
from nerbridge.report.data_tables import (
    audit_table,
    corpus_table,
    loss_table,
    overlap_table,
    rest_of_audit,
)
from nerbridge.report.drawing import Drawing
from nerbridge.report.examples import errors_to_html, legend
from nerbridge.report.formatting import format_seconds
from nerbridge.report.narrative import (
    caveats,
    findings,
    headline,
    main_system,
    name_test,
)
from nerbridge.report.score_plots import LINE_FROM
from nerbridge.report.score_tables import calibration_table, scored_system, threshold_table
from nerbridge.report.tables import (
    cost_table,
    mistake_table,
    paired_table,
    result_table,
    seed_table,
    seen_table,
    type_table,
)
from nerbridge.text.languages import name_language

Figures = Mapping[str, list[Drawing]]


def describe_task(record: RunRecord) -> str:
    """The title of the page.

    Languages that are both target and source are named as targets only.
    """
    targets = _languages(record, "target")
    sources = [name for name in _languages(record, "source") if name not in targets]
    title = f"Named entities in {_join(targets) or record.name}"
    return f"{title}, carried over from {_join(sources)}" if sources else title


def header(record: RunRecord) -> Markup:
    """Title, claim, what else was found, what limits it."""
    facts = [record.name, record.created[:10], f"nerbridge {record.nerbridge}"]
    if record.wall_s:
        facts.append(f"{format_seconds(record.wall_s)} of training")
    others, limits = findings(record), caveats(record)
    return element(
        "header",
        element("p", " · ".join(facts), class_="facts"),
        element("h1", describe_task(record)),
        element("p", headline(record), class_="claim"),
        concat(element("h2", "Also found"), *map(_finding, others)) if others else None,
        concat(element("h2", "Read with care"), bullets(limits)) if limits else None,
        id="top",
    )


def results(record: RunRecord, drawn: Figures, styles: Styles) -> Markup:
    """Scores of every system, and which differ."""
    return section(
        "results",
        "Results",
        table_to_html(result_table(record), styles),
        figures(drawn["f1"]),
        table_to_html(paired_table(record), styles),
        table_to_html(seed_table(record), styles),
    )


def training(record: RunRecord, drawn: Figures, styles: Styles) -> Markup:
    """Curves and cost."""
    return section(
        "training", "Training", figures(drawn["curves"]), table_to_html(cost_table(record), styles)
    )


def breakdown(record: RunRecord, drawn: Figures, styles: Styles) -> Markup:
    """Where each system is right and wrong."""
    return section(
        "breakdown",
        "Where they are right and wrong",
        table_to_html(type_table(record), styles),
        figures([*drawn["types"], *drawn["mentions"]]),
        table_to_html(seen_table(record), styles),
        table_to_html(mistake_table(record), styles),
        figures(drawn["confusion"]),
    )


def scores(record: RunRecord, drawn: Figures, styles: Styles) -> Markup:
    """Whether the score of an entity means what it says, and what a threshold on it costs."""
    if scored_system(record) is None:
        return Markup("")
    return section(
        "scores",
        "Can the scores be trusted?",
        paragraphs(
            "Every entity comes with a score, the model's probability that exactly these words "
            "are an entity of this type. It means what it says if, of the entities scored 0.8, "
            "four in five are right. After training, one number per model (its temperature) was "
            "fitted on the validation sentences; it changes no entity, only the scores. A "
            "zero-shot model is fitted on the sources, having seen no sentence of the target. What "
            "is fitted holds for text like the validation sentences; on other text expect scores "
            "that are too high."
        ),
        table_to_html(calibration_table(record), styles),
        figures(drawn["reliability"]),
        element(
            "p",
            "All seeds together; the larger a point, the more entities, and the line leaves out "
            f"points of fewer than {LINE_FROM}. On the grey line scores mean what they say; below "
            "it the model is too sure of itself. Bars count the entities by calibrated score, "
            "strokes by score as given.",
            class_="caption",
        ),
        figures(drawn["thresholds"]),
        table_to_html(threshold_table(record), styles),
    )


def errors(record: RunRecord, styles: Styles) -> Markup:
    """The most frequent errors, those of the main system first and open."""
    main = main_system(record)
    with_errors = [system for system in record.systems if system.errors]
    if main is None or not with_errors:
        return Markup("")
    language = _code(record, "target")
    shown = concat(element("h3", f"Errors of {main.name}"), errors_to_html(main.errors, language))
    others = (
        fold(f"Errors of {system.name}", errors_to_html(system.errors, language))
        for system in with_errors
        if system.name != main.name
    )
    return section(
        "errors",
        "Most frequent errors",
        element("p", f"Of the first seed, on {name_test(record, 'test')}.", class_="caption"),
        legend(),
        shown if main.errors else None,
        concat_all(others),
    )


def data(record: RunRecord, drawn: Figures, styles: Styles) -> Markup:
    """The corpora: sizes, leaks, losses, tokens."""
    audits = (
        fold(
            f"Audit of {corpus.name}",
            definitions(rest_of_audit(corpus)),
            table_to_html(audit_table(corpus), styles),
        )
        for corpus in record.corpora
    )
    return section(
        "data",
        "Data",
        table_to_html(corpus_table(record), styles),
        table_to_html(overlap_table(record), styles),
        figures(drawn["fragmentation"]),
        table_to_html(loss_table(record), styles),
        concat_all(audits),
    )


def origin(record: RunRecord, styles: Styles) -> Markup:
    """How to get the same again: command, models, recipe, versions, machine."""
    notes = bullets(record.notes)
    return section(
        "origin",
        "How it was made",
        concat(element("h3", "What was lost or changed on the way"), notes) if notes else None,
        element("h3", "Commands"),
        element("pre", element("code", record.command)),
        paragraphs("Any trained model below can be scored again, on any labelled corpus, with"),
        element("pre", element("code", "nerbridge evaluate RUN/MODEL CORPUS")),
        element("h3", "Models"),
        concat_all(
            fold(system.name, definitions(system_manifest(system))) for system in record.systems
        ),
        element("h3", "Recipe"),
        element("p", f"sha256 {record.recipe_sha256}", class_="caption hash"),
        element("pre", element("code", to_toml(record.recipe))),
        element("h3", "Encoder"),
        definitions(record.encoder),
        element("h3", "Versions and machine"),
        definitions({"nerbridge": record.nerbridge, **record.versions}),
        definitions({**record.machine, "created": record.created}),
    )


def system_manifest(system: System) -> dict[str, Any]:
    """What the manifests of a system say; what differs between seeds is told seed by seed."""
    shown: dict[str, Any] = {
        "model": definitions({f"seed {result.seed}": result.model for result in system.seeds})
    }
    for key in dict.fromkeys(key for result in system.seeds for key in result.manifest):
        values = {f"seed {result.seed}": result.manifest.get(key) for result in system.seeds}
        first, *others = values.values()
        shown[key] = first if all(value == first for value in others) else definitions(values)
    return shown


def _finding(finding: tuple[str, list[str]]) -> Markup:
    about, found = finding
    return concat(element("p", about, class_="about"), bullets(found))


def _languages(record: RunRecord, role: str) -> list[str]:
    codes = (corpus.language for corpus in record.corpora if corpus.role == role)
    return [name_language(code) for code in dict.fromkeys(codes)]


def _code(record: RunRecord, role: str) -> str | None:
    found = (corpus.language for corpus in record.corpora if corpus.role == role)
    return next(found, None)


def _join(names: list[str]) -> str:
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"
