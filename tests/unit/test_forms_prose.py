"""Markdown for people's words: emphasis, lists and safe links, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html as lxml_html

from forms import markdown


def test_emphasis_lists_and_line_ends_are_shown():
    assert markdown("**Only you** can say.\nPlease look.") == (
        "<p><strong>Only you</strong> can say.<br />\nPlease look.</p>"
    )
    assert "<li>one</li>" in markdown("- one\n- two")


@pytest.mark.parametrize("text", ["", " ", "\n\t "])
def test_an_empty_text_gives_nothing(text: str):
    assert markdown(text) == ""


@pytest.mark.parametrize(
    "address", ["https://example.com/a?b=c", "/incidents/7", "mailto:a@b.example"]
)
def test_links_that_lead_somewhere_safe_are_links(address: str):
    assert lxml_html.fromstring(markdown(f"[here]({address})")).xpath("//a/@href") == [address]


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java&#10;script:alert(1)",
        "javascript&colon;alert(1)",
        "vbscript:x",
        "data:text/html,x",
        "data:image/svg+xml;base64,AAAA",
        "file:///etc/passwd",
        "//evil.example/x",
        "/\\evil.example",
        "tel:123",
    ],
)
def test_links_that_do_something_else_are_text(address: str):
    page = lxml_html.fromstring(markdown(f"[x]({address})\n\n[x]: {address}\n\n<{address}>"))

    assert not page.xpath("//a")


def test_an_address_that_only_looks_like_a_script_stays_on_this_page():
    (address,) = lxml_html.fromstring(markdown("[x](&#1;javascript:alert(1))")).xpath("//a/@href")

    assert address.startswith("&#1;")  # the rest is a fragment


def test_pictures_and_headings_are_not_shown():
    page = lxml_html.fromstring(f"<div>{markdown('![x](https://spy.example/x.png)')}</div>")

    assert not page.xpath("//img")
    assert "<h1" not in markdown("# Big")
    assert "<h2" not in markdown("Big\n---")


_PIECES = st.sampled_from(
    ["<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "[a](", "javascript:x", ")", "`",
     "<a href='javascript:x'>", "**", "\n", "> ", "- ", "\"'", "&lt;", "<!--", "<https://a.example>"]
)  # fmt: skip


@given(st.lists(_PIECES | st.text(max_size=5), max_size=12))
def test_nothing_that_people_write_runs(pieces: list[str]):
    page = lxml_html.fromstring(f"<div>{markdown(''.join(pieces))}</div>")

    allowed = {"div", "p", "br", "strong", "em", "code", "pre", "ul", "ol", "li", "a", "blockquote",
               "hr"}  # fmt: skip
    assert {element.tag for element in page.iter()} <= allowed
    assert all(
        href.startswith(("https://", "http://", "mailto:")) or ":" not in href
        for href in page.xpath("//@href")
    )
    assert not page.xpath("//@onerror")
