"""The report: one page that loads nothing from elsewhere, and reads without scripts too."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files

from nerbridge.analysis.cells import (
    day_cell,
    foreign,
    make_table,
    name_type,
    number_cell,
    ratio_cell,
    say_chance,
    say_day,
    variants_cell,
)
from nerbridge.analysis.change import MAX_FALSE_SHARE, MIN_ARTICLES, MIN_NEWCOMER_ARTICLES
from nerbridge.analysis.counting import EARLIEST, MAX_TOGETHER, Facts, min_together
from nerbridge.analysis.drawings import (
    draw_network,
    draw_sparkline,
    draw_timeline,
    say_period,
)
from nerbridge.analysis.findings import Findings
from nerbridge.analysis.tables import TABLES, EntityRow, Passage
from nerbridge.markup import Markup, concat_all, element, make_page
from nerbridge.palette import type_class
from nerbridge.tagging.marked import show_controls
from nerbridge.text.counts import count_of

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"


def build_page(findings: Findings) -> str:
    """The page as HTML."""
    read = files("nerbridge.analysis").joinpath
    style, script = read("page.css").read_text("utf-8"), read("page.js").read_text("utf-8")
    body = (_header(findings), _main(findings), element("script", Markup(script)))
    return make_page(findings.title, style, *body, policy=_POLICY)


def _header(findings: Findings) -> Markup:
    facts = findings.facts
    days = "no dated article"
    if facts.first_day and facts.last_day:
        days = f"{say_day(facts.first_day)} – {say_day(facts.last_day)}"
    figures = [
        count_of(facts.n_articles, "article"),
        count_of(facts.n_mentions, "mention"),
        count_of(facts.n_entities, "entity", "entities"),
    ]
    parts = [figure.partition(" ") for figure in figures]
    numbers = concat_all(
        element("li", element("b", number), f" {what}") for number, _, what in parts
    )
    return element(
        "header",
        element("h1", findings.title),
        element("p", days, class_="days"),
        element("ul", numbers, class_="figures"),
        _losses(facts),
        _navigation(findings),
        class_="top",
    )


def _losses(facts: Facts) -> Markup:
    """What is not in the counts, and why."""
    said = [
        ("repeated texts, counted once", facts.n_duplicates),
        ("without text, left out", facts.n_empty),
        ("without a usable date, not counted over time", facts.n_undated),
        ("with a date that cannot be read", facts.n_unreadable),
        (f"with a date to come, or before {EARLIEST.year}", facts.n_impossible),
        (f"with more than {MAX_TOGETHER} names, not counted in pairs", facts.n_crowded),
    ]
    notes = [f"{what}: {n:,}" for what, n in said if n]
    if facts.n_unclear:
        how = f"read {facts.read_as} like the others" if facts.read_as else "not used"
        notes.append(f"with a date of two readings, {how}: {facts.n_unclear:,}")
    found = "" if facts.n_entities else "The model found no name in these articles. "
    if not notes:
        return element("p", found, class_="note") if found else Markup("")
    return element("p", f"{found}{facts.n_records:,} records; {'; '.join(notes)}.", class_="note")


def _navigation(findings: Findings) -> Markup:
    entries = [("#risers", "Rising")]
    entries += [("#newcomers", "New")] if findings.facts.recent_from else []
    entries += [("#network", "Together")]
    entries += [(f"#type-{type_}", name_type(type_)) for type_ in findings.top]
    entries += [("#passages", "Passages"), ("#method", "How to read this")]
    links = concat_all(element("a", name, href=target) for target, name in entries)
    field = element(
        "input", type="search", id="search", placeholder="name or spelling", autocomplete="off"
    )
    # The script shows it: without a script nothing would be found.
    search = element("label", "Search ", field, class_="search", hidden="")
    found = element("span", id="found", role="status")
    return element("nav", links, search, found, aria_label="Sections")


def _main(findings: Findings) -> Markup:
    return element(
        "main",
        _timeline(findings),
        _risers(findings),
        _newcomers(findings),
        _network(findings),
        concat_all(_type_section(findings, type_) for type_ in findings.top),
        _passages(findings),
        _method(findings),
    )


def _timeline(findings: Findings) -> Markup:
    facts = findings.facts
    if not findings.periods:
        return Markup("")
    return element(
        "section",
        element("h2", f"Articles by {facts.by}"),
        draw_timeline(findings.periods, facts.recent_from, facts.by),
        id="time",
    )


def _risers(findings: Findings) -> Markup:
    facts = findings.facts
    if facts.recent_from is None:
        text = "Too few periods with dates to compare."
        if findings.periods and facts.by != "day":
            text += " Try a shorter one: --by day."
        return _section("risers", "Rising", element("p", text))
    since = say_period(facts.recent_from, facts.by)
    lead = (
        f"In a greater share of the {facts.n_recent_articles:,} dated articles since {since} than "
        f"of the {facts.n_earlier_articles:,} before"
    )
    if not findings.risers:
        none = _nothing("No name rises so clearly that chance is a poor explanation.")
        return _section("risers", "Rising", element("p", f"{lead}."), none)
    lead += f"; at most {MAX_FALSE_SHARE:.0%} of this list is expected to be chance."
    rows = [
        (
            *_name_cells(row, findings),
            number_cell(row.n_recent),
            number_cell(row.n_earlier),
            ratio_cell(row),
            number_cell(row.q, say_chance(row.q)),
        )
        for row in findings.risers
    ]
    heads = ("Name", "Type", "Over time", "Recent", "Before", "Share grew ×", "q")
    return _section(
        "risers",
        "Rising",
        element("p", lead),
        make_table(heads, rows),
        _more(findings, "riser", rows),
    )


def _newcomers(findings: Findings) -> Markup:
    facts = findings.facts
    if facts.recent_from is None:
        return Markup("")
    lead = (
        f"First mentioned since {say_period(facts.recent_from, facts.by)}, in "
        f"{MIN_NEWCOMER_ARTICLES} articles or more."
    )
    if not findings.newcomers:
        return _section("newcomers", "New", element("p", lead), _nothing("No name is new."))
    rows = [
        (
            *_name_cells(row, findings),
            number_cell(row.n_recent),
            day_cell(row.first_day),
            number_cell(row.p, say_chance(row.p)),
        )
        for row in findings.newcomers
    ]
    heads = ("Name", "Type", "Over time", "Articles", "First on", "p")
    more = _more(findings, "newcomer", rows)
    return _section("newcomers", "New", element("p", lead), make_table(heads, rows), more)


def _network(findings: Findings) -> Markup:
    network, facts = findings.network, findings.facts
    if not network.nodes:
        return _section("network", "Together", _nothing("No pair meets more often than chance."))
    linked = frozenset(row.entity for row in findings.entities())
    kinds = {node.entity.type for node in network.nodes}
    legend = concat_all(
        element("li", name_type(type_), class_=type_class(type_, findings.type_names))
        for type_, _, _ in findings.types
        if type_ in kinds
    )
    lead = (
        "Pairs in the same articles more often than chance would have it. The thicker the line, "
        "the more the two belong together; a name leads to its passages."
    )
    return _section(
        "network",
        "Together",
        element("p", lead),
        element("ul", legend, class_="legend"),
        element(
            "div",
            draw_network(network, linked, findings.type_names, facts.language),
            class_="wide",
            tabindex="0",
        ),
    )


def _type_section(findings: Findings, type_: str) -> Markup:
    shown = findings.top[type_]
    n = next(n for name, n, _ in findings.types if name == type_)
    rows = [
        (
            *_name_cells(row, findings, with_type=False),
            number_cell(row.n_articles),
            number_cell(row.n_mentions),
            variants_cell(findings.variants.get(row.entity, ()), findings.facts.language),
        )
        for row in shown
    ]
    heads = ("Name", "Over time", "Articles", "Mentions", "Spellings and forms")
    rest = f"The {len(shown):,} in most articles, of {n:,}; all are in entities.csv."
    return _section(
        f"type-{type_}",
        name_type(type_),
        make_table(heads, rows),
        element("p", rest, class_="note") if n > len(shown) else None,
    )


def _passages(findings: Findings) -> Markup:
    lead = (
        f"For each name the latest passages, one per article and at most {findings.max_passages}; "
        "all are in mentions.csv."
    )
    entries = concat_all(_entity(row, findings) for row in findings.entities())
    return _section("passages", "Passages", element("p", lead), entries)


def _entity(row: EntityRow, findings: Findings) -> Markup:
    passages = findings.passages.get(row.entity, ())
    variants = concat_all(
        (
            element(
                "li",
                foreign(text, findings.facts.language),
                f" {n:,}",
                element("small", f" {show_controls(rule)}"),
            )
            for text, n, rule in findings.variants.get(row.entity, ())
        ),
    )
    near = [f"{show_controls(name)} ({n:,})" for name, n in findings.neighbours.get(row.entity, ())]
    together = (
        element(
            "p", "Together with ", element("span", ", ".join(near), lang=findings.facts.language)
        )
        if near
        else None
    )
    count = f"{count_of(row.n_articles, 'article')}, {count_of(row.n_mentions, 'mention')}"
    return element(
        "details",
        element(
            "summary",
            foreign(row.name, findings.facts.language),
            " ",
            element("span", row.type, class_=f"tag {type_class(row.type, findings.type_names)}"),
            element("small", f" {count}"),
        ),
        element(
            "div",
            element("ul", variants, class_="variants"),
            together,
            concat_all(_passage(passage, row, findings) for passage in passages),
            id=f"e{row.entity}",
        ),
    )


def _passage(passage: Passage, row: EntityRow, findings: Findings) -> Markup:
    title = show_controls(passage.title or passage.article_id)
    source = (
        element("a", title, href=passage.url, rel="noreferrer", lang=findings.facts.language)
        # The address is data of others: `javascript:` and the like must not become a link.
        if passage.url and passage.url.startswith(("http://", "https://"))
        else element("span", title, lang=findings.facts.language)
    )
    day = say_day(passage.day) if passage.day else "no date"
    mark = element(
        "mark", show_controls(passage.text), class_=type_class(row.type, findings.type_names)
    )
    return element(
        "blockquote",
        element(
            "p",
            show_controls(passage.before),
            mark,
            show_controls(passage.after),
            lang=findings.facts.language,
            dir="auto",
        ),
        element("footer", source, f" · {day} · {show_controls(passage.article_id)}"),
    )


def _method(findings: Findings) -> Markup:
    facts = findings.facts
    together = min_together(facts.n_articles)
    notes = [
        f"Names were found by the model {findings.model}. It misses some and gets some wrong; "
        "counts are counts of what it found.",
        "Forms of one name are one entry: inflected forms where the base form, or another form of "
        "it, stands in the articles too, and spellings where one is much rarer or both keep the "
        "same company. Beside each form stands the rule that brought it there. A base form that "
        "is itself in no article is inferred from its forms. Surnames alone are kept apart from "
        "full names.",
        "Rising: Fisher's exact test (one-sided) on the articles with the name, recent against "
        f"before, for names in {MIN_ARTICLES} articles or more, and in one before; q is its p "
        "after Benjamini and Hochberg. “Share grew ×” is the ratio of the two shares, half an "
        "article added to each, with its 95 % interval. Articles count as independent: a story "
        "told ten times counts ten.",
        "New: p is the chance that a name in so many articles would appear only in recent ones if "
        "time did not matter; it is not corrected for the number of names.",
        f"Together: pairs in {together} articles or more whose log-likelihood ratio (Dunning) is "
        "6.63 or more (1 % for one pair, and many are looked at: read the weak ones as hints). "
        "The line's width is the normalised pointwise mutual information over articles. Articles "
        f"with more than {MAX_TOGETHER} names are lists, and left out of this.",
        f"Beside this page are {', '.join(f'{name}.parquet' for name in TABLES)}, and the same as "
        "CSV.",
    ]
    paragraphs = concat_all(element("p", note) for note in notes)
    return _section("method", "How to read this", paragraphs)


def _section(id_: str, title: str, *children: Markup | None) -> Markup:
    return element("section", element("h2", title), *children, id=id_)


def _name_cells(row: EntityRow, findings: Findings, *, with_type: bool = True) -> list[Markup]:
    periods = [period for period, _ in findings.periods]
    counts = findings.over_time.get(row.entity, {})
    spark = draw_sparkline(counts, periods, findings.facts.recent_from) if periods else Markup("")
    link = element("a", foreign(row.name, findings.facts.language), href=f"#e{row.entity}")
    cells = [element("th", link, scope="row")]
    if with_type:
        cells.append(
            element(
                "td",
                element(
                    "span", row.type, class_=f"tag {type_class(row.type, findings.type_names)}"
                ),
            )
        )
    return [*cells, element("td", spark)]


def _more(findings: Findings, kind: str, rows: Sequence[object]) -> Markup | None:
    n = findings.n_changed.get(kind, 0)
    if n <= len(rows):
        return None
    text = f"The {len(rows):,} clearest of {n:,}; all are in entities.csv."
    return element("p", text, class_="note")


def _nothing(text: str) -> Markup:
    return element("p", text, class_="note")
