"""What a run leaves behind: ``record.json``, the one source of every table, plot and page.

The file is a contract with other programs: ``schema`` says which. Fields are only added within a
schema; a field that changes its meaning gives a new one.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from nerbridge.errors import RunError, first_fault
from nerbridge.evaluation.calibration import Calibration
from nerbridge.evaluation.errors import ErrorExample
from nerbridge.evaluation.scores import Scores
from nerbridge.files import write_text
from nerbridge.models.manifest import Training

SCHEMA = 2

SystemStage = Literal["baseline", "transfer", "adapt", "crf"]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SeedResult(_Model):
    """One system of the table for one seed. ``model`` is relative to the run folder."""

    seed: int
    model: str
    test: Scores
    validation: Scores | None = None
    test_sets: dict[str, Scores] = Field(default_factory=dict)
    """Scores on the further test sets of the recipe, by name."""
    calibration: dict[str, Calibration] = Field(default_factory=dict)
    """How good the scores of single entities are, by name of the test set (``test``,
    ``validation``, the further ones); empty for a CRF and in records of before."""
    training: Training | None = None
    manifest: dict[str, Any] = Field(default_factory=dict)
    """What the model's folder says of its origin."""

    @model_validator(mode="before")
    @classmethod
    def _migrate(cls, values: Any) -> Any:
        """A result of schema 1: nothing else in it says which schema it has."""
        if not isinstance(values, dict):
            return values
        return _rename(values, also="test_sets", lineage="manifest")


class Summary(_Model):
    """A statistic over seeds (mean, sd) and over sentences and seeds (95 % bootstrap interval)."""

    mean: float
    sd: float | None
    ci95: tuple[float, float]


class System(_Model):
    """One system: a stage of the experiment or a reference."""

    name: str
    stage: SystemStage
    description: str
    seeds: tuple[SeedResult, ...]
    f1_strict: Summary
    f1_conll: Summary
    """Its interval is the strict one, moved along, and stands in no table: it has no counts."""
    f1_leak_free: Summary | None = None
    test_sets: dict[str, Summary] = Field(default_factory=dict)
    """Strict F1 on the further test sets, by name."""
    errors: tuple[ErrorExample, ...] = ()
    """The most frequent errors of the first seed on the test set."""


class Paired(_Model):
    """System ``a`` against system ``b`` on the same sentences: ``difference`` is F1(b) - F1(a)."""

    a: str
    b: str
    difference: float
    ci95: tuple[float, float]
    p: float
    p_randomisation: float
    test_set: str = "test"
    """``test`` for the recipe's test set, else the name of a further one."""


class CorpusRecord(_Model):
    """One corpus as the run read it; ``losses`` counts what reading changed or dropped."""

    name: str
    role: Literal["target", "source", "test_set"]
    language: str
    sha256: str
    revision: str | None
    n_sentences: dict[str, int]
    losses: dict[str, int]
    audit: dict[str, Any] = Field(default_factory=dict)
    subwords_per_word: dict[str, float] = Field(default_factory=dict)
    """By split, with the run's tokenizer on the text as the model sees it."""


class RunRecord(_Model):
    """A whole experiment."""

    schema_: Literal[2] = Field(default=2, alias="schema")
    name: str
    nerbridge: str
    """Version of nerbridge."""
    recipe: dict[str, Any]
    recipe_sha256: str
    command: str
    created: str
    """UTC, ISO 8601."""
    machine: dict[str, Any]
    versions: dict[str, str]
    encoder: dict[str, Any]
    """``id``, ``revision``, ``sha256``, ``n_parameters`` and its dimensions."""
    corpora: tuple[CorpusRecord, ...]
    systems: tuple[System, ...]
    paired: tuple[Paired, ...]
    notes: tuple[str, ...] = ()
    """What was lost or changed on the way, in sentences for people."""
    wall_s: float = 0.0
    """Seconds of training, summed over stages and seeds, which may have run side by side."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    @model_validator(mode="before")
    @classmethod
    def _migrate(cls, values: Any) -> Any:
        return migrate_record(values)

    def scored_split(self, test: str) -> str:
        """Which split of its corpus a test set is; ``test`` stands for the recipe's own."""
        further = self.recipe.get("test_sets", ())
        own = self.recipe.get("target", {}) if test == "test" else {}
        named = (settings for settings in further if settings.get("name") == test)
        return str(next(named, own).get("split", "test"))

    def system(self, name: str) -> System:
        """The system called ``name``. Raises ``KeyError``."""
        for system in self.systems:
            if system.name == name:
                return system
        raise KeyError(name)


def migrate_record(values: Any) -> Any:
    """A record of schema 1 (nerbridge 0.1) as one of schema 2; anything else as it is.

    Schema 1 had ``rows`` for systems, ``also`` for further test sets, and ``lineage`` for what the
    manifest of a model says. Its recipe keeps its own keys, except for the test sets, which this
    module reads.

    >>> migrate_record({"schema": 1, "rows": []})
    {'schema': 2, 'systems': []}
    """
    if not isinstance(values, dict) or values.get("schema") != 1:
        return values
    migrated = _rename(values, rows="systems") | {"schema": SCHEMA}
    for key, migrate in {
        # Seeds are migrated where each is read: a run's folder holds them one by one, too.
        "systems": lambda system: _rename(system, also="test_sets"),
        "paired": lambda pair: _rename(pair, test="test_set"),
        "corpora": _migrate_corpus,
    }.items():
        if isinstance(found := migrated.get(key), list):
            migrated[key] = [migrate(one) if isinstance(one, dict) else one for one in found]
    if isinstance(recipe := migrated.get("recipe"), dict):
        migrated["recipe"] = _rename(recipe, also="test_sets")
    return migrated


def _migrate_corpus(corpus: dict[str, Any]) -> dict[str, Any]:
    return corpus | {"role": "test_set"} if corpus.get("role") == "also" else corpus


def _rename(values: dict[str, Any], **names: str) -> dict[str, Any]:
    """The same values in the same order, some under a new name."""
    return {names.get(key, key): value for key, value in values.items()}


def write_record(record: RunRecord, path: Path) -> None:
    """Write ``record.json``."""
    write_text(path, record.model_dump_json(by_alias=True, indent=1) + "\n")


def read_record(path: Path) -> RunRecord:
    """Read ``record.json``, given itself or its run folder (also its ``report`` folder).

    Raises:
        RunError: no record there, or not one of this schema.
    """
    candidates = (path, path / "record.json", path / "report" / "record.json")
    found = next((candidate for candidate in candidates if candidate.is_file()), None)
    if found is None:
        raise RunError(
            f"{path}: no record.json found, expected the folder of a finished run. "
            "Check the path; an unfinished run is finished by the command that began it."
        )
    try:
        return RunRecord.model_validate_json(found.read_text("utf-8"))
    except (ValidationError, UnicodeDecodeError) as error:
        raise RunError(
            f"{found}: not a run record of schema {SCHEMA} ({first_fault(error)}). "
            "Read it with the version of nerbridge that wrote it, or run the recipe again."
        ) from error
