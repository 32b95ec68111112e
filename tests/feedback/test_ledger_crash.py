"""The ledger after a crash, and with bytes that are none of its own."""

from __future__ import annotations

import pytest

from foretune.errors import DataError
from foretune.feedback.ledger import LedgerEntry, append, read

ENTRY = LedgerEntry(
    symbol="BTCUSDT", as_of="2024-01-01T00:00:00Z", origin="live", model="m", question="q", answer="a", price=1.0
)


def test_an_answer_given_after_a_crash_is_not_lost(tmp_path):
    """A crash leaves half a line. The next append must not be glued to it: two answers would be unreadable."""
    path = tmp_path / "answers.jsonl"
    append(ENTRY, path)
    with path.open("a", encoding="utf-8") as file:
        file.write('{"symbol": "BTC')
    append(ENTRY, path)
    assert read(path) == [ENTRY, ENTRY]


def test_bytes_that_are_no_utf_8_are_a_data_error(tmp_path):
    path = tmp_path / "answers.jsonl"
    path.write_bytes(b"\xff\xfe\n")
    with pytest.raises(DataError):
        read(path)
