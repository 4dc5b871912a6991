"""The recipe: everything an experiment depends on, typed, with every default in one place."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import Field, field_validator, model_validator

from nerbridge.corpus.lexicon import find_lexicon
from nerbridge.corpus.reading import find_bundled
from nerbridge.errors import NerbridgeError
from nerbridge.io.offset_unit import OffsetUnit
from nerbridge.io.remote import is_address
from nerbridge.labels import DEFAULT_TYPES, Scheme
from nerbridge.models.bundled import bundled_folder
from nerbridge.models.lora import LoraSettings
from nerbridge.text.languages import script_of_language
from nerbridge.text.script import SCRIPTS
from nerbridge.training.stage_settings import (
    AdaptSettings,
    BaselineSettings,
    Positive,
    Settings,
    Share,
    StageName,
    StageSettings,
    TransferSettings,
)
from nerbridge.type_maps import TypeMap, is_map_file, read_type_map

Script = Literal[
    "native-folded", "Deva", "Beng", "Gujr", "Guru", "Orya", "Taml", "Telu", "Knda", "Mlym"
]
NATIVE, TARGET = "native", "target"
HERE = "here:"
"""Before a path: below the current folder, not below ``data_root``."""
Seed = Annotated[int, Field(ge=0, lt=2**32)]


def is_on_disk(path: str) -> bool:
    """Whether the name of a corpus is a path, not a bundled or a remote corpus.

    >>> is_on_disk("data/as"), is_on_disk("bundled:as"), is_on_disk("s3://bucket/as")
    (True, False, False)
    """
    return not path.startswith(("bundled:", "hub:")) and not is_address(path)


def _checked(spec: str, find: Callable[[str], Path]) -> str:
    """The name, after a check that a bundled corpus, lexicon or encoder of this name exists."""
    try:
        if spec.startswith("bundled:"):
            find(spec)
    except NerbridgeError as error:
        raise ValueError(str(error)) from error
    return spec


class EncoderSettings(Settings):
    """The pretrained encoder: ``bundled:mini``, a folder or a hub id."""

    id: str = "bundled:mini"
    """``bundled:NAME``, a folder, or a hub id such as ``owner/name``. Here and in ``revision``,
    ``${NAME:-default}`` reads an environment variable."""
    revision: str | None = None
    """Branch, tag or commit on the hub. The run records the commit."""
    max_subwords: Positive | None = None
    """Window size without special tokens. By default what the encoder can read, at most 510."""
    trim_vocabulary: bool = True
    """Train only the vocabulary rows in use. This applies to full fine-tuning and does not change
    the predictions."""

    @field_validator("id")
    @classmethod
    def _must_exist(cls, value: str) -> str:
        return _checked(value, bundled_folder)


class CorpusSettings(Settings):
    """A labelled corpus: a folder, a file, ``bundled:as``, or a dataset of the hub."""

    path: str
    """A path below ``data_root``, or below the current folder if it begins with ``here:``. Also
    ``bundled:as``, ``hub:owner/name@config``, or ``hf://datasets/owner/name/file``."""
    language: str
    """Language code of the corpus, such as ``as``."""
    script: Script | None = None
    """The script in which the model sees this corpus. It replaces the recipe's ``script``.
    ``"native"`` keeps the script of the corpus. ``"native-folded"`` keeps it too, but writes ৰ as র
    and ৱ as ব. The default is ``"native"``."""
    scheme: Scheme | None = None
    """Tagging scheme of the files. By default nerbridge detects it."""
    repair: bool = False
    """Repair invalid tags and count them. Otherwise the first invalid tag is an error."""
    type_map: dict[str, str | None] | tuple[str, ...] = Field(default_factory=dict)
    """New names of types: a table, ``"multiconer2"``, ``"fewnerd"``, a file (found like a corpus),
    ``"OLD=NEW"``, or a list of these. ``"O"`` drops a type."""
    tag_names: tuple[str, ...] | None = None
    """Names of the tags, in order, if the files hold numbers."""
    columns: str | None = None
    """Columns of words and tags, such as `"2,3"` or `"token,tag"`. By default they are detected."""
    offsets: OffsetUnit | None = None
    """Unit in which the offsets of spans count. By default nerbridge detects it."""

    @field_validator("path")
    @classmethod
    def _must_exist(cls, value: str) -> str:
        return _checked(value, find_bundled)

    @field_validator("script", mode="before")
    @classmethod
    def _read_native_as_written(cls, value: Any) -> Any:
        return None if value == NATIVE else value

    @field_validator("type_map", mode="before")
    @classmethod
    def _check_map(cls, value: Any) -> Any:
        """Read every value that is not a file now, to report its mistakes with the recipe's."""
        values = [value] if isinstance(value, str) else value
        is_list = isinstance(values, list | tuple) and all(isinstance(one, str) for one in values)
        is_table = isinstance(values, dict) and all(
            isinstance(new, str | None) for new in values.values()
        )
        if not is_list and not is_table:
            raise ValueError(
                'expected a table such as {GPE = "LOC"}, "multiconer2", "fewnerd", a file, or a '
                f"list of these, found {value!r}"
            )
        try:
            read = read_type_map(values if is_table else [v for v in values if not is_map_file(v)])
        except NerbridgeError as error:
            raise ValueError(str(error)) from error
        return read if is_table else tuple(values)


class TargetSettings(CorpusSettings):
    """The target corpus. ``max_train`` limits its training sentences to a random sample."""

    max_train: Positive | None = None
    """Training sentences to use. By default all are used."""
    split: Literal["validation", "test"] = "test"
    """The split that is scored. Use `"validation"` while you are still choosing settings."""


class SourceSettings(CorpusSettings):
    """A source corpus. ``max_sentences`` limits its training sentences to a random sample."""

    max_sentences: Positive | None = None
    """Training sentences to use. By default all are used."""
    repeat: Positive = 1
    """How often each sentence is in the mixture. A higher number gives a small corpus more weight
    among large ones."""
    harmonise: bool = False
    """Drop an entity if the other sources mostly tag all of its words O. Some corpora label
    pronouns, offices and common nouns as persons."""
    lexicon: str | None = None
    """A bilingual lexicon: words of the source language with their translations into the target
    language. It is a file (found like a corpus), ``bundled:hi-as`` or ``bundled:bn-as``. In every
    sentence of the source, 70 % of these words and all endings are replaced."""
    drop_final_punctuation: Share = 0.0
    """Share of the training sentences that lose their final punctuation. If only titles lack a full
    stop in training, a model takes every text without one for a title."""
    soft: bool = False
    """Learn from the probabilities of all tags, not only from the most probable tag. They come from
    the file that ``nerbridge pseudo-label --soft`` wrote next to the sentences. A CRF learns the
    most probable tags."""

    @field_validator("lexicon")
    @classmethod
    def _lexicon_must_exist(cls, value: str | None) -> str | None:
        return None if value is None else _checked(value, find_lexicon)


class TestSetSettings(CorpusSettings):
    """A further test set, scored and never trained on."""

    name: str
    """Name of the test set in the report."""
    split: Literal["train", "validation", "test"] = "test"
    """The split that is scored."""


class PseudoLabelSettings(Settings):
    """How to make a source that does not exist yet: the transferred models of another recipe label
    raw text, as ``nerbridge pseudo-label`` does. For a ``soft`` source they do so with ``--soft``.
    Validation and test sentences of ``target`` and ``test_sets`` are left out."""

    path: str
    """The ``path`` of the source to make. It begins with ``here:``, the current folder."""
    recipe: str
    """The recipe whose transferred models, one for each seed, label the text: a file next to this
    one, or a shipped recipe. Models that are missing in ``runs/NAME`` are trained there first."""
    text: Annotated[tuple[str, ...], Field(min_length=1)]
    """Files of raw text, found like corpora."""
    n: Positive = 24_000
    """Sentences to sample and label. Not all of them are kept."""
    seed: Annotated[int, Field(ge=0)] = 0
    """Random seed of the sample."""
    neighbours: Share = 0.0
    """Weight of the labels of similarly used words in the text, from 0 to 1. The models' labels
    have the rest of the weight."""


class ReferenceSettings(Settings):
    """Reference systems, which need no encoder."""

    crf: bool = True
    """Train three CRFs on surface features, without an encoder, for comparison."""


class Recipe(Settings):
    """An experiment. Relative paths of corpora are looked up in ``data_root``."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
    """Name of the run folder and of the report."""
    description: str = ""
    """One line that says what the experiment is."""
    seeds: Annotated[tuple[Seed, ...], Field(min_length=1)] = (13, 21, 34)
    """Random seeds. Every stage is trained once for each seed."""
    script: Literal["native", "target", Script] | None = Field(default=None, exclude=True)
    """The script in which the model sees all corpora. ``"target"`` is the script of the target
    language. A corpus with its own ``script`` is not affected. The default is ``"native"``: each
    corpus keeps its script."""
    types: Annotated[tuple[str, ...], Field(min_length=1)] = DEFAULT_TYPES
    """Entity types. A corpus with other types needs a ``type_map``."""
    data_root: str | None = None
    """Folder of the corpora, relative to the current folder. ``${NAME:-default}`` reads an
    environment variable. The default is the folder of the recipe."""
    encoder: EncoderSettings = EncoderSettings()
    lora: LoraSettings = LoraSettings()
    target: TargetSettings
    sources: Annotated[tuple[SourceSettings, ...], Field(min_length=1)]
    test_sets: tuple[TestSetSettings, ...] = ()
    pseudo_labels: tuple[PseudoLabelSettings, ...] = ()
    baseline: BaselineSettings = BaselineSettings()
    transfer: TransferSettings = TransferSettings()
    adapt: AdaptSettings = AdaptSettings()
    reference: ReferenceSettings = ReferenceSettings()

    @model_validator(mode="before")
    @classmethod
    def _give_script_to_corpora(cls, values: Any) -> Any:
        """Copy the recipe's script to every corpus without one. Other code reads only corpora."""
        script = values.get("script") if isinstance(values, dict) else None
        if script == TARGET:
            target = values.get("target")
            language = target.get("language") if isinstance(target, dict) else None
            script = script_of_language(language) if isinstance(language, str) else None
        # "native" changes nothing, and a wrong value is left to the type of the field.
        if not isinstance(script, str) or script not in get_args(Script):
            return values
        given = dict(values)
        for key in ("target", "sources", "test_sets"):
            given[key] = _with_script(given.get(key), script)
        return {key: value for key, value in given.items() if value is not None}

    @model_validator(mode="after")
    def _fits_together(self) -> Recipe:
        faults = []
        if self.script == TARGET and script_of_language(self.target.language) not in SCRIPTS:
            faults.append(
                f"script: nerbridge does not know the script of the target language "
                f"{self.target.language!r}; name the script: one of {', '.join(SCRIPTS)}"
            )
        if len(set(self.seeds)) < len(self.seeds):
            faults.append(f"seeds: {list(self.seeds)} has a seed twice")
        if len(set(self.types)) < len(self.types):
            faults.append(f"types: {list(self.types)} has a type twice")
        names = [one.name for one in self.test_sets]
        if len({*names, "test"}) < len(names) + 1:
            faults.append(
                f"test_sets: the names {names} must differ from each other and from 'test'"
            )
        if len(self.sources) == 1 and self.sources[0].harmonise:
            faults.append(
                "sources: harmonise compares a source with the others, but there is only one"
            )
        if bundled := [s.path for s in self.sources if s.soft and not is_on_disk(s.path)]:
            faults.append(
                f"sources: {', '.join(bundled)}: soft needs a folder that `nerbridge pseudo-label "
                "--soft` wrote"
            )
        if both := [source.path for source in self.sources if source.harmonise and source.soft]:
            faults.append(
                f"sources: {', '.join(both)}: harmonise changes tags, but soft learns from "
                "probabilities and ignores them; choose one"
            )
        if soft := [source.path for source in self.sources if source.lexicon and source.soft]:
            faults.append(
                f"sources: {', '.join(soft)}: a lexicon changes the number of words, but soft "
                "needs probabilities for exactly the words of the file; choose one"
            )
        made = [made.path for made in self.pseudo_labels]
        if unfit := [path for path in made if not self._can_be_made(path) or made.count(path) > 1]:
            faults.append(
                f"pseudo_labels: {', '.join(unfit)}: each path must be that of a different "
                f"source and begin with {HERE}"
            )
        if self.adapt.method != self.transfer.method:
            faults.append(
                f"adapt.method: {self.adapt.method!r} cannot continue a model of transfer.method "
                f"{self.transfer.method!r}; make them the same"
            )
        if faults:
            raise ValueError("; ".join(faults))
        return self

    def resolve_path(self, path: str) -> str:
        """Where a path leads: a folder or file, or ``bundled:NAME`` or ``hub:…`` as it is."""
        if not is_on_disk(path):
            return path
        if path.startswith(HERE):
            return path.removeprefix(HERE)
        return str(Path(self.data_root or ".") / path)

    def type_map_of(self, settings: CorpusSettings) -> TypeMap:
        """The map of a corpus, its files read.

        Raises:
            InputError: a file is missing or wrong.
        """
        found = settings.type_map
        if isinstance(found, dict):
            return found
        return read_type_map([self.resolve_path(v) if is_map_file(v) else v for v in found])

    def _can_be_made(self, path: str) -> bool:
        return path.startswith(HERE) and path in [source.path for source in self.sources]

    def stage(self, name: StageName) -> StageSettings:
        """Settings of a stage by its name."""
        stages: dict[str, StageSettings] = {
            "baseline": self.baseline,
            "transfer": self.transfer,
            "adapt": self.adapt,
        }
        return stages[name]

    def on_validation(self) -> Recipe:
        """The same experiment, scored on validation splits in place of test splits."""
        on_validation = {"split": "validation"}
        test_sets = tuple(
            one.model_copy(update=on_validation) if one.split == "test" else one
            for one in self.test_sets
        )
        target = self.target.model_copy(update=on_validation)
        return self.model_copy(update={"target": target, "test_sets": test_sets})

    def to_dict(self) -> dict[str, Any]:
        """All values, defaults included, as ``record.json`` stores them."""
        return self.model_dump(mode="json")


def _with_script(corpora: Any, script: str) -> Any:
    """The corpora of a recipe, with this script where a corpus names none."""
    if isinstance(corpora, dict):
        return {"script": script, **corpora}
    if isinstance(corpora, (list, tuple)):
        return [_with_script(corpus, script) for corpus in corpora]
    return corpora


SHIPPED = Path(__file__).parent / "recipes"
