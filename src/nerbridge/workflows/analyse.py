"""Who and what many articles are about, over time: what ``nerbridge analyse`` does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nerbridge.batch.formats import InputFormat
from nerbridge.batch.records import read_records
from nerbridge.batch.shards import open_shard_store, parts_folder
from nerbridge.batch.sources import Inputs, Progress, Source, total_bytes
from nerbridge.errors import InputError, RunError, missing_extra
from nerbridge.files import write_text
from nerbridge.text.counts import count_of
from nerbridge.workflows.progress import Kept, Listener, Note, ignore
from nerbridge.workflows.tag_files import TagOptions, tag_into_store

if TYPE_CHECKING:
    from nerbridge.analysis.articles import ArticleFields

ARTICLES, REPORT = "articles.parquet", "report.html"
PERIODS = ("day", "week", "month")
_FORMATS = (InputFormat.JSONL, InputFormat.CSV, InputFormat.PARQUET)
_LIBRARIES = ("duckdb", "networkx", "pyarrow")


@dataclass(frozen=True)
class Analysis:
    """Where the results are, and how many articles they are about.

    ``n_unreadable`` articles have a date that cannot be read; ``n_duplicates`` are left out.
    """

    folder: Path
    n_articles: int
    n_duplicates: int
    n_unreadable: int

    @property
    def report(self) -> Path:
        """The page with all results."""
        return self.folder / REPORT


def analyse(
    inputs: Inputs,
    output: str | Path,
    options: TagOptions,
    *,
    date: str | None = "date",
    title: str | None = None,
    id: str | None = None,
    url: str | None = None,
    period: str | None = None,
    overwrite: bool = False,
    listen: Listener = ignore,
) -> Analysis:
    """Group, count and compare the names in many articles.

    Tagged articles are kept in the output folder; the same call does not tag them twice.

    Args:
        inputs: files with one article a record.
        output: the folder for the report and the tables.
        options: the model, the field of the text, and which entities are kept.
        date: the field with the date; None if there is none.
        title: the field with the title.
        id: the field that names the article; None: its row.
        url: the field with the article's address.
        period: ``day``, ``week`` or ``month``; None: depends on the time that is covered.
        overwrite: tag again, and replace the files in the folder.
        listen: told what is done, and what is kept if the work ends early.

    Raises:
        InputError: an argument or an input cannot be used.
        RunError: the folder holds the results of another call.
        EnvironmentProblem: a library is missing, or the folder cannot be written.
    """
    output = Path(output)
    _check_libraries()
    from nerbridge.analysis.articles import ArticleFields, check_fields

    if period not in (None, *PERIODS):
        raise InputError(f"--by {period}: expected one of {', '.join(PERIODS)}.")
    sources = options.find_sources(inputs, output)
    _check_sources(sources)
    fields = ArticleFields(options.field, date, title, id, url)
    # Before the folder is made and hours are spent on tagging.
    check_fields(sources, fields)
    if output.exists() and not output.is_dir():
        raise InputError(
            f"--output {output}: found a file, expected a folder. Choose another folder."
        )
    output.mkdir(parents=True, exist_ok=True)
    _tag(sources, fields, output / ARTICLES, options, listen, overwrite=overwrite)
    listen(Kept("The articles are tagged."))
    names = ", ".join(Path(source.name).name for source in sources)
    return _count(output, period, f"In the news: {names}", options, listen)


def _check_libraries() -> None:
    for library in _LIBRARIES:
        try:
            import_module(library)
        except ModuleNotFoundError as error:
            raise missing_extra("nerbridge analyse needs", library, "analyse") from error


def _check_sources(sources: Sequence[Source]) -> None:
    for source in sources:
        if source.is_stdin:
            raise InputError(
                "-: articles are read more than once; expected a file, not standard input. Write "
                "the articles to a file first."
            )
        if source.format not in _FORMATS:
            raise InputError(
                f"{source.name}: a {source.format} file; expected articles with fields: .jsonl, "
                ".csv or .parquet. If the file is one of these, add --input-format."
            )


def _tag(
    sources: Sequence[Source],
    fields: ArticleFields,
    target: Path,
    options: TagOptions,
    listen: Listener,
    *,
    overwrite: bool,
) -> None:
    """Tag the articles, unless the same call did before."""
    from nerbridge.analysis.articles import ArticleWriter, read_job

    job = _describe_job(sources, fields, options)
    is_begun = parts_folder(target).exists()  # with --overwrite, and interrupted
    if target.exists() and not overwrite and not is_begun:
        if read_job(target) == job:
            listen(Note(f"{target}: reused, because the same command has tagged these articles"))
            return
        raise RunError(
            f"{target}: it has results of other articles, another model or other options. Replace "
            "it with --overwrite, or choose another --output."
        )
    tagger, progress = options.load_tagger(), Progress()
    store = open_shard_store(
        target, ArticleWriter(fields, job), job, resume=not overwrite, overwrite=overwrite
    )
    records = read_records(sources, field=fields.text, progress=progress)
    done = tag_into_store(tagger, records, store, progress, total_bytes(sources), listen)
    resumed = f" ({done.n_resumed:,} of them before)" if done.n_resumed else ""
    listen(
        Note(
            f"{count_of(done.n_records, 'article')} tagged{resumed}, "
            f"{count_of(done.n_entities, 'mention')}, {done.seconds:.1f} s"
        )
    )
    for notice in progress.all_notices():
        listen(Note(notice))


def _describe_job(
    sources: Sequence[Source], fields: ArticleFields, options: TagOptions
) -> Mapping[str, Any]:
    """All that decides which entities are found; the file of articles remembers it."""
    job = options.describe_job(sources)
    kept = ("min_score", "types", "map_types")
    return {
        **job,
        "options": {**asdict(fields), **{name: job["options"][name] for name in kept}},
    }


def _count(
    output: Path, period: str | None, title: str, options: TagOptions, listen: Listener
) -> Analysis:
    from nerbridge.analysis.counting import By, count_all
    from nerbridge.analysis.database import open_database
    from nerbridge.analysis.findings import collect_findings
    from nerbridge.analysis.page import build_page
    from nerbridge.analysis.tables import write_tables

    listen(Note("Counting …"))
    with open_database(output, options.n_threads) as db:
        language = _language_of_model(options.model)
        facts = count_all(db, output / ARTICLES, By(period) if period else None, language)
        if facts.n_unreadable:
            listen(
                Note(
                    "articles with an unreadable date, which are not counted over time: "
                    f"{facts.n_unreadable:,}"
                )
            )
        write_tables(db, output)
        findings = collect_findings(db, facts, title=title, model=Path(options.model).name)
        write_text(output / REPORT, build_page(findings))
    return Analysis(output, facts.n_articles, facts.n_duplicates, facts.n_unreadable)


def _language_of_model(model: str) -> str | None:
    from nerbridge.models.loading import find_model
    from nerbridge.models.manifest import MANIFEST_FILE, read_manifest

    folder = find_model(model).path
    # A model that others made may have no manifest.
    languages = read_manifest(folder).languages if (folder / MANIFEST_FILE).is_file() else ()
    return languages[0] if languages else None
