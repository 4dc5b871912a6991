"""Files named by an address, such as ``hf://``, ``https://`` or ``s3://``, through fsspec.

What an address names is copied to this machine before it is read. Files of the hub go to the hub's
own cache, where a later run finds them without network; all others go to a temporary folder. So
every reader works on a local file that has its whole length, and only this module meets networks.
"""

from __future__ import annotations

import errno
import re
import shutil
import sys
import tempfile
import weakref
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from nerbridge.errors import EnvironmentProblem, InputError, missing_extra
from nerbridge.io.hub_files import fetch_hub_path, is_hub_path, parse_hub_path

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

_ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_HTTP = ("http", "https")
_LIBRARIES = {"http": "aiohttp", "https": "aiohttp", "s3": "s3fs", "gs": "gcsfs", "gcs": "gcsfs"}
"""What fsspec needs beside itself; all of it comes with the extra ``remote``."""
_EXPECTED = "hf://, https://, s3://, gs:// or file://"


@dataclass(frozen=True)
class Fetched:
    """A file or folder on this machine that an address names.

    ``commit`` is that of a repository on the hub. A temporary copy is deleted with the last
    `Fetched` that leads to it, at the latest when the process ends.
    """

    place: Path
    commit: str | None = None
    parent: Fetched | None = None

    def inside(self, name: str) -> Fetched:
        """A file of a fetched folder."""
        return Fetched(self.place / name, self.commit, self)


def is_address(name: str) -> bool:
    """Whether a name begins with a protocol.

    >>> is_address("s3://bucket/a.txt"), is_address("C:/a.txt"), is_address("hub:a/b")
    (True, False, False)
    """
    return _ADDRESS.match(name) is not None


def fetch(
    address: str, is_wanted: Callable[[str], bool], prefixes: Iterable[str] = ("",)
) -> Fetched:
    """Bring a file, or the wanted files right below a folder, to this machine.

    Args:
        address: of a file or a folder; an ``https://`` address is always that of a file.
        is_wanted: whether a file of a folder is needed, by its name.
        prefixes: how names of wanted files begin; in the hub's cache they are looked for.

    Raises:
        InputError: nothing is there, it may not be read, or the protocol is unknown.
        EnvironmentProblem: no network, or the extra ``remote`` is not installed.
    """
    if is_hub_path(address):
        return Fetched(*fetch_hub_path(parse_hub_path(address), is_wanted, prefixes))
    with _explained(address):
        return _copy(address, is_wanted)


def _copy(address: str, is_wanted: Callable[[str], bool]) -> Fetched:
    from fsspec.core import url_to_fs

    files: AbstractFileSystem
    is_http = _protocol(address) in _HTTP
    # The variables of a proxy count, as they do for the hub.
    options = {"client_kwargs": {"trust_env": True}} if is_http else {}
    files, path = url_to_fs(address, **options)
    if _protocol(address) == "file":
        return Fetched(Path(path))
    # A web server has no folders, but fsspec would take any page with links for a folder.
    is_folder = not is_http and files.isdir(path)
    folder = Path(tempfile.mkdtemp(prefix="nerbridge-"))
    name = unquote(urlsplit(address).path) if is_http else path
    fetched = Fetched(folder / _local_name(name))
    # The copy lives as long as the object that names it, also if reading it fails.
    weakref.finalize(fetched, shutil.rmtree, folder, ignore_errors=True)
    if not is_folder:
        files.get_file(path, str(fetched.place))
        return fetched
    fetched.place.mkdir()
    for entry in files.ls(path, detail=True):
        inside = _local_name(entry["name"])
        if entry["type"] == "file" and is_wanted(inside):
            files.get_file(entry["name"], str(fetched.place / inside))
    return fetched


def _local_name(path: str) -> str:
    """The last part of a remote path, as a file of any system may be called.

    >>> _local_name("a/b: c.txt"), _local_name("a/.."), _local_name("")
    ('b_ c.txt', 'index', 'index')
    """
    name = re.sub(r'[\\:*?"<>|]', "_", PurePosixPath(path).name)
    return "index" if name in ("", ".", "..") else name


@contextmanager
def _explained(address: str) -> Iterator[None]:
    """Turn what fsspec and its clients raise into errors that say what to do."""
    try:
        yield
    except FileNotFoundError as error:
        raise InputError(f"{address}: no such file or folder. Check the address.") from error
    except ImportError as error:
        library = _LIBRARIES.get(_protocol(address), error.name)
        raise missing_extra(f"{address}: this address needs", library, "remote") from error
    except _client_errors() as error:
        if getattr(error, "errno", None) == errno.ENOSPC:
            raise EnvironmentProblem(
                f"{address}: no space left for a copy in {tempfile.gettempdir()}. Free some "
                "space, or name another folder in the environment variable TMPDIR."
            ) from error
        if _is_refusal(error):
            raise InputError(
                f"{address}: access is denied ({error}); expected a file that you may read. "
                "Check your credentials."
            ) from error
        raise EnvironmentProblem(
            f"{address}: cannot be read ({type(error).__name__}: {error}); expected a connection "
            "to it. Check the network and the address, or download the file first."
        ) from error
    except ValueError as error:  # an unknown protocol, or an address that is none
        raise InputError(
            f"{address}: nerbridge cannot read this address ({error}); expected {_EXPECTED}. "
            "Correct the address, or download the file first."
        ) from error


def _is_refusal(error: Exception) -> bool:
    """Whether the server was reached but denies access, or asks for credentials."""
    return (
        isinstance(error, PermissionError)
        or getattr(error, "status", None) in (401, 403)
        or "Credentials" in type(error).__name__
    )


def _client_errors() -> tuple[type[Exception], ...]:
    """The errors that the clients raise, besides those of the operating system."""
    # Only modules that fsspec has already imported: naming an error must not load a library.
    known = (
        ("aiohttp", "ClientError"),
        ("botocore.exceptions", "BotoCoreError"),
        ("gcsfs.retry", "HttpError"),
        ("google.auth.exceptions", "GoogleAuthError"),
    )
    found = (getattr(sys.modules.get(module), name, None) for module, name in known)
    return (OSError, TimeoutError, *(error for error in found if error is not None))


def _protocol(address: str) -> str:
    match = _ADDRESS.match(address)
    return match[1].lower() if match else "file"
