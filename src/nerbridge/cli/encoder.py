"""``nerbridge encoder``: look at pretrained encoders before anything is trained on them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nerbridge.cli.console import (
    new_table,
    print_json,
    print_note,
    print_result,
    print_table,
    track,
)
from nerbridge.cli.options import JsonOption, QuietOption
from nerbridge.errors import InputError

if TYPE_CHECKING:
    from rich.table import Table

    from nerbridge.models.probe import ProbedEncoder

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    help="Look at pretrained encoders, and convert models with pickled weights.\n\n"
    "Example: nerbridge encoder probe bundled:mini",
)

BUNDLED_TEXTS = ("as=bundled:as", "bn=bundled:bn", "hi=bundled:hi")
N_NAMES_SHOWN = 8


@dataclass(frozen=True)
class Text:
    """A language's sentences, as words, and its entity mentions, words joined by spaces."""

    sentences: list[tuple[str, ...]]
    mentions: list[str]


@app.command("convert")
def convert_command(
    model: Annotated[
        str,
        typer.Argument(help="A hub id or folder of an encoder, a tagger or an adapter."),
    ],
    folder: Annotated[Path, typer.Argument(help="The new folder.")],
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Convert a model with pickled weights (pytorch_model.bin) to safetensors, head included.

    Pickles can run code, so no other command loads them. This one reads them with torch's
    restricted unpickler in another process: a file that holds more than weights is refused.

    Example: nerbridge encoder convert google/muril-base-cased my/muril
    """
    from nerbridge.models.pickled import convert_pickles

    print_note(f"converting {model} …", quiet=quiet)
    done = convert_pickles(model, folder)
    if as_json:
        print_json({**asdict(done), "folder": str(folder)})
        return
    if done.left_out:
        print_note(f"not weights, left out: {', '.join(done.left_out)}", quiet=quiet)
    head = "no head" if done.n_labels is None else f"a head of {done.n_labels} labels"
    print_result(f"{folder}: {done.n_tensors} tensors, {head}")
    print_result(_how_to_use(done.n_labels, folder))


def _how_to_use(n_labels: int | None, folder: Path) -> str:
    if n_labels is None:
        return f'In a recipe: [encoder] id = "{folder.as_posix()}"'
    return f"To tag: nerbridge tag FILE --model {folder}"


@app.command("probe")
def probe_command(
    models: Annotated[
        list[str],
        typer.Argument(metavar="MODEL…", help="bundled:mini, a folder or a hub id; or several."),
    ],
    gazetteer: Annotated[
        Path | None,
        typer.Option(help="Names side by side: tab-separated, a column per language (as, bn …)."),
    ] = None,
    scripts: Annotated[
        list[str] | None,
        typer.Option(
            "--script",
            metavar="SCRIPT",
            show_default="Beng",
            help="Script the words are written in, or none (as they are, for XLM-R). Once for all "
            "models, or once for each.",
        ),
    ] = None,
    texts: Annotated[
        list[str] | None,
        typer.Option(
            "--text",
            metavar="LANG=CORPUS",
            help="A labelled file or folder for a language; repeatable. Speed is measured on the "
            "first.",
            show_default="bundled as, bn, hi",
        ),
    ] = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Set encoders side by side: subwords, masked words, names across languages, speed.

    What each figure means: docs/encoder.md. With --json: one object, or a list of them for
    several models. The bundled encoder takes seconds, one of XLM-R's size some minutes.

    Example: nerbridge encoder probe bundled:mini my/encoder --script Beng --script none
    """
    chosen = _choose_scripts(models, scripts or ["Beng"])
    languages = _parse_texts(texts or BUNDLED_TEXTS)
    from nerbridge.models.probe_names import read_gazetteer

    names = None if gazetteer is None else read_gazetteer(gazetteer, list(languages))
    read = {language: _read_text(spec) for language, spec in languages.items()}
    reports = []
    for model, script in zip(models, chosen, strict=True):
        print_note(f"probing {model} …", quiet=quiet)
        reports.append(_probe(model, script, read, names, quiet=quiet))
    if as_json:
        print_json(reports[0] if len(reports) == 1 else reports)
    else:
        _print_reports(reports)


def _choose_scripts(models: Sequence[str], scripts: Sequence[str]) -> list[str | None]:
    from nerbridge.text.script import SCRIPTS

    for script in scripts:
        if script not in (*SCRIPTS, "none"):
            raise InputError(
                f"--script {script}: no such script; expected none or one of {', '.join(SCRIPTS)}."
            )
    if len(scripts) not in (1, len(models)):
        raise InputError(
            f"--script is given {len(scripts)} times for {len(models)} models. Give it once for "
            "all, or once for each, in their order."
        )
    every = list(scripts) * (len(models) if len(scripts) == 1 else 1)
    return [None if script == "none" else script for script in every]


def _parse_texts(texts: Sequence[str]) -> dict[str, str]:
    specs: dict[str, str] = {}
    for text in texts:
        language, equals, spec = (part.strip() for part in text.partition("="))
        if not language or not equals or not spec or language in specs:
            raise InputError(
                f"--text {text}: expected LANG=CORPUS, each language once, as in "
                "--text as=corpora/as --text bn=bundled:bn."
            )
        specs[language] = spec
    return specs


def _read_text(spec: str) -> Text:
    from nerbridge.corpus.reading import read_corpus
    from nerbridge.labels import tags_to_spans

    sentences = [sentence for split in read_corpus(spec).splits.values() for sentence in split]
    mentions = [
        " ".join(sentence.words[span.start_word : span.end_word])
        for sentence in sentences
        for span in tags_to_spans(sentence.tags)
    ]
    # Sentences that stand in several splits, or twice, count once.
    return Text(list(dict.fromkeys(sentence.words for sentence in sentences)), mentions)


def _probe(
    model: str,
    script: str | None,
    texts: Mapping[str, Text],
    gazetteer: Mapping[str, Sequence[str]] | None,
    *,
    quiet: bool,
) -> dict[str, Any]:
    from nerbridge.models.probe import load_probed, measure_size

    probed = load_probed(model, script)
    steps = list(_steps(probed, texts, gazetteer))
    report: dict[str, Any] = {
        "model": model,
        "script": script,
        "size": asdict(measure_size(probed)),
        "subwords": {},
        "masked_words": None,
        "masked_words_missing": probed.head_fault,
        "nearest_names": None,
        "retrieval": None,
    }
    for figure, language, step in track(steps, f"probing {model}", quiet=quiet):
        found = step()
        if language is None:
            report[figure] = found
        else:
            report[figure] = {**(report[figure] or {}), language: found}
    return report


Step = tuple[str, str | None, Callable[[], Any]]


def _steps(
    probed: ProbedEncoder,
    texts: Mapping[str, Text],
    gazetteer: Mapping[str, Sequence[str]] | None,
) -> Iterator[Step]:
    """Name of the figure, its language (None: one figure for all), and what works it out."""
    from functools import partial

    from nerbridge.models import probe, probe_masking, probe_names

    def plain(function: Callable[..., Any], *arguments: Any) -> Callable[[], Any]:
        return lambda: asdict(function(probed, *arguments))

    first = next(iter(texts))
    for language, text in texts.items():
        yield "subwords", language, plain(probe.count_subwords, text.sentences)
    if probed.head_fault is None:
        for language, text in texts.items():
            yield "masked_words", language, plain(probe_masking.score_masked_words, text.sentences)
    if len(texts) > 1:
        mentions = {language: text.mentions for language, text in texts.items()}
        yield "nearest_names", None, plain(probe_names.find_nearest_names, first, mentions)
    if gazetteer is not None:
        search = partial(probe_names.score_retrieval, probed, gazetteer)
        yield "retrieval", None, lambda: [asdict(pair) for pair in search()]
    yield "speed", None, plain(probe.measure_speed, texts[first].sentences)


def _print_reports(reports: Sequence[dict[str, Any]]) -> None:
    table = new_table("", *_short_names([report["model"] for report in reports]))
    for row in _rows(reports):
        table.add_row(*row)
    print_table(table)
    for report in reports:
        if report["masked_words_missing"]:
            print_result(f"{report['model']}: no masked words: {report['masked_words_missing']}.")
    for report in reports:
        if report["nearest_names"] is not None and report["nearest_names"]["n"]:
            print_result(f"Nearest names in {report['model']}:")
            print_table(_names_table(report))


def _short_names(models: Sequence[str]) -> list[str]:
    """Folders by their last part, where that tells them apart: a column is narrow."""
    short = [Path(model).name if Path(model).is_dir() else model for model in models]
    return short if len(set(short)) == len(short) else list(models)


def _rows(reports: Sequence[dict[str, Any]]) -> Iterator[tuple[str, ...]]:
    def row(name: str, show: Callable[[dict[str, Any]], str]) -> tuple[str, ...]:
        return (name, *map(show, reports))

    yield row("script", lambda report: report["script"] or "as written")
    yield row("parameters, million", lambda report: f"{report['size']['n_parameters'] / 1e6:.1f}")
    yield row("files, MB", lambda report: f"{report['size']['n_bytes'] / 1e6:.1f}")
    speed = reports[0]["speed"]
    threads = "1 thread" if speed["n_threads"] == 1 else f"{speed['n_threads']} threads"
    yield row(
        f"sentences/s, {threads}", lambda report: _show(report["speed"]["sentences_per_s"], 0)
    )
    yield row("subwords/s", lambda report: _show(report["speed"]["subwords_per_s"], 0))
    for language in reports[0]["subwords"]:
        yield from _language_rows(language, row)
    if any(report["nearest_names"] for report in reports):
        yield row("same consonants among 3 nearest names", _nearest_cell)
    for index, pair in enumerate(reports[0]["retrieval"] or ()):
        for part, words in (("all", "all"), ("different", "written differently")):
            yield row(
                f"{pair['source']} → {pair['target']}, {words}: P@1, MRR",
                lambda report, index=index, part=part: _retrieval_cell(  # type: ignore[misc]
                    report["retrieval"][index][part]
                ),
            )


def _language_rows(language: str, row: Callable[..., tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    yield row(
        f"{language}: subwords per word",
        lambda report: _show(report["subwords"][language]["subwords_per_word"], 2),
    )
    yield row(
        f"{language}: words with unknown pieces",
        lambda report: _show(report["subwords"][language]["unknown_word_share"], 4),
    )
    yield row(
        f"{language}: masked words right",
        lambda report: _masked_cell(report, language, "word_accuracy", "n_words"),
    )
    yield row(
        f"{language}: masked pieces right",
        lambda report: _masked_cell(report, language, "piece_accuracy", "n_pieces"),
    )


def _masked_cell(report: dict[str, Any], language: str, share: str, n: str) -> str:
    if report["masked_words"] is None:
        return "–"
    found = report["masked_words"][language]
    return f"{_show(found[share], 3)} of {found[n]:,}"


def _nearest_cell(report: dict[str, Any]) -> str:
    found = report["nearest_names"]
    return f"{_show(found['share_found'], 3)} of {found['n']:,}"


def _retrieval_cell(found: dict[str, Any]) -> str:
    return (
        f"{_show(found['precision_at_1'], 3)}, {_show(found['mean_reciprocal_rank'], 3)} "
        f"of {found['n']:,}"
    )


def _names_table(report: dict[str, Any]) -> Table:
    from nerbridge.models.probe import spread

    found = report["nearest_names"]
    table = new_table(f"name ({found['language']})", "nearest", "second", "third")
    for name in spread(sorted(found["nearest"]), N_NAMES_SHOWN):
        cells = [
            f"{near['name']} ({near['language']} {near['cosine']:.2f})"
            for near in found["nearest"][name]
        ]
        table.add_row(name, *cells)
    return table


def _show(value: float | None, n_decimals: int) -> str:
    return "–" if value is None else f"{value:,.{n_decimals}f}"
