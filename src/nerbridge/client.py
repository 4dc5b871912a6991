"""A client of `nerbridge serve`: the tagger of another process, or of another machine."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx2

from nerbridge.errors import (
    DocumentError,
    EnvironmentProblem,
    InputError,
    ModelError,
    NerbridgeError,
    TextError,
    TextTypeError,
)
from nerbridge.tagging.entity import Entities, Entity
from nerbridge.text.checking import check_single_text, check_text, refuse_single_text

BATCH_TEXTS = 64
BATCH_CHARS = 50_000
"""Texts of a request of `Client.tag_many`; within what a server takes by default."""
TOKEN_VARIABLE = "NERBRIDGE_TOKEN"

_TRY_AGAIN = (429, 503)
_FIRST_PAUSE_S = 0.25
_LONGEST_PAUSE_S = 10.0
_URN = "urn:nerbridge:problem:"
_KINDS: dict[str, type[NerbridgeError]] = {
    "text-error": TextError,
    "text-type-error": TextTypeError,
    "no-such-model": ModelError,
    "document-error": DocumentError,
}


class Client:
    """Tags over HTTP. Safe in several threads.

    Example::

        with Client("http://127.0.0.1:8000") as client:
            for entity in client.tag("জোনালী শইকীয়া কালি যোৰহাটৰ পৰা গুৱাহাটীলৈ আহিছিল।"):
                print(entity.type, entity.text)
    """

    def __init__(
        self,
        url: str = "http://127.0.0.1:8000",
        *,
        token: str | None = None,
        model: str | None = None,
        min_score: float = 0.0,
        types: Iterable[str] | None = None,
        timeout: float = 60.0,
        patience: float = 60.0,
    ) -> None:
        """Nothing is sent yet.

        Args:
            url: where the server is.
            token: what it wants to see; default: the environment variable NERBRIDGE_TOKEN.
            model: one of `models`; None for the server's first.
            min_score: entities less probable than this are left out.
            types: the entity types to keep; None for all.
            timeout: seconds to wait for one answer.
            patience: seconds, in all, to try again while the server says that it is busy.

        Raises:
            InputError: if ``url`` is none, or the token none that can be sent.
        """
        token = token or os.environ.get(TOKEN_VARIABLE)
        if token and not (token.isascii() and token.isprintable()):
            raise InputError(
                "token: found characters other than printable ASCII, of which a token is made. "
                "Copy it again, without the quotes or spaces around it."
            )
        self._http = httpx2.Client(
            base_url=_check_url(url),
            timeout=timeout,
            headers={"Authorization": f"Bearer {token}"} if token else {},
        )
        self._url, self._patience = url, patience
        self._options: dict[str, Any] = {"min_score": min_score}
        if model is not None:
            self._options["model"] = model
        if types is not None:
            self._options["types"] = [types] if isinstance(types, str) else list(types)

    def __enter__(self) -> Client:
        """The client itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def tag(self, text: str) -> Entities:
        """Entities of a text, in order; as `nerbridge.tagging.Tagger.tag` finds them.

        Raises:
            TextTypeError: if ``text`` is no ``str``.
            TextError: if it holds a lone surrogate.
            InputError: if the server refuses the request: too large, a wrong token, …
            ModelError: if there is no such model, or it failed.
            EnvironmentProblem: if the server cannot be reached, or is busy for too long.
        """
        return Entities(self._tag([check_single_text(text)])[0], text)

    def tag_many(self, texts: Iterable[str]) -> Iterator[list[Entity]]:
        """Entities of each text, in the order given; several texts go into a request.

        Texts are read as results are asked for, so that memory does not grow with their number.

        Raises:
            NerbridgeError: as `tag`, when the text's turn comes.
        """
        refuse_single_text(texts)
        n_before = 0
        for batch in _batches(texts):
            yield from self._tag(batch, n_before)
            n_before += len(batch)

    def tag_document(self, path: str | Path, *, whole_page: bool = False) -> dict[str, Any]:
        """Text, segments and entities of a document or text file, as the server gives them.

        ``entities`` are dictionaries with the fields of `Entity`, and the ``place`` they stand in.

        Args:
            path: of the document.
            whole_page: whether everything of a web page is read, not its main text alone.

        Raises:
            InputError: if the file cannot be read, here or by the server; otherwise as `tag`.
        """
        found: dict[str, Any] = self._parse(self._upload(path, {}, whole_page))
        return found

    def annotate_document(self, path: str | Path, *, whole_page: bool = False) -> bytes:
        """A document's text as an HTML page with its entities marked; otherwise as `tag_document`.

        Raises:
            InputError: as `tag_document`.
        """
        return self._upload(path, {"as": "html"}, whole_page).content

    def redact_document(
        self, path: str | Path, types: Iterable[str] | None = None, *, whole_page: bool = False
    ) -> bytes:
        """A copy of a document, in its own format, without the entities of some types.

        It is not safe to pass on unread: the model misses names, and a ``min_score`` of the client
        leaves more of them in it (`nerbridge.documents.redact`).

        Args:
            path: of the document.
            types: to hide; None for all that the client keeps.
            whole_page: as for `tag_document`.

        Raises:
            InputError: as `tag_document`; or a type that the client does not keep.
        """
        form = {"as": "redacted"}
        if types is not None:
            form["redact"] = _join_types([types] if isinstance(types, str) else types)
        return self._upload(path, form, whole_page).content

    def models(self) -> list[dict[str, Any]]:
        """What the server says of its models, the default first.

        Raises:
            NerbridgeError: as `tag`.
        """
        found: list[dict[str, Any]] = self._ask("GET", "/models")["models"]
        return found

    def ready(self) -> bool:
        """Whether the server is there and takes requests."""
        try:
            return bool(self._http.get("/ready").status_code == 200)
        except httpx2.TransportError:
            return False

    def _upload(self, path: str | Path, form: dict[str, str], whole_page: bool) -> httpx2.Response:
        path = Path(path)
        try:
            content = path.read_bytes()
        except OSError as error:
            raise InputError(f"{path}: cannot be read ({error.strerror}).") from error
        options = {**self._options, **form}
        if whole_page:  # a server of an older version does not know it
            options["whole_page"] = "true"
        if "types" in options:
            options["types"] = _join_types(options["types"])
        files = {"file": (path.name, content)}
        return self._send("POST", "/tag/document", data=options, files=files)

    def _tag(self, texts: Sequence[str], n_before: int = 0) -> list[list[Entity]]:
        for number, text in enumerate(texts, start=n_before + 1):
            # A lone surrogate has no UTF-8, so the request could not even be written.
            check_text(text, f"text {number}")
        try:
            answer = self._ask("POST", "/tag", json={"texts": list(texts), **self._options})
        except InputError as error:
            if not n_before:
                raise
            # The server counts the texts of each request from 1.
            since = f"(Texts are counted from text {n_before + 1} of those given.)"
            raise type(error)(f"{error} {since}") from error
        return [[Entity(**entity) for entity in one["entities"]] for one in answer["results"]]

    def _ask(self, method: str, path: str, **content: Any) -> Any:
        return self._parse(self._send(method, path, **content))

    def _send(self, method: str, path: str, **content: Any) -> httpx2.Response:
        """What the server answers, after as many attempts as patience allows.

        Raises:
            NerbridgeError: as `tag`.
        """
        until, pause = time.monotonic() + self._patience, _FIRST_PAUSE_S
        failure: NerbridgeError
        while True:
            try:
                answer = self._http.request(method, path, **content)
            except httpx2.RemoteProtocolError as error:
                # A connection that the server closed as idle just then. Asking twice does no harm.
                wait, failure = pause, self._unreachable(error)
            except httpx2.ReadTimeout as error:
                raise EnvironmentProblem(
                    f"{self._url}: no answer within {self._http.timeout.read:g} s. Wait longer: "
                    "Client(url, timeout=…)."
                ) from error
            except httpx2.TransportError as error:
                raise self._unreachable(error) from error
            else:
                if answer.is_success:
                    return answer
                failure = _to_error(answer, self._url)
                if answer.status_code not in _TRY_AGAIN:
                    raise failure
                wait = _retry_after(answer, pause)
            if time.monotonic() + wait > until:
                raise failure
            time.sleep(wait)
            pause = min(2 * pause, _LONGEST_PAUSE_S)

    def _parse(self, answer: httpx2.Response) -> Any:
        try:
            return answer.json()
        except ValueError as error:
            raise EnvironmentProblem(
                f"{self._url}: what answers is not nerbridge serve (no JSON). Check the URL."
            ) from error

    def _unreachable(self, error: Exception) -> EnvironmentProblem:
        return EnvironmentProblem(
            f"{self._url}: no answer ({type(error).__name__}: {error}). Check the URL, and that "
            "the server runs: nerbridge serve"
        )


def _check_url(url: str) -> httpx2.URL:
    try:
        found = httpx2.URL(url)
    except (httpx2.InvalidURL, TypeError) as error:
        raise InputError(f"{url!r}: no URL ({error}). Expected http://HOST:PORT.") from error
    if found.scheme not in ("http", "https") or not found.host:
        raise InputError(f"{url!r}: no URL of a server. Expected http://HOST:PORT.")
    return found


def _join_types(types: Iterable[str]) -> str:
    joined = ",".join(types)
    if not joined:
        raise InputError("types: found none; expected some, or None for all of them.")
    return joined


def _batches(texts: Iterable[str]) -> Iterator[list[str]]:
    """Runs of texts that fit into a request; one that is long alone goes alone."""
    batch: list[str] = []
    n_chars = 0
    for text in texts:
        n_more = len(text) if isinstance(text, str) else 0  # what is no text is refused later
        if batch and (len(batch) == BATCH_TEXTS or n_chars + n_more > BATCH_CHARS):
            yield batch
            batch, n_chars = [], 0
        batch.append(text)
        n_chars += n_more
    if batch:
        yield batch


def _retry_after(answer: httpx2.Response, default: float) -> float:
    """Seconds that the server wants to be left alone."""
    given = answer.headers.get("Retry-After", "")
    return float(given) if given.isdecimal() else default


def _to_error(answer: httpx2.Response, url: str) -> NerbridgeError:
    """What a refusal means, with the server's own words."""
    try:
        problem = answer.json()
        kind, detail = problem["type"].removeprefix(_URN), problem["detail"]
    except (ValueError, KeyError, TypeError, AttributeError):
        kind, detail = "", f"status {answer.status_code}, and no problem+json"
    message = f"{url}: {detail}"
    if kind in _KINDS:
        return _KINDS[kind](message)
    if answer.status_code in _TRY_AGAIN:
        return EnvironmentProblem(f"{message} Try again later.")
    if answer.status_code >= 500:
        return ModelError(message) if kind == "model-error" else EnvironmentProblem(message)
    if answer.status_code == 401:
        return InputError(f"{message} Give it: Client(url, token=…), or set {TOKEN_VARIABLE}.")
    return InputError(message)
