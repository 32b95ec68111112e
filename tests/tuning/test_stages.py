"""Stage folders: complete or absent, kept for the same inputs, made anew for others."""

from __future__ import annotations

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


def test_files_that_are_no_stage_are_never_deleted(tmp_path: Path) -> None:
    (tmp_path / "sft").mkdir()
    (tmp_path / "sft" / "thesis.txt").write_text("mine")
    with pytest.raises(TuningError, match=r"no stage\.json"):
        run_stage(tmp_path, "sft", "k1", Work())
    assert (tmp_path / "sft" / "thesis.txt").read_text() == "mine"


def test_keys_depend_on_content_and_not_on_order() -> None:
    assert content_key({"a": 1, "b": [1.5]}) == content_key({"b": [1.5], "a": 1})
    assert content_key({"a": 1}) != content_key({"a": 2})


def test_file_hash_is_the_known_sha256(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"abc")
    # FIPS 180-2, example B.1
    assert file_sha256(tmp_path / "f").startswith("ba7816bf8f01cfea")
