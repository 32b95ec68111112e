"""The same inputs give the same bytes: again, in another process, with other hashing, with other keys."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.realdata

FEW_ROWS = "exports={contents: [features], formats: [alpaca], files: [jsonl]}"


def digests(folder):
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_fresh_process_with_other_hashing_writes_the_same_files(built, data_root, tmp_path, request):
    """The command line, as a user gives it, against the build of this process."""
    out = tmp_path / "btc_90d"
    pipeline = request.config.rootpath / "pipelines/btc_90d.yaml"
    command = [
        sys.executable, "-c", "from foretune.cli.main import main; main()", "build", str(pipeline),
        "--catalog", str(data_root / "catalog.yaml"), "--out", str(out), "--set", FEW_ROWS, "--set", "max_pairs=50",
    ]  # fmt: skip
    environment = {**os.environ, "PYTHONHASHSEED": "4242", "TZ": "Asia/Kolkata"}
    done = subprocess.run(command, check=False, capture_output=True, timeout=180, env=environment, cwd=tmp_path)
    assert done.returncode == 0, done.stderr.decode()
    first, second = digests(built.folder), digests(out)
    assert {"panel.parquet", "manifest.json", "quality.html", "facts/bars.parquet"} <= first.keys()
    assert first == second


@pytest.mark.slow
def test_a_second_build_in_the_same_process_writes_the_same_files(built_multi, altered):
    again = altered("multi_asset", {}, fred_key=False)
    assert digests(built_multi.folder) == digests(again.folder)
