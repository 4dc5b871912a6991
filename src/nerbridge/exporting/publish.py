"""A model folder to the Hugging Face hub, all of it in one commit."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from nerbridge.errors import EnvironmentProblem, InputError, first_line
from nerbridge.exporting.publication import Publication, is_of_model
from nerbridge.io.hub_files import network_errors
from nerbridge.models.card_header import CARD_FILE

if TYPE_CHECKING:
    from huggingface_hub import HfApi

_FIRST_BRANCH = "main"


def upload(
    publication: Publication, token: str, *, private: bool = False, revision: str | None = None
) -> tuple[str, tuple[str, ...]]:
    """Make the repository if there is none, and upload in one commit: all of it or nothing.

    Files of another model that lie in the repository are removed, so that what is loaded from it
    is this model alone; other files stay.

    Args:
        publication: what `prepare_publication` gave.
        token: with the right to write.
        private: for a new repository.
        revision: a branch, made where there is none; None for the main one.

    Returns:
        The model's address, and the files of a model before it that were removed.

    Raises:
        InputError: if the repository is public and ``private`` was asked for, or the hub refuses
            the card's header.
        EnvironmentProblem: if the hub cannot be reached or does not allow it.
    """
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi

    api, repo = HfApi(token=token), publication.repo
    with _explained(repo, api.endpoint):
        # False would override the default of an organisation; None leaves it.
        api.create_repo(repo, private=private or None, exist_ok=True)
        # The hub leaves a repository that exists as visible as it was, without an error.
        if private and not api.model_info(repo).private:
            raise InputError(
                f"{repo}: exists and is public, so --private does nothing. Make it private in its "
                "settings first, choose another name, or leave --private out."
            )
        if revision is not None:
            api.create_branch(repo, branch=revision, exist_ok=True)
        stale = _find_stale(api, publication, revision)
        additions = [
            CommitOperationAdd(name, content if isinstance(content, bytes) else str(content))
            for name, content in publication.files.items()
        ]
        api.create_commit(
            repo,
            [*map(CommitOperationDelete, stale), *additions],
            commit_message="Publish a model with nerbridge",
            revision=revision,
        )
    branch = f"/tree/{revision}" if revision not in (None, _FIRST_BRANCH) else ""
    return f"{api.endpoint}/{repo}{branch}", tuple(stale)


def _find_stale(api: HfApi, publication: Publication, revision: str | None) -> list[str]:
    there = api.list_repo_files(publication.repo, revision=revision)
    return [name for name in there if name not in publication.files and is_of_model(name)]


@contextmanager
def _explained(repo: str, endpoint: str) -> Iterator[None]:
    """Errors of the hub's client as ours."""
    from huggingface_hub.errors import HfHubHTTPError

    try:
        yield
    except HfHubHTTPError as error:
        raise EnvironmentProblem(_say_refusal(repo, endpoint, error)) from error
    except network_errors() as error:
        raise _unreachable(repo, endpoint, error) from error
    except RuntimeError as error:  # how an upload that broke off is told
        raise _unreachable(repo, endpoint, error.__cause__ or error) from error
    except ValueError as error:
        raise InputError(
            f"{repo}: the hub refuses what is uploaded: {' '.join(str(error).split())} Fix the "
            f"header of {CARD_FILE}, or give another --license."
        ) from error


def _say_refusal(repo: str, endpoint: str, error: Any) -> str:
    status = error.response.status_code
    if status == 401:
        return (
            f"{repo}: {endpoint} does not accept the token in HF_TOKEN. Make a new one, with the "
            f"right to write, at {endpoint}/settings/tokens"
        )
    if status in (403, 404):
        return (
            f"{repo}: the token in HF_TOKEN may not write there. Check the owner's name, and that "
            f"the token has the right to write: {endpoint}/settings/tokens"
        )
    said = error.server_message or (str(error).splitlines() or [""])[0]
    return f"{repo}: {endpoint} answers {status}: {said} Try again later."


def _unreachable(repo: str, endpoint: str, error: BaseException) -> EnvironmentProblem:
    return EnvironmentProblem(
        f"{repo}: {endpoint} cannot be reached ({first_line(error)}). Nothing was published. Check "
        "the connection, unset HF_HUB_OFFLINE if it is set, and try again."
    )
