"""What a provider says is shown on one line, cut, and never obeyed by a terminal."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from foretune.sources.excerpt import excerpt, printable


@given(st.text(st.characters(exclude_categories=[]), max_size=300))
def test_any_text_becomes_one_short_printable_line(text):
    shown = excerpt(text)
    assert shown.isprintable()
    assert len(shown) <= 201


def test_line_breaks_are_all_that_stays_of_control_characters():
    assert printable("a\nb\r\x1b\t\ud800c") == "a\nb����c"


def test_words_of_any_language_stay():
    assert excerpt("Größe 東京 😀") == "Größe 東京 😀"
