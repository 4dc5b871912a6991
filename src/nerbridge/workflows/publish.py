"""A model to the Hugging Face hub: what ``nerbridge publish`` does."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from nerbridge.errors import EnvironmentProblem
from nerbridge.workflows.progress import Listener, Note, ignore

TOKEN_VARIABLE = "HF_TOKEN"


@dataclass(frozen=True)
class PublishResult:
    """What was uploaded, or would be. ``address`` is None if nothing was (``dry_run``).

    ``removed`` are files of an earlier model in the repository; other files stay there.
    """

    repo: str
    license: str
    files: tuple[str, ...]
    n_bytes: int
    address: str | None = None
    removed: tuple[str, ...] = ()


def publish(
    folder: str | Path,
    repo: str,
    *,
    license: str | None = None,
    private: bool = False,
    revision: str | None = None,
    token: str | None = None,
    dry_run: bool = False,
    listen: Listener = ignore,
) -> PublishResult:
    """Check a model folder and upload it in one commit: all of it or nothing.

    Args:
        folder: a model folder, or a run folder (its best adapted model).
        repo: ``owner/name`` on the hub; made if it does not exist.
        license: such as ``apache-2.0``; None takes that of the model card.
        private: make a repository that others cannot see.
        revision: a branch, made if it does not exist; None for the main one.
        token: with the right to write; None takes that of the variable HF_TOKEN.
        dry_run: only check the folder; connect to nowhere.
        listen: is told what is left out, what is changed, and when the upload begins.

    Raises:
        InputError: the licence is missing, or the hub refuses the card.
        ModelError: the folder holds something that must not be published.
        EnvironmentProblem: there is no token, or the hub cannot be reached or refuses it.
    """
    from nerbridge.exporting.publication import prepare_publication

    publication = prepare_publication(Path(folder), repo, license=license)
    for note in publication.notes:
        listen(Note(note))
    n_bytes, files = publication.n_bytes, tuple(sorted(publication.files))
    if dry_run:
        return PublishResult(repo, publication.license, files, n_bytes)
    token = token or os.environ.get(TOKEN_VARIABLE)
    if not token:
        raise EnvironmentProblem(
            f"{repo}: no token in {TOKEN_VARIABLE}. Create one with write access at "
            f"https://huggingface.co/settings/tokens and set the variable ({TOKEN_VARIABLE}=hf_…)."
        )
    from nerbridge.exporting.publish import upload

    listen(Note(f"uploading {len(files)} files, {n_bytes / 1e6:.1f} MB …"))
    address, removed = upload(publication, token, private=private, revision=revision)
    if removed:
        listen(Note(f"removed, because they belong to another model: {', '.join(removed)}"))
    return PublishResult(repo, publication.license, files, n_bytes, address, removed)
