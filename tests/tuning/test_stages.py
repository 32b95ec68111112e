"""Stage folders: complete or absent, kept for the same inputs, made anew for others."""

from __future__ import annotations

import contextlib
import itertools
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from foretune.errors import TuningError
from foretune.tuning.stages import content_key, file_sha256, read_record, run_stage


class Work:
    """Writes one file; can be told to fail half way, leaving a checkpoint."""

    def __init__(self, *, fails: bool = False) -> None:
        self.fails, self.calls, self.found = fails, 0, ""

    def __call__(self, result: Path, checkpoints: Path) -> tuple[float, dict[str, Any]]:
        self.calls += 1
        assert not any(result.iterdir())
        kept = checkpoints / "step"
        self.found = kept.read_text() if kept.exists() else ""
        kept.write_text("6")
        (result / "weights").write_text("w")
        if self.fails:
            raise KeyboardInterrupt
        return 1.5, {"steps": 12}


def test_a_complete_stage_is_kept(tmp_path: Path) -> None:
    work = Work()
    first, there = run_stage(tmp_path, "sft", "k1", work)
    again, there_again = run_stage(tmp_path, "sft", "k1", work)
    assert (there, there_again, work.calls) == (False, True, 1)
    assert first == again == read_record(tmp_path / "sft")
    assert (again.seconds, again.facts) == (1.5, {"steps": 12})
    assert sorted(p.name for p in tmp_path.iterdir()) == ["sft"]


def test_other_inputs_make_the_stage_anew(tmp_path: Path) -> None:
    run_stage(tmp_path, "sft", "k1", Work())
    record, there = run_stage(tmp_path, "sft", "k2", Work())
    assert (record.key, there) == ("k2", False)


def test_an_interrupted_stage_is_absent_and_finds_its_checkpoint_again(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        run_stage(tmp_path, "sft", "k1", Work(fails=True))
    assert read_record(tmp_path / "sft") is None
    assert not (tmp_path / "sft").exists()
    work = Work()
    run_stage(tmp_path, "sft", "k1", work)
    assert work.found == "6"


def test_a_checkpoint_of_other_inputs_is_not_resumed(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        run_stage(tmp_path, "sft", "k1", Work(fails=True))
    work = Work()
    run_stage(tmp_path, "sft", "k2", work)
    assert work.found == ""


@pytest.mark.parametrize("name", ["sft", "sft.old"])
def test_files_that_are_no_stage_are_never_deleted(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    (tmp_path / name / "thesis.txt").write_text("mine")
    with pytest.raises(TuningError, match=r"no stage\.json"):
        run_stage(tmp_path, "sft", "k1", Work())
    assert (tmp_path / name / "thesis.txt").read_text() == "mine"


class Killed(BaseException):
    """Like a signal: nothing on the way catches it."""


@contextlib.contextmanager
def dying(turn: int) -> Iterator[None]:
    """Let the file operation number `turn` that renames or deletes raise before it does anything."""
    turns = itertools.count()

    def mortal(operation: Any) -> Any:
        def run(*args: Any, **options: Any) -> Any:
            if next(turns) == turn:
                raise Killed
            return operation(*args, **options)

        return run

    with pytest.MonkeyPatch.context() as patch:
        for name in ("rename", "unlink", "rmdir"):
            patch.setattr(Path, name, mortal(getattr(Path, name)))
        patch.setattr(shutil, "rmtree", mortal(shutil.rmtree))
        yield


def complete_results(out: Path) -> set[str]:
    """The keys of all complete results, wherever they lie."""
    return {json.loads(path.read_text())["key"] for path in out.rglob("stage.json")}


# without a death: unlink the key that is not there, two renames, the partial's key and folder, and
# then the old folder's file, its record, itself
OPERATIONS = 8


@pytest.mark.parametrize("turn", range(OPERATIONS))
@pytest.mark.parametrize("then", ["k2", "k1"])
def test_dying_at_any_step_of_the_swap_loses_nothing(tmp_path: Path, turn: int, then: str) -> None:
    run_stage(tmp_path, "sft", "k1", Work())
    second = Work()
    with pytest.raises(Killed), dying(turn):
        run_stage(tmp_path, "sft", "k2", second)
    assert complete_results(tmp_path)

    third = Work()
    record, _ = run_stage(tmp_path, "sft", then, third)
    assert record == read_record(tmp_path / "sft")
    assert record.key == then
    assert (tmp_path / "sft" / "weights").read_text() == "w"
    assert not (tmp_path / "sft.old").exists()
    if then == "k2":
        assert second.calls + third.calls == 1  # what was complete is promoted, not made again
        assert [p.name for p in tmp_path.iterdir()] == ["sft"]


def test_the_swap_has_as_many_steps_as_are_tried(tmp_path: Path) -> None:
    run_stage(tmp_path, "sft", "k1", Work())
    with dying(OPERATIONS):
        run_stage(tmp_path, "sft", "k2", Work())
    with pytest.raises(Killed), dying(OPERATIONS - 1):
        run_stage(tmp_path, "sft", "k3", Work())


@pytest.mark.parametrize("turn", range(8))
def test_dying_again_while_recovering_loses_nothing(tmp_path: Path, turn: int) -> None:
    run_stage(tmp_path, "sft", "k1", Work())
    with pytest.raises(Killed), dying(2):  # the old folder is aside, the new one not yet in its place
        run_stage(tmp_path, "sft", "k2", Work())
    assert not (tmp_path / "sft").exists()
    with contextlib.suppress(Killed), dying(turn):
        run_stage(tmp_path, "sft", "k2", Work())
    assert complete_results(tmp_path)
    assert run_stage(tmp_path, "sft", "k2", Work())[0].key == "k2"
    assert [p.name for p in tmp_path.iterdir()] == ["sft"]


def test_work_for_other_inputs_is_kept_while_these_are_complete(tmp_path: Path) -> None:
    run_stage(tmp_path, "sft", "k1", Work())
    with pytest.raises(KeyboardInterrupt):
        run_stage(tmp_path, "sft", "k2", Work(fails=True))
    assert run_stage(tmp_path, "sft", "k1", Work())[1]
    work = Work()
    run_stage(tmp_path, "sft", "k2", work)
    assert work.found == "6"


@pytest.mark.parametrize("name", ["sft", "sft.old"])
def test_a_file_in_the_way_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("mine")
    with pytest.raises(TuningError, match="is in the way and no stage"):
        run_stage(tmp_path, "sft", "k1", Work())


def test_keys_depend_on_content_and_not_on_order() -> None:
    assert content_key({"a": 1, "b": [1.5]}) == content_key({"b": [1.5], "a": 1})
    assert content_key({"a": 1}) != content_key({"a": 2})


def test_file_hash_is_the_known_sha256(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"abc")
    # FIPS 180-2, example B.1
    assert file_sha256(tmp_path / "f").startswith("ba7816bf8f01cfea")
