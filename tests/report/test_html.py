"""Parts drawn as a page: every kind of part, every text escaped, nothing from the network."""

import html.parser

from pellucid.report.html import STYLE, as_html, as_piece, fragment
from pellucid.report.parts import (
    Beside,
    Column,
    Gap,
    Grid,
    Heading,
    Paragraph,
    Picture,
    Rule,
    Span,
    Table,
)

PARTS = [
    Heading(("a heading: ", Span("yes", "yes"))),
    Paragraph("two\nlines"),
    Rule(),
    Gap(),
    Table((Column("name"), Column("size", "right")), (("<b>", Span("3", "number")),)),
    Beside((Grid((("1", "2"), ("3", "4")), "grid"), Picture(((0.0, 1.0),), "picture"))),
]


class Reader(html.parser.HTMLParser):
    """The tags and texts of a page, and whether every tag is closed."""

    def __init__(self, page):
        super().__init__()
        self.open, self.tags, self.texts = [], [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        if tag not in ("meta", "br", "hr"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)


def test_every_kind_of_part_is_drawn_and_every_tag_closed():
    page = Reader(as_html(PARTS, "title"))
    assert page.open == []
    assert {"h3", "p", "pre", "hr", "table", "th", "td", "span", "title"} <= set(page.tags)
    assert {"a heading: ", "yes", "two\nlines", "grid", "picture", "4"} <= set(page.texts)


def test_texts_are_escaped_and_nothing_is_fetched():
    page = as_html([Heading("<script>alert(1)</script>"), *PARTS], "</title><script>")
    assert "script" not in Reader(page).tags and "&lt;b&gt;" in page
    assert "http" not in page and "src=" not in page


def test_words_are_escaped_where_they_are_drawn():
    drawn = fragment([Heading("<script>"), Paragraph(("a & b ", Span('"quoted"', "strong")))])
    assert drawn == (
        '<div class="pellucid"><h3>&lt;script&gt;</h3><p>a &amp; b <span class="strong">&quot;quoted&quot;</span></p></div>'
    )


def test_a_table_keeps_its_columns_and_points_out_what_is_chosen():
    table = Table((Column("a"), Column("b", "right")), (("x", Span("1", "chosen")),))
    assert fragment([table]) == (
        '<div class="pellucid"><table><thead><tr><th>a</th><th class="right">b</th></tr></thead>'
        '<tbody><tr><td>x</td><td class="right"><mark class="chosen">1</mark></td></tr></tbody></table></div>'
    )
    untitled = fragment([Table((Column(""), Column("")), (("x", "1"),))])
    assert "thead" not in untitled


def test_a_piece_has_its_style_and_a_page_a_head():
    assert as_piece(PARTS) == f"<style>{STYLE}</style>{fragment(PARTS)}"
    page = as_html(PARTS, "<title>")
    assert page.startswith("<!doctype html>") and "<title>&lt;title&gt;</title>" in page and fragment(PARTS) in page
