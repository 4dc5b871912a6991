"""Files of a dataset repository on the hub, by path: ``hf://datasets/OWNER/NAME@REVISION/PATH``.

The hub's own download and cache are used, so that a second look needs no network. What is fetched
is a file, or the files of a folder that are named after splits; nothing else of the repository.
"""

from __future__ import annotations

import errno
import glob
import os
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from urllib.parse import unquote

from nerbridge.errors import EnvironmentProblem, InputError

PREFIX = "hf://"
_SPEC = re.compile(
    r"hf://datasets/(?P<repository>[^/@\s]+/[^/@\s]+)"
    r"(?:@(?P<revision>refs/(?:convert|pr)/[^/\s]+|[^/\s]+))?(?:/(?P<path>.*))?"
)
_PAGE = re.compile(
    r"https?://[^/]+/datasets/(?P<repository>[^/\s]+/[^/\s]+)"
    r"/(?:blob|resolve|raw|tree)/(?P<revision>[^/\s]+)(?:/(?P<path>[^?#]*))?(?:[?#].*)?"
)
_N_SHOWN = 8


@dataclass(frozen=True, slots=True)
class HubPath:
    """The parts of ``hf://datasets/owner/name@revision/path``; ``path`` is empty for the root."""

    repository: str
    revision: str | None
    path: str

    def __str__(self) -> str:
        revision = f"@{self.revision}" if self.revision else ""
        path = f"/{self.path}" if self.path else ""
        return f"{PREFIX}datasets/{self.repository}{revision}{path}"


def is_hub_path(spec: str) -> bool:
    """Whether it names a file or folder of the hub, by its path or by the address of its page.

    >>> is_hub_path("hf://datasets/a/b/x.txt"), is_hub_path("hub:a/b"), is_hub_path("a/b")
    (True, False, False)
    """
    return spec.startswith(PREFIX) or _PAGE.fullmatch(spec) is not None


def parse_hub_path(spec: str) -> HubPath:
    """Read ``hf://datasets/owner/name@revision/path``, or the address of a file's page.

    >>> parse_hub_path("hf://datasets/owner/name/as/train.txt")
    HubPath(repository='owner/name', revision=None, path='as/train.txt')
    >>> str(parse_hub_path("https://huggingface.co/datasets/owner/name/blob/main/as/dev.txt"))
    'hf://datasets/owner/name@main/as/dev.txt'

    Raises:
        InputError: not of this form.
    """
    if page := _PAGE.fullmatch(spec):
        return HubPath(page["repository"], unquote(page["revision"]), _tidy(unquote(page[3] or "")))
    match = _SPEC.fullmatch(spec)
    if match is None:
        raise InputError(
            f"{spec}: not a path on the hub; expected hf://datasets/OWNER/NAME/FILE, with "
            "@REVISION behind the name if needed. Correct the path."
        )
    revision = None if match["revision"] is None else unquote(match["revision"])
    return HubPath(match["repository"], revision, _tidy(match["path"] or ""))


def fetch_hub_path(
    spec: HubPath, wanted: Callable[[str], bool], prefixes: Iterable[str]
) -> tuple[Path, str]:
    """Bring a file, or the wanted files of a folder, into the hub's cache.

    Args:
        spec: what to fetch.
        wanted: whether a file of a folder is needed, by its name.
        prefixes: how names of wanted files begin; without network they are looked for.

    Returns:
        The file or folder in the cache, and the commit it is from.

    Raises:
        InputError: no such repository, revision or file, or no access to it.
        EnvironmentProblem: the hub cannot be reached and the cache lacks a file; or a full disk.
    """
    listed = list_repository(spec.repository, spec.revision, str(spec))
    if listed is None:
        below = f"{glob.escape(spec.path)}/" if spec.path else ""
        patterns = [glob.escape(spec.path), *(f"{below}{prefix}*" for prefix in prefixes)]
        return _download(spec, patterns, is_online=False)
    names, _ = listed
    found = [spec.path] if spec.path in names else _wanted_inside(spec, names, wanted)
    return _download(spec, [glob.escape(name) for name in found], is_online=True)


def _tidy(path: str) -> str:
    return path.strip("/")


def list_repository(
    repository: str, revision: str | None, name: str
) -> tuple[list[str], str | None] | None:
    """All files of a dataset repository, and the commit that the revision stands for now.

    None where the hub cannot be reached; ``name`` is what messages call the dataset.

    Raises:
        InputError: no such repository or revision, or no access to it.
    """
    from huggingface_hub import HfApi, is_offline_mode
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError

    if is_offline_mode():
        return None
    try:
        info = HfApi().dataset_info(repository, revision=revision, timeout=30)
    except HFValidationError as error:
        raise InputError(f"{name}: not the name of a dataset ({error}). Correct it.") from error
    except HfHubHTTPError as error:
        if refusal := _refusal(name, repository, revision, error):
            raise refusal from error
        return None
    except network_errors():
        return None
    return [file.rfilename for file in info.siblings or []], info.sha


def _wanted_inside(spec: HubPath, names: Sequence[str], wanted: Callable[[str], bool]) -> list[str]:
    """The wanted files right below the folder.

    Raises:
        InputError: there is no such folder, or nothing in it is wanted.
    """
    prefix = f"{spec.path}/" if spec.path else ""
    below = [name for name in names if name.startswith(prefix)]
    found = [name for name in below if "/" not in name[len(prefix) :] and wanted(name)]
    if found:
        return found
    if below:
        entries = dict.fromkeys(name[len(prefix) :].split("/")[0] for name in below)
        raise InputError(
            f"{spec}: no train, validation or test file; found {_some(entries)}. Name one of "
            f"them: {PREFIX}datasets/{spec.repository}/{prefix}…"
        )
    raise InputError(f"{spec}: no such file or folder; {_near(spec.path, names)}")


def _near(path: str, names: Sequence[str]) -> str:
    """The names that are most like the path, else the first ones."""
    folders = {parent.as_posix() for name in names for parent in Path(name).parents} - {"."}
    known = [*names, *sorted(folders)]
    by_last = {name.rsplit("/", 1)[-1].lower(): name for name in reversed(known)}
    last = get_close_matches(path.rsplit("/", 1)[-1].lower(), by_last, n=3, cutoff=0.7)
    near = dict.fromkeys(
        [*get_close_matches(path, known, n=3, cutoff=0.7), *(by_last[name] for name in last)]
    )
    if near:
        return f"did you mean {_some(near)}?"
    return f"the repository holds {_some(names)}. Name one of them."


def _some(names: Collection[str]) -> str:
    shown = list(names)[:_N_SHOWN]
    more = f" and {len(names) - len(shown)} more" if len(names) > len(shown) else ""
    return (", ".join(shown) or "nothing") + more


def _download(spec: HubPath, patterns: list[str], *, is_online: bool) -> tuple[Path, str]:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    absent: tuple[type[Exception], ...] = (LocalEntryNotFoundError, *network_errors())
    try:
        folder = Path(
            snapshot_download(
                spec.repository,
                repo_type="dataset",
                revision=spec.revision,
                allow_patterns=patterns,
                local_files_only=not is_online,
            )
        )
    except HFValidationError as error:
        raise InputError(f"{spec}: not the name of a dataset ({error}). Correct it.") from error
    except HfHubHTTPError as error:
        if refusal := _refusal(str(spec), spec.repository, spec.revision, error):
            raise refusal from error
        raise unreachable(str(spec), "file") from error
    except absent as error:
        raise unreachable(str(spec), "file") from error
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        raise EnvironmentProblem(
            f"{spec}: no space left in the download cache. Free some, or point HF_HOME to another "
            "disk."
        ) from error
    place = folder / spec.path
    if not place.exists():
        raise unreachable(str(spec), "file")
    return place, folder.name


def _refusal(
    name: str, repository: str, revision: str | None, error: Exception
) -> InputError | None:
    """What the hub's answer means; None for an answer that says nothing of the dataset."""
    from huggingface_hub.errors import (
        GatedRepoError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    if isinstance(error, GatedRepoError):
        return InputError(
            f"{name}: the owner of the dataset must grant access to it. Ask on its page, then log "
            "in with: hf auth login"
        )
    if isinstance(error, RepositoryNotFoundError):
        return InputError(
            f"{name}: the hub has no dataset {repository}, or it is private. Check the name, "
            "or log in with: hf auth login"
        )
    if isinstance(error, RevisionNotFoundError):
        return InputError(
            f"{name}: the dataset has no revision {revision!r}; expected a branch, a tag or a "
            "commit. Check it, or leave it out."
        )
    return None


def unreachable(name: str, what: str) -> EnvironmentProblem:
    """The error where the hub is needed and cannot be reached; ``what`` the cache lacks."""
    endpoint = os.environ.get("HF_ENDPOINT", "https://huggingface.co")
    return EnvironmentProblem(
        f"{name}: {endpoint} cannot be reached and the {what} is not in the cache; expected a "
        "network connection or an earlier download. Connect once (later runs need no network), "
        "unset HF_HUB_OFFLINE if it is set, or give a local copy."
    )


def network_errors() -> tuple[type[Exception], ...]:
    """What the hub's client raises where there is no connection, or none is allowed."""
    # huggingface_hub changed its HTTP library more than once: take the base from its own error
    from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled

    http_errors = tuple(
        base
        for base in HfHubHTTPError.__mro__
        if base.__name__ == "HTTPError" and issubclass(base, Exception)
    )
    return (OfflineModeIsEnabled, ConnectionError, TimeoutError, *http_errors)
