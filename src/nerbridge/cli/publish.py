"""``nerbridge publish``: a trained or exported model to the Hugging Face hub."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nerbridge.cli.console import print_note, print_result
from nerbridge.cli.options import QuietOption
from nerbridge.cli.progress import show_progress


def publish(
    folder: Annotated[
        Path, typer.Argument(help="A model folder, or a run folder (its best adapted model).")
    ],
    repo: Annotated[str, typer.Argument(help="Where on the hub: owner/name.")],
    license: Annotated[
        str | None,
        typer.Option(
            help="Licence, such as apache-2.0; default: the licence in the card's header."
        ),
    ] = None,
    private: Annotated[
        bool, typer.Option("--private", help="Create a private repository.")
    ] = False,
    revision: Annotated[
        str | None, typer.Option(help="Branch, created if it does not exist; default: main.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check the folder without connecting to the hub.")
    ] = False,
    quiet: QuietOption = False,
) -> None:
    """Put a model on the Hugging Face hub. The variable HF_TOKEN holds the token.

    Refuses pickles, programs, paths of this machine, and a model without card or licence.

    Example: nerbridge publish exported/assamese owner/assamese-ner --license apache-2.0
    """
    from nerbridge.workflows.publish import publish as publish_model

    with show_progress(quiet=quiet) as listen:
        published = publish_model(
            folder,
            repo,
            license=license,
            private=private,
            revision=revision,
            dry_run=dry_run,
            listen=listen,
        )
    if published.address is not None:
        print_result(published.address)
        return
    size = f"{len(published.files)} files, {published.n_bytes / 1e6:.1f} MB"
    print_result(f"{repo}: {size}, licence {published.license}")
    for name in published.files:
        print_result(f"  {name}")
    print_note("Nothing was uploaded (--dry-run).")
