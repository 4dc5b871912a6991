"""``nerbridge encoder``: look at pretrained encoders before anything is trained on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from nerbridge.cli.console import print_json, print_note, print_result
from nerbridge.cli.encoder_tables import print_probes
from nerbridge.cli.options import JsonOption, QuietOption
from nerbridge.cli.progress import show_progress
from nerbridge.errors import InputError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    help="Inspect pretrained encoders, and convert models with pickled weights.\n\nExample: "
    "nerbridge encoder probe bundled:mini",
)


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
        print_note(
            f"left out, because they are not weights: {', '.join(done.left_out)}", quiet=quiet
        )
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
        typer.Option(
            help="Tab-separated file of names: one name per line, one column per language (as, "
            "bn …)."
        ),
    ] = None,
    scripts: Annotated[
        list[str] | None,
        typer.Option(
            "--script",
            metavar="SCRIPT",
            show_default="Beng",
            help="Script to convert words to, or none (unchanged, for XLM-R). Give it once for "
            "all models, or once per model.",
        ),
    ] = None,
    texts: Annotated[
        list[str] | None,
        typer.Option(
            "--text",
            metavar="LANG=CORPUS",
            help="A labelled file or folder for a language; repeatable. Speed is measured on the "
            "first one.",
            show_default="bundled as, bn, hi",
        ),
    ] = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Compare encoders: subwords, masked words, names across languages, speed.

    docs/encoder.md explains the figures. --json prints one object, or a list of objects for several
    models. The bundled encoder takes seconds; XLM-R takes some minutes.

    Example: nerbridge encoder probe bundled:mini my/encoder --script Beng --script none
    """
    # Before the import below, which loads torch: a wrong option is told at once.
    chosen = _choose_scripts(models, scripts or ["Beng"])
    from nerbridge.workflows.probe_encoder import BUNDLED_TEXTS, probe_encoders

    languages = _parse_texts(texts) if texts else BUNDLED_TEXTS
    with show_progress(quiet=quiet) as listen:
        probes = probe_encoders(models, chosen, languages, gazetteer=gazetteer, listen=listen)
    if as_json:
        found = [asdict(probe) for probe in probes]
        print_json(found[0] if len(found) == 1 else found)
    else:
        print_probes(probes)


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
            "all models, or once per model in the same order."
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
