"""What a build may replace, and what a kill leaves behind."""

from __future__ import annotations

import json

import pytest

from foretune.errors import ConfigError
from foretune.pipeline.workspace import MARKER, workspace


def finished(folder, **files):
    """A dataset folder as a build leaves it, cut down to what the workspace looks at."""
    with workspace(folder) as inside:
        for name in files:
            (inside / name).write_text(files[name])
        manifest = {
            "name": "x", "foretune": "0", "origin": "recorded", "spec": {}, "inputs": [], "rows": {}, "splits": {},
            "coverage": {}, "known_at_basis": {}, "independent_blocks": {}, "quarantine": {},
            "files": dict.fromkeys(files, "hash"), "notes": [],
        }  # fmt: skip
        (inside / "manifest.json").write_text(json.dumps(manifest))


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_new_folder_holds_what_was_built_and_nothing_is_left_beside_it(tmp_path):
    finished(tmp_path / "deep" / "data", panel="1")
    assert names(tmp_path / "deep") == ["data"]
    assert names(tmp_path / "deep" / "data") == ["manifest.json", "panel"]


def test_an_earlier_dataset_is_replaced(tmp_path):
    finished(tmp_path / "data", old="1")
    finished(tmp_path / "data", new="2")
    assert names(tmp_path / "data") == ["manifest.json", "new"]


def test_a_failed_build_leaves_the_earlier_dataset(tmp_path):
    finished(tmp_path / "data", old="1")
    with pytest.raises(KeyboardInterrupt), workspace(tmp_path / "data"):
        raise KeyboardInterrupt
    assert names(tmp_path) == ["data"]
    assert names(tmp_path / "data") == ["manifest.json", "old"]


def test_a_manifest_of_something_else_protects_its_folder(tmp_path):
    """A training run has a manifest.json too; building over it would delete the models."""
    (tmp_path / "manifest.json").write_text('{"name": "demo", "stages": {}}')
    (tmp_path / "dpo").mkdir()
    with pytest.raises(ConfigError, match="no dataset of ours"), workspace(tmp_path):
        pass
    assert names(tmp_path) == ["dpo", "manifest.json"]


def test_a_file_put_into_a_dataset_folder_is_not_deleted(tmp_path):
    finished(tmp_path / "data", panel="1")
    (tmp_path / "data" / "thesis.txt").write_text("mine")
    with pytest.raises(ConfigError, match=r"thesis\.txt"), workspace(tmp_path / "data"):
        pass


def test_a_folder_in_the_way_that_no_build_left_is_kept(tmp_path):
    (tmp_path / "data.partial").mkdir()
    (tmp_path / "data.partial" / "thesis.txt").write_text("mine")
    with pytest.raises(ConfigError, match="move it"), workspace(tmp_path / "data"):
        pass
    assert names(tmp_path / "data.partial") == ["thesis.txt"]


def test_what_a_killed_build_left_is_cleared_away(tmp_path):
    for name in ("data.partial", "data.old"):
        (tmp_path / name).mkdir()
        (tmp_path / name / MARKER).touch()
    finished(tmp_path / "data", panel="1")
    assert names(tmp_path) == ["data"]


@pytest.mark.parametrize("place", ["file", "file/below", "/proc/foretune"])
def test_a_place_that_cannot_be_written_is_refused_before_any_work(tmp_path, place):
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError), workspace(tmp_path / place):
        pytest.fail("work began")


def test_a_link_is_followed(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    finished(tmp_path / "link", panel="1")
    assert names(tmp_path / "real") == ["manifest.json", "panel"]


def test_two_builds_into_one_folder_do_not_meet(tmp_path):
    with workspace(tmp_path / "data") as inside:
        (inside / "panel").write_text("mine")
        with pytest.raises(ConfigError, match="another build is writing here"), workspace(tmp_path / "data"):
            pytest.fail("both began")
        assert (inside / "panel").read_text() == "mine"


@pytest.mark.parametrize("where", ["data", "data/store", "data.partial/store", "data.old", "data.failed/x"])
def test_a_folder_that_outlives_the_build_may_not_lie_in_one_that_is_replaced(tmp_path, where):
    lasting = [tmp_path / where]
    with pytest.raises(ConfigError, match="which a build replaces"), workspace(tmp_path / "data", apart=lasting):
        pytest.fail("work began")


def test_what_is_put_into_the_dataset_while_it_is_rebuilt_is_not_deleted(tmp_path):
    finished(tmp_path / "data", panel="1")
    with pytest.raises(ConfigError, match=r"thesis\.txt"), workspace(tmp_path / "data"):
        (tmp_path / "data" / "thesis.txt").write_text("mine")
    assert (tmp_path / "data" / "thesis.txt").read_text() == "mine"
    assert names(tmp_path / "data") == ["manifest.json", "panel", "thesis.txt"]


def test_a_report_folder_of_somebody_else_is_not_removed(tmp_path):
    (tmp_path / "data.failed").mkdir()
    (tmp_path / "data.failed" / "thesis.txt").write_text("mine")
    with pytest.raises(ConfigError, match="move it"), workspace(tmp_path / "data"):
        pytest.fail("work began")
    assert names(tmp_path / "data.failed") == ["thesis.txt"]


def test_the_root_has_no_name(tmp_path):
    with (
        pytest.raises(ConfigError, match="give a folder with a name"),
        workspace(tmp_path / ".." / ".." / "../../../.."),
    ):
        pytest.fail("work began")


class Killed(BaseException):
    """Stands for a kill: nothing after it runs."""


@pytest.mark.parametrize("moment", ["marked", "moved aside", "in place", "unmarked"])
def test_killed_at_any_moment_of_the_swap_one_of_the_two_is_whole(tmp_path, monkeypatch, moment):
    out, old, partial = tmp_path / "data", tmp_path / "data.old", tmp_path / "data.partial"
    finished(out, old="1")
    finished(tmp_path / "new", new="2")
    # the states a swap goes through, made by hand
    (tmp_path / "new").rename(partial)
    (partial / MARKER).touch()
    (out / MARKER).touch()
    if moment != "marked":
        out.rename(old)
    if moment in ("in place", "unmarked"):
        partial.rename(out)
    if moment == "unmarked":
        (out / MARKER).unlink()
    with pytest.raises(Killed), workspace(out):  # the next build finds it so, and is stopped itself
        raise Killed
    assert names(tmp_path) == ["data"]
    whole = ["manifest.json", "new"] if moment in ("in place", "unmarked") else ["manifest.json", "old"]
    assert names(out) == whole
