"""The models that are served, and what is known of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt

from nerbridge.errors import InputError
from nerbridge.models.bundled import BUNDLED_PREFIX
from nerbridge.models.card_header import CARD_FILE, read_languages, read_license
from nerbridge.models.loading import find_model
from nerbridge.models.manifest import MANIFEST_FILE, Manifest, read_manifest
from nerbridge.tagging.tagger import Tagger
from nerbridge.type_maps import TypeMap

_REPORT = Path("report") / "index.html"
_HEADER = re.compile(r"\A---\n.*?\n---\n", re.S)


@dataclass(frozen=True)
class ServedModel:
    """A loaded model under the name that clients use."""

    name: str
    tagger: Tagger
    report: Path | None

    @property
    def folder(self) -> Path:
        """Where the model's files are."""
        return self.tagger.model.folder

    def card(self) -> str | None:
        """The model's card, Markdown."""
        path = self.folder / CARD_FILE
        return path.read_text("utf-8") if path.is_file() else None

    def card_as_html(self) -> str | None:
        """The card for the page: headings below the page's own, no markup and pictures of others.

        Links lead to the web alone, and are told nothing of the page they were followed from.
        """
        card = self.card()
        return None if card is None else _render_card(card)

    def _manifest(self) -> Manifest | None:
        return read_manifest(self.folder) if (self.folder / MANIFEST_FILE).is_file() else None

    def info(self) -> dict[str, Any]:
        """What `GET /models` says of it, but for which is the default."""
        card, manifest = self.card(), self._manifest()
        scores = manifest.scores if manifest else {}
        languages, license = _read_header(card or "")
        files = [path for path in self.folder.iterdir() if path.is_file()]
        return {
            "name": self.name,
            "types": list(self.tagger.types),
            "languages": list(manifest.languages if manifest else ()) or languages,
            "script": self.tagger.model.script,
            "n_bytes": sum(path.stat().st_size for path in files),
            "scores": {name: asdict(found) for name, found in scores.items()},
            "license": (manifest.license if manifest else None) or license,
            "has_card": card is not None,
            "has_report": self.report is not None,
        }


def _read_header(card: str) -> tuple[list[str], str | None]:
    """Languages and licence that a person wrote into a card: models of others have no manifest."""
    try:
        return read_languages(card), read_license(card)
    except ValueError:
        # The page shows the card as it is; a broken header must not keep the server from tagging.
        return [], None


def check_models(specs: Sequence[str]) -> dict[str, str]:
    """Find all models without loading them: name → where.

    Raises:
        InputError: two would have the same name.
        ModelError: there is no such model.
        EnvironmentProblem: the hub cannot be reached.
    """
    found: dict[str, str] = {}
    for spec in specs:
        find_model(spec)
        name = name_of(spec)
        if name in found:
            raise InputError(
                f"--model {found[name]} and --model {spec}: both would be called {name!r}. Rename "
                "the folder of one of them."
            )
        found[name] = spec
    return found


def load_models(
    specs: Sequence[str], n_threads: int | None, type_map: TypeMap | None = None
) -> dict[str, ServedModel]:
    """Load all models, the default first, their types mapped.

    Raises:
        NerbridgeError: as `check_models` and `Tagger.load`.
    """
    return {
        name: ServedModel(
            name,
            Tagger.load(spec, n_threads=n_threads, map_types=type_map),
            find_report(spec),
        )
        for name, spec in check_models(specs).items()
    }


def name_of(spec: str) -> str:
    """What clients call a model: nothing of where it is on this machine.

    >>> name_of("bundled:as"), name_of("runs/assamese/"), name_of("owner/name")
    ('bundled:as', 'assamese', 'name')
    """
    if spec.startswith(BUNDLED_PREFIX):
        return spec
    return Path(spec).expanduser().resolve().name


def check_report(spec: Path) -> Path:
    """`find_report`, of a report that must be there.

    Raises:
        InputError: there is none.
    """
    found = find_report(spec)
    if found is None:
        raise InputError(f"--report {spec}: no report there; expected a run folder or a file.")
    return found


def find_report(spec: str | Path) -> Path | None:
    """The report of a run, given the report, its folder, or the run folder; None if it has none."""
    path = Path(spec).expanduser()
    if path.is_file():
        return path.resolve()
    for found in (path / _REPORT, path / _REPORT.name):
        if found.is_file():
            return found.resolve()
    return None


def _render_card(card: str) -> str:
    """Markdown as HTML, without the header of fields.

    >>> _render_card("[b](javascript:c) <i>")
    '<p>[b](javascript:c) &lt;i&gt;</p>\\n'
    """
    reader = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
    tokens = reader.parse(_HEADER.sub("", card))
    for token in chain.from_iterable((token, *(token.children or ())) for token in tokens):
        if token.type in ("heading_open", "heading_close"):
            # The page has two levels of headings above the card, and HTML has six levels.
            token.tag = f"h{min(int(token.tag[1]) + 2, 6)}"
        elif token.type == "link_open":
            token.attrSet("rel", "noopener noreferrer nofollow")
            token.attrSet("target", "_blank")
    rendered: str = reader.renderer.render(tokens, reader.options, {})
    # What is wider than the page can be scrolled, also by keys. No author can write these tags.
    rendered = rendered.replace("<pre>", '<pre tabindex="0">')
    rendered = rendered.replace("<table>", '<div class="table" tabindex="0"><table>')
    return rendered.replace("</table>", "</table></div>")
