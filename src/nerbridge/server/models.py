"""The models that are served, and what is known of them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, dropwhile, takewhile
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt

from nerbridge.errors import InputError
from nerbridge.models.loading import BUNDLED_PREFIX, find_model
from nerbridge.tagging.tagger import Tagger
from nerbridge.type_maps import TypeMap

_CARD = "README.md"
_REPORT = Path("report") / "index.html"
_SCORES = "## Scores"
_HEADER = re.compile(r"\A---\n.*?\n---\n", re.S)


@dataclass(frozen=True)
class ServedModel:
    """A loaded model under the name that clients use."""

    name: str
    tagger: Tagger
    folder: Path
    report: Path | None

    def card(self) -> str | None:
        """The model's card, Markdown."""
        path = self.folder / _CARD
        return path.read_text("utf-8") if path.is_file() else None

    def card_as_html(self) -> str | None:
        """The card for the page: headings below the page's own, no markup and pictures of others.

        Links lead to the web alone, and are told nothing of the page they were followed from.
        """
        card = self.card()
        return None if card is None else _render_card(card)

    def info(self) -> dict[str, Any]:
        """What `GET /models` says of it, but for which is the default."""
        card = self.card()
        header = _read_header(card or "")
        files = [path for path in self.folder.iterdir() if path.is_file()]
        return {
            "name": self.name,
            "types": list(self.tagger.types),
            "languages": _languages(header, self.tagger.model.manifest),
            "script": self.tagger.model.script,
            "n_bytes": sum(path.stat().st_size for path in files),
            "scores": _read_scores(card or ""),
            "license": header.get("license"),
            "has_card": card is not None,
            "has_report": self.report is not None,
        }


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
            find_model(spec).path,
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


def find_report(spec: str | Path) -> Path | None:
    """The report of a run, given the report, its folder, or the run folder; None if it has none."""
    path = Path(spec).expanduser()
    if path.is_file():
        return path.resolve()
    for found in (path / _REPORT, path / _REPORT.name):
        if found.is_file():
            return found.resolve()
    return None


def _read_header(card: str) -> dict[str, Any]:
    """The fields of a card's header that nerbridge writes: strings, and lists as JSON."""
    if not card.startswith("---\n"):
        return {}
    lines = card.split("---", 2)[1].splitlines()
    pairs = (line.split(":", 1) for line in lines if ":" in line)
    return {key.strip(): _value(value.strip()) for key, value in pairs}


def _value(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value


def _languages(header: dict[str, Any], manifest: Any) -> list[str]:
    found = header.get("language") or ()
    if isinstance(found, str):
        return [found]
    return [str(language) for language in found] or sorted(set(_data_languages(manifest)))


def _data_languages(manifest: Any) -> Iterator[str]:
    """Languages of the corpora in a model's lineage, through all its parents."""
    while isinstance(manifest, dict):
        data = manifest.get("data")
        for facts in data.values() if isinstance(data, dict) else ():
            if isinstance(facts, dict) and facts.get("language"):
                yield str(facts["language"])
        manifest = manifest.get("parent")


def _read_scores(card: str) -> dict[str, list[Any]] | None:
    """The first table below "Scores" in a card."""
    below = card.partition(f"\n{_SCORES}\n")[2].split("\n## ")[0].splitlines()
    rows = dropwhile(lambda line: not line.startswith("|"), below)
    table = [
        [cell.strip() for cell in line.strip().strip("|").split("|")]
        for line in takewhile(lambda line: line.startswith("|"), rows)
    ]
    if len(table) < 3:
        return None
    return {"columns": table[0], "rows": table[2:]}


def _render_card(card: str) -> str:
    """Markdown as HTML, without the header of fields.

    >>> _render_card("[b](javascript:c) <i>")
    '<p>[b](javascript:c) &lt;i&gt;</p>\\n'
    """
    reader = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
    tokens = reader.parse(_HEADER.sub("", card))
    for token in chain.from_iterable((token, *(token.children or ())) for token in tokens):
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(int(token.tag[1]) + 2, 6)}"
        elif token.type == "link_open":
            token.attrSet("rel", "noopener noreferrer nofollow")
            token.attrSet("target", "_blank")
    rendered: str = reader.renderer.render(tokens, reader.options, {})
    # What is wider than the page can be scrolled, also by keys. No author can write these tags.
    rendered = rendered.replace("<pre>", '<pre tabindex="0">')
    rendered = rendered.replace("<table>", '<div class="table" tabindex="0"><table>')
    return rendered.replace("</table>", "</table></div>")
