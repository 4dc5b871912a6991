"""``nerbridge publish``: a trained or exported model to the Hugging Face hub."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nerbridge.cli.console import print_note, print_result
from nerbridge.cli.options import QuietOption
from nerbridge.errors import EnvironmentProblem

if TYPE_CHECKING:
    from nerbridge.exporting.publication import Publication

TOKEN_VARIABLE = "HF_TOKEN"


def publish(
    folder: Annotated[
        Path, typer.Argument(help="A model folder, or a run folder (its best adapted model).")
    ],
    repo: Annotated[str, typer.Argument(help="Where on the hub: owner/name.")],
    license: Annotated[
        str | None,
        typer.Option(help="Licence, such as apache-2.0; default: that of the card's header."),
    ] = None,
    private: Annotated[
        bool, typer.Option("--private", help="Make a repository that others cannot see.")
    ] = False,
    revision: Annotated[
        str | None, typer.Option(help="Branch, made where there is none; default: main.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Look the folder over; connect to nowhere.")
    ] = False,
    quiet: QuietOption = False,
) -> None:
    """Put a model on the Hugging Face hub. The token comes from the variable HF_TOKEN.

    Refused are pickles and programs, a model without card or licence, and paths of this machine.

    Example: nerbridge publish exported/assamese owner/assamese-ner --license apache-2.0
    """
    from nerbridge.exporting.publication import prepare_publication

    publication = prepare_publication(folder, repo, license=license)
    for note in publication.notes:
        print_note(note, quiet=quiet)
    if dry_run:
        _print_plan(publication)
        return
    token = os.environ.get(TOKEN_VARIABLE)
    if not token:
        raise EnvironmentProblem(
            f"{repo}: no token in {TOKEN_VARIABLE}. Make one with the right to write at "
            f"https://huggingface.co/settings/tokens and set the variable ({TOKEN_VARIABLE}=hf_…)."
        )
    from huggingface_hub.utils.tqdm import disable_progress_bars

    from nerbridge.exporting.publish import publish as upload

    if quiet:
        disable_progress_bars()
    print_note(f"uploading {_size(publication)} …", quiet=quiet)
    published = upload(publication, token, private=private, revision=revision)
    if published.removed:
        print_note(f"removed, of another model: {', '.join(published.removed)}", quiet=quiet)
    print_result(published.address)


def _print_plan(publication: Publication) -> None:
    print_result(f"{publication.repo}: {_size(publication)}, licence {publication.license}")
    for name in sorted(publication.files):
        print_result(f"  {name}")
    print_note("Nothing was uploaded (--dry-run).")


def _size(publication: Publication) -> str:
    return f"{len(publication.files)} files, {publication.n_bytes / 1e6:.1f} MB"
