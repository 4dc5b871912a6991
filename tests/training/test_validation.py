"""Only checkpoints written to their end count."""

from pathlib import Path

from nerbridge.training.validation import last_checkpoint, mark_whole


def make(folder: Path, step: int) -> Path:
    path = folder / f"checkpoint-{step}"
    path.mkdir(parents=True)
    (path / "model.safetensors").write_text("weights")
    return path


def test_there_is_none_at_first(tmp_path: Path) -> None:
    assert last_checkpoint(tmp_path / "absent") is None


def test_a_half_written_one_is_ignored_and_removed(tmp_path: Path) -> None:
    whole = make(tmp_path, 9)
    mark_whole(whole)
    half = make(tmp_path, 10)
    assert last_checkpoint(tmp_path) == str(whole)
    assert not half.exists()


def test_the_newest_is_the_one_of_most_steps(tmp_path: Path) -> None:
    paths = [make(tmp_path, step) for step in (100, 20, 3)]
    for path in paths:
        (path / "whole").touch()
    assert last_checkpoint(tmp_path) == str(paths[0])


def test_a_whole_one_replaces_those_before(tmp_path: Path) -> None:
    mark_whole(make(tmp_path, 3))
    mark_whole(newest := make(tmp_path, 6))
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint-6"]
    assert last_checkpoint(tmp_path) == str(newest)
