"""Keys of recipes that earlier versions of nerbridge wrote: renamed, dropped, or refused."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from nerbridge.training.stage_settings import STAGES

_RENAMED: dict[tuple[str, str], str] = {
    ("", "also"): "test_sets",
    ("sources", "times"): "repeat",
    ("sources", "without_stop"): "drop_final_punctuation",
}
"""New names by table and old name; the empty table is the top of the file."""
_DELETED: dict[tuple[str, str], tuple[Any, str]] = {
    ("sources", "lexicon_share"): (0.7, "The share is always 0.7 now"),
    ("sampling", "strategy"): ("proportional", "Use max_sentences and repeat of each source"),
    ("sampling", "temperature"): (1.0, "Use max_sentences and repeat of each source"),
    ("lora", "modules_to_save"): ([], 'Train these modules too with method = "full"'),
    ("lora", "use_rslora"): (False, "Multiply lora_alpha by the square root of r instead"),
    ("reference", "target_repeats"): (10, "The number is always 10 now"),
    **{
        (stage, key): deleted
        for stage in STAGES
        for key, deleted in {
            "max_grad_norm": (1.0, "The limit is always 1.0 now"),
            "label_smoothing": (0.0, "Use class_weights or a lower learning_rate"),
            "masked_words": (0.0, "Use dropout"),
            "group_by_length": (True, "It is always on now"),
        }.items()
    },
}
"""Default and advice of a deleted key, by table and key."""


@dataclass
class MigratedSettings:
    """Settings under the keys of this version, and what to tell the user about the old ones."""

    values: dict[str, Any]
    notices: list[str] = field(default_factory=list)
    """One for each old key, however often it is used."""
    mistakes: list[str] = field(default_factory=list)
    """Deleted keys with another value than their default. ``values`` does not hold them."""

    def migrate_table(self, table: str, place: str, found: Any) -> Any:
        """A table, or a list of tables, under the keys of this version.

        What is no table stays as it is: the recipe's types refuse it.
        """
        if isinstance(found, list):
            return [self.migrate_table(table, f"{place}.{i}", one) for i, one in enumerate(found)]
        if not isinstance(found, dict):
            return found
        migrated = dict[str, Any]()
        for key, value in found.items():
            at, new = f"{place}.{key}".lstrip("."), rename_key(table, key)
            if (table, key) in _DELETED:
                self._drop(table, key, at, value)
            elif new != key and new in found:
                self.mistakes.append(f"{at}: old name of {new}, which is given too. Delete {key}.")
            else:
                migrated[new] = value
                if new != key:
                    self._tell(table, key, f"is called {new} now. Rename it.")
        return migrated

    def _drop(self, table: str, key: str, at: str, value: Any) -> None:
        default, advice = _DELETED[table, key]
        if value == default:
            self._tell(table, key, "is no longer a key. This value was its default, so delete it.")
        else:
            self.mistakes.append(
                f"{at}: nerbridge 0.2.0 removed this key; expected no value or its old default "
                f"{default!r}, found {value!r}. {advice}."
            )

    def _tell(self, table: str, key: str, what: str) -> None:
        notice = f"{table}.{key} ".lstrip(".") + what
        if notice not in self.notices:
            self.notices.append(notice)


def rename_key(table: str, key: str) -> str:
    """The name that this version has for a key.

    >>> rename_key("", "also"), rename_key("", "seeds")
    ('test_sets', 'seeds')
    """
    return _RENAMED.get((table, key), key)


def migrate_settings(values: dict[str, Any]) -> MigratedSettings:
    """Rename the old keys of a recipe and drop the deleted ones. ``values`` is not changed.

    >>> migrate_settings({"also": [], "lora": {"r": 8, "use_rslora": False}}).values
    {'test_sets': [], 'lora': {'r': 8}}
    """
    migrated = MigratedSettings({})
    migrated.values = migrated.migrate_table("", "", values)
    for table in dict.fromkeys(table for table, _ in (*_RENAMED, *_DELETED)):
        if table in migrated.values:
            found = migrated.values[table]
            migrated.values[table] = migrated.migrate_table(table, table, found)
    if migrated.values.get("sampling") == {}:
        del migrated.values["sampling"]  # this version has no such table
    return migrated
