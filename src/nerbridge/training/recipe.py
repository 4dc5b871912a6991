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
    """The name, of something bundled only if it is there."""
    try:
        if spec.startswith("bundled:"):
            find(spec)
    except NerbridgeError as error:
        raise ValueError(str(error)) from error
    return spec


class EncoderSettings(Settings):
    """The pretrained encoder: ``bundled:mini``, a folder or a hub id."""

    id: str = "bundled:mini"
    """``bundled:NAME``, a folder, or a hub id such as ``owner/name``; ``${NAME:-default}`` is read
    from the environment, here and in ``revision``."""
    revision: str | None = None
    """Branch, tag or commit on the hub; the commit in use is recorded."""
    max_subwords: Positive | None = None
    """Window size without special tokens; default the encoder's positions, at most 510."""
    trim_vocabulary: bool = True
    """In full fine-tuning train the vocabulary rows in use only; the predictions are the same."""

    @field_validator("id")
    @classmethod
    def _must_exist(cls, value: str) -> str:
        return _checked(value, bundled_folder)


class CorpusSettings(Settings):
    """A labelled corpus: a folder, a file, ``bundled:as``, or a dataset of the hub."""

    path: str
    """Where it is: below ``data_root``, below the current folder with ``here:`` in front,
    ``bundled:as``, ``hub:owner/name@config``, or ``hf://datasets/owner/name/file``."""
    language: str
    """Its code, such as ``as``."""
    script: Script | None = None
    """The script the model sees this corpus in, in place of the recipe's ``script``; ``"native"``
    leaves it as written, ``"native-folded"`` as well except for ৰ → র and ৱ → ব. None is
    ``"native"``."""
    scheme: Scheme | None = None
    """The tagging scheme of its files; None finds it out."""
    repair: bool = False
    """Repair invalid tags and count them, instead of stopping at the first."""
    type_map: dict[str, str | None] | tuple[str, ...] = Field(default_factory=dict)
    """New names of types: a table, ``"multiconer2"``, ``"fewnerd"``, a file (looked up as corpora
    are), ``"OLD=NEW"``, or a list of these. ``"O"`` drops a type."""
    tag_names: tuple[str, ...] | None = None
    """Names of the tags, in order, where the files have numbers."""
    columns: str | None = None
    """Columns of words and tags, by number or name, such as `"2,3"`; None finds them."""
    offsets: OffsetUnit | None = None
    """What the offsets of spans count; None lets the spans decide."""

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
        """A value that can be read as it stands is read, so that its mistakes are found here."""
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
    """The target corpus; ``max_train`` of its training sentences are used (a sample by seed)."""

    max_train: Positive | None = None
    """Training sentences to use."""
    split: Literal["validation", "test"] = "test"
    """Which of its splits is scored: `"validation"` as long as anything is still being decided."""


class SourceSettings(CorpusSettings):
    """A source corpus; at most ``max_sentences`` of its training sentences are used."""

    max_sentences: Positive | None = None
    """Training sentences to use."""
    repeat: Positive = 1
    """How often each of them is in the mixture. More than once gives a small corpus more weight
    among large ones."""
    harmonise: bool = False
    """Leave out entities all of whose words the other sources mostly leave outside: pronouns,
    offices and common nouns in a corpus that labels them as persons."""
    lexicon: str | None = None
    """Words of the source's language with the target's words for them: a file, looked up as corpora
    are, or ``bundled:hi-as`` or ``bundled:bn-as``. In all sentences of the source seven in ten of
    these words are replaced, and all endings."""
    drop_final_punctuation: Share = 0.0
    """Share of its training sentences that lose their final punctuation. A model that sees text
    without a final stop only in titles takes every such text for a title."""
    soft: bool = False
    """Learn how probable every tag was to the models that labelled it, not only the tag that won:
    from the file that ``nerbridge pseudo-label --soft`` wrote beside its sentences. A CRF
    learns the tags that won."""

    @field_validator("lexicon")
    @classmethod
    def _lexicon_must_exist(cls, value: str | None) -> str | None:
        return None if value is None else _checked(value, find_lexicon)


class TestSetSettings(CorpusSettings):
    """A further test set, scored and never trained on."""

    name: str
    """What the report calls it."""
    split: Literal["train", "validation", "test"] = "test"
    """Which of its splits is scored."""


class PseudoLabelSettings(Settings):
    """How a source is made where it is not there yet: raw text that the transferred models of
    another recipe label, as ``nerbridge pseudo-label`` does; with ``--soft`` where the source is
    ``soft``. Validation and test sentences of ``target`` and ``test_sets`` are left out."""

    path: str
    """The ``path`` of the source that is made; below the current folder (``here:``)."""
    recipe: str
    """Whose models label, those of all its seeds: a file beside this one, or a shipped recipe. They
    are taken from ``runs/NAME``, and trained there first if need be."""
    text: Annotated[tuple[str, ...], Field(min_length=1)]
    """Files of raw text, looked up as corpora are."""
    n: Positive = 24_000
    """Sentences to sample and label; fewer are kept."""
    seed: Annotated[int, Field(ge=0)] = 0
    """Random seed of the sample."""
    neighbours: Share = 0.0
    """Weight of words that are used alike anywhere in the text; the models have the rest."""


class ReferenceSettings(Settings):
    """Rows that need no encoder."""

    crf: bool = True
    """Train three CRFs on surface features, without an encoder, for comparison."""


class Recipe(Settings):
    """An experiment. Relative paths of corpora are looked up in ``data_root``."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
    """Name of the run folder and of the report."""
    description: str = ""
    """A line for people."""
    seeds: Annotated[tuple[Seed, ...], Field(min_length=1)] = (13, 21, 34)
    """Every stage is trained once for each."""
    script: Literal["native", "target", Script] | None = Field(default=None, exclude=True)
    """The script the model sees all corpora in: ``"target"`` is the script of the target language.
    A corpus with a ``script`` of its own is not affected. None is ``"native"``: as written."""
    types: Annotated[tuple[str, ...], Field(min_length=1)] = DEFAULT_TYPES
    """Entity types; a corpus with others needs a ``type_map``."""
    data_root: str | None = None
    """Folder of the corpora, relative to the current folder; ``${NAME:-default}`` is read from the
    environment. None is the recipe's own folder."""
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
        """The recipe's script for every corpus without one, so that nothing else knows both."""
        script = values.get("script") if isinstance(values, dict) else None
        if script == TARGET:
            target = values.get("target")
            language = target.get("language") if isinstance(target, dict) else None
            script = script_of_language(language) if isinstance(language, str) else None
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
                f"script: the script of the target language {self.target.language!r} is not known; "
                f"name it instead: one of {', '.join(SCRIPTS)}"
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
            faults.append("sources: harmonise holds a source against others; there is only one")
        if bundled := [s.path for s in self.sources if s.soft and not is_on_disk(s.path)]:
            faults.append(
                f"sources: {', '.join(bundled)}: soft needs a folder that `nerbridge pseudo-label "
                "--soft` wrote"
            )
        if both := [source.path for source in self.sources if source.harmonise and source.soft]:
            faults.append(
                f"sources: {', '.join(both)}: harmonise leaves out tags, and soft learns from "
                "probabilities instead; choose one"
            )
        if soft := [source.path for source in self.sources if source.lexicon and source.soft]:
            faults.append(
                f"sources: {', '.join(soft)}: a lexicon changes how many words there are, and soft "
                "has probabilities for each; choose one"
            )
        made = [made.path for made in self.pseudo_labels]
        if unfit := [path for path in made if not self._can_be_made(path) or made.count(path) > 1]:
            faults.append(
                f"pseudo_labels: {', '.join(unfit)}: expected the path of one of the sources each, "
                f"and {HERE} before it"
            )
        if self.adapt.method != self.transfer.method:
            faults.append(
                f"adapt.method: {self.adapt.method!r} cannot go on from transfer.method "
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
        """The same experiment, scored on validation wherever it would be on test."""
        on_validation = {"split": "validation"}
        test_sets = tuple(
            one.model_copy(update=on_validation) if one.split == "test" else one
            for one in self.test_sets
        )
        target = self.target.model_copy(update=on_validation)
        return self.model_copy(update={"target": target, "test_sets": test_sets})

    def to_dict(self) -> dict[str, Any]:
        """Plain values, defaults written out; what ``record.json`` keeps."""
        return self.model_dump(mode="json")


def _with_script(corpora: Any, script: str) -> Any:
    """Corpora as they stand in a recipe, those without a script with this one."""
    if isinstance(corpora, dict):
        return {"script": script, **corpora}
    if isinstance(corpora, (list, tuple)):
        return [_with_script(corpus, script) for corpus in corpora]
    return corpora


SHIPPED = Path(__file__).parent / "recipes"
