"""A recipe for a new target language, as a commented TOML file."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from nerbridge.errors import InputError, RecipeError
from nerbridge.files import write_text
from nerbridge.io.toml import to_toml
from nerbridge.training.recipe import EncoderSettings, Recipe, is_on_disk
from nerbridge.training.recipe_mistakes import describe_mistakes

_CODE_AT_END = re.compile(r"(?:^|[_:@./\\-])([a-z]{2,3})$")
_ONE_SCRIPT_ENCODER = EncoderSettings().id
"""The bundled encoder reads one script, so all corpora must be written in it."""

_TEMPLATE = """\
# Named entities in {target_language}, transferred from {source_languages}.
#   nerbridge recipe check {file}       # every mistake at once
#   nerbridge run {file} --dry-run      # reads the corpora and the encoder, trains nothing
#   nerbridge run {file}
# All keys and their defaults: nerbridge recipe show {file}
{top}

[encoder]
{encoder}

[target]
{target}
# max_train = 100         # use only this many training sentences
# split = "validation"    # score validation as long as you are still choosing settings
# type_map = "multiconer2" # also in a source: new names of its types, see docs/fine-types.md

{sources}

# A further test set that is scored and never trained on:
# [[test_sets]]
# name = "other text"
# path = "other.conll"
# {target_code}

[lora]
r = 32
lora_alpha = 32
lora_dropout = 0.0
target_modules = "all-linear"

[transfer]
learning_rate = 1e-3
epochs = 4

[adapt]
learning_rate = 1e-3
epochs = 10
"""


@dataclass(frozen=True)
class NamedCorpus:
    """A corpus as it stands in a recipe."""

    path: str
    language: str


def find_language(corpus: str) -> str | None:
    """The language code at the end of a corpus's name, or None.

    >>> find_language("bundled:hi"), find_language("corpora/il_ner_or"), find_language("news")
    ('hi', 'or', None)
    """
    found = _CODE_AT_END.search(corpus.removesuffix("/").removesuffix("\\"))
    return found[1] if found else None


def read_source(text: str) -> NamedCorpus:
    """``CODE=CORPUS``, or a corpus whose name ends in its language code.

    Raises:
        InputError: no code is given and the name has none.

    >>> read_source("hi=news.conll")
    NamedCorpus(path='news.conll', language='hi')
    """
    code, equals, path = text.partition("=")
    if equals and re.fullmatch("[a-z]{2,3}", code) and path:
        return NamedCorpus(path, code)
    language = find_language(text)
    if language is None:
        raise InputError(
            f"--source {text}: the name has no language code at its end; expected one, as in "
            f"bundled:hi. Give the code before the name: --source hi={text}."
        )
    return NamedCorpus(text, language)


def write_recipe(
    file: Path,
    target: str,
    sources: Sequence[str],
    encoder: str,
    *,
    language: str | None = None,
    overwrite: bool = False,
) -> None:
    """Write a recipe for a new target language, if it has no mistakes.

    Args:
        file: the new recipe.
        target: the corpus to score, and to adapt to.
        sources: as for `read_source`.
        encoder: as ``encoder.id`` in a recipe.
        language: code of the target language; None takes it from the end of the corpus's name.
        overwrite: replace the file if it exists.

    Raises:
        InputError: the file exists, or the code of a language is not known.
        RecipeError: for example a bundled corpus that does not exist.
    """
    if file.exists() and not overwrite:
        raise InputError(
            f"{file}: the file exists already; expected a new name. "
            "Choose another name, or replace the file: --overwrite."
        )
    code = language or find_language(target)
    if code is None:
        raise InputError(
            f"--target {target}: the name has no language code at its end. "
            "Give the code: --language gu."
        )
    text = new_recipe(file, NamedCorpus(target, code), list(map(read_source, sources)), encoder)
    try:
        Recipe.model_validate(tomllib.loads(text))
    except ValidationError as error:
        raise RecipeError(describe_mistakes(file, error.errors())) from error
    write_text(file, text)


def new_recipe(
    file: Path, target: NamedCorpus, sources: Sequence[NamedCorpus], encoder: str
) -> str:
    """The recipe's text; corpora on disk are named relative to the recipe's own folder.

    Args:
        file: where the recipe will be; its stem names the run.
        target: the corpus to score, and to adapt to.
        sources: at least one corpus in another language.
        encoder: as ``encoder.id`` in a recipe.
    """
    script = "Beng" if encoder == _ONE_SCRIPT_ENCODER else None
    languages = sorted({source.language for source in sources})
    sources_text = " and ".join(languages)
    top: dict[str, Any] = {
        "name": re.sub("[^A-Za-z0-9._-]", "-", file.stem).lstrip("._-") or "recipe",
        "description": f"{target.language} from {sources_text}",
        "seeds": [13, 21, 34],
    }
    return _TEMPLATE.format(
        file=file.name,
        target_language=target.language,
        target_code=to_toml({"language": target.language}),
        source_languages=sources_text,
        top=to_toml(top),
        encoder=to_toml({"id": encoder}),
        target=_corpus(target, file.parent, script),
        sources="\n\n".join(
            f"[[sources]]\n{_corpus(source, file.parent, script)}" for source in sources
        ),
    )


def _corpus(corpus: NamedCorpus, folder: Path, script: str | None) -> str:
    text = to_toml({"path": _from_folder(corpus.path, folder), "language": corpus.language})
    if script is None:
        return text
    return (
        f"{text}\n{to_toml({'script': script})} # what the encoder reads; your text is not changed"
    )


def _from_folder(path: str, folder: Path) -> str:
    if not is_on_disk(path):
        return path
    try:
        return Path(os.path.relpath(path, folder)).as_posix()
    except ValueError:  # on another drive of a Windows machine
        return Path(path).absolute().as_posix()
