"""Parts drawn as HTML."""

from pellucid.report.html import as_html, as_piece, fragment
from pellucid.report.parts import Beside, Column, Gap, Grid, Heading, Paragraph, Picture, Rule, Span, Table


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


def test_all_kinds_of_parts_can_be_drawn():
    drawn = as_piece([Rule(), Gap(), Beside((Grid((("1", "2"),), title="m"), Picture(((0.0, 1.0),), title="p")))])
    assert drawn.startswith("<style>") and "<hr>" in drawn and '<td class="right">2</td>' in drawn
    assert "<pre>  ██</pre>" in drawn and "<p>m</p>" in drawn


def test_a_page_of_its_own_has_a_title_and_no_script():
    page = as_html([Paragraph("text")], "<title>")
    assert page.startswith("<!doctype html>") and "<title>&lt;title&gt;</title>" in page
    assert "<p>text</p>" in page and "<script" not in page and "http" not in page
