"""The frame of every page: what models write is text, never markup, and nothing is loaded from anywhere."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from jinja2 import UndefinedError

from foretune.origin import Origin
from foretune.pages.drawing import inline_svg, new_figure
from foretune.pages.frame import environment, origin_label, p_value, percent, signed

ATTACKS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "</pre><iframe src=//evil.test>",
    "{{ 7 * 7 }}",
)


@pytest.fixture
def page():
    """`page(content)` is a whole page that shows `content` in its three blocks."""
    template = environment().from_string(
        '{% extends "page.html.j2" %}'
        "{% block title %}{{ said }}{% endblock %}"
        "{% block lead %}<h1>{{ said }}</h1>{% endblock %}"
        '{% block content %}<pre title="{{ said }}">{{ said }}</pre>{% endblock %}'
    )
    return lambda said: template.render(said=said)


class Tags(HTMLParser):
    """Every tag with its attributes, and all text."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.text = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text.append(data)


@pytest.mark.parametrize("attack", ATTACKS)
def test_text_of_a_model_stays_text(page, attack):
    found = Tags(page(attack))
    assert [tag for tag, _ in found.tags] == [tag for tag, _ in Tags(page("harmless")).tags]
    assert attack in "".join(found.text)  # people see it as it was written
    assert [attrs["title"] for tag, attrs in found.tags if tag == "pre"] == [attack]


def test_no_script_could_run_even_if_escaping_failed(page):
    (policy,) = (a["content"] for _, a in Tags(page("")).tags if a.get("http-equiv") == "Content-Security-Policy")
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert "script-src" not in rules
    assert rules["base-uri"] == rules["form-action"] == "'none'"


def test_a_page_is_one_file_that_loads_nothing(page):
    text = page("words")
    assert not re.search(r"https?://|//[a-z]+\.|@import|url\(", text)
    assert "script" not in {tag for tag, _ in Tags(text).tags}
    assert "link" not in {tag for tag, _ in Tags(text).tags}


def test_a_page_says_that_it_is_no_advice(page):
    assert "past performance does not guarantee future results" in page("words")


def test_a_page_has_a_language_a_character_set_and_fits_a_phone(page):
    found = Tags(page("words")).tags
    assert ("html", {"lang": "en"}) in found
    assert ("meta", {"charset": "utf-8"}) in found
    assert any(attrs.get("name") == "viewport" for _, attrs in found)


def test_a_value_that_is_not_there_is_an_error_and_not_an_empty_cell():
    with pytest.raises(UndefinedError):
        environment().from_string("{{ absent }}").render()


@pytest.mark.parametrize("origin", list(Origin))
def test_every_origin_has_its_badge(origin):
    badge = environment().from_string('{% import "parts.html.j2" as parts %}{{ parts.badge(origin) }}')
    assert badge.render(origin=origin) == f'<span class="badge {origin}">{origin} data</span>'
    assert origin_label(origin.value) == f"{origin} data"


def test_an_origin_nobody_knows_has_no_badge():
    with pytest.raises(ValueError, match="imagined"):
        origin_label("imagined")


@pytest.mark.parametrize(
    ("shown", "wanted"),
    [
        (percent(0.0), "0.0\N{NARROW NO-BREAK SPACE}%"),
        (percent(1.0), "100.0\N{NARROW NO-BREAK SPACE}%"),
        (percent(0.00999, 2), "1.00\N{NARROW NO-BREAK SPACE}%"),
        (signed(0.5, 1), "+0.5"),
        (signed(-0.5, 1), "\N{MINUS SIGN}0.5"),
        (p_value(0.0009), "< 0.001"),
        (p_value(0.001), "0.001"),
    ],
)
def test_numbers_as_people_read_them(shown, wanted):
    assert shown == wanted


@pytest.fixture
def picture():
    def draw(key="one", label="a picture", title="words"):
        figure, axes = new_figure(2.0)
        axes.plot([1, 2, 3], [1, 4, 9])
        axes.set_xlabel(title)
        return str(inline_svg(figure, key, label))

    return draw


def test_a_picture_is_inline_its_text_is_text_and_it_is_the_same_every_time(picture):
    svg = picture(title="step of training")
    assert svg.startswith("<svg ")
    assert "step of training" in svg
    assert picture(title="step of training") == svg
    assert not re.search(r'(?:href|src)="(?!#)', svg)


def test_two_pictures_on_one_page_share_no_id(picture):
    first, second = (set(re.findall(r'id="([^"]+)"', picture(key))) for key in ("one", "two"))
    assert first
    assert not first & second


def test_words_in_a_picture_are_escaped(picture):
    svg = picture(label='"><script>', title="<script>alert(1)</script>")
    assert "<script" not in svg
