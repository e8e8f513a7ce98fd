"""Parts drawn as text, in Unicode and in ASCII."""

from pellucid.report.parts import Beside, Column, Gap, Grid, Heading, Paragraph, Picture, Rule, Span, Table
from pellucid.report.text import as_text, show


def test_a_heading_is_underlined_and_a_paragraph_broken_at_the_width():
    assert as_text([Heading("Title"), Paragraph("one two three")], width=8) == "Title\n─────\none two\nthree\n"


def test_a_grid_lines_its_numbers_up_on_the_right():
    assert as_text([Grid((("1", "10"), ("200", "3")), title="m")], width=20) == "m\n  1 10\n200  3\n"


def test_a_picture_has_two_characters_for_a_shade():
    assert as_text([Picture(((0.0, 0.5), (1.0, 0.25)))], width=20) == "  ▒▒\n██░░\n"


def test_parts_stand_beside_one_another():
    left, right = Picture(((1.0,), (0.0,))), Grid((("7",), ("8",)))
    assert as_text([Beside((left, right))], width=20) == "██    7\n      8\n"


def test_a_plain_table_has_a_line_under_its_titles():
    table = Table((Column("a", "right"), Column("b")), (("1", "x"), ("22", "y")), is_boxed=False)
    assert [line.strip() for line in as_text([table], width=20).splitlines()] == [
        "a   b",
        "────────",
        "1   x",
        "22   y",
    ]


def test_ascii_is_all_there_is_where_the_stream_knows_no_more():
    table = Table((Column("a"),), (("└ b…",),))
    text = as_text([Heading("é"), table, Rule(), Gap(), Picture(((1.0,),))], width=10, is_unicode=False)
    assert text.isascii()
    assert text == "?\n-\n+--------+\n| a      |\n|--------|\n| ` b... |\n+--------+\n----------\n\n##\n"


def test_names_are_never_read_as_markup():
    assert as_text([Paragraph(("[bold]a[/]", Span(":smile:", "kind")))]) == "[bold]a[/]:smile:\n"


def test_show_gives_the_whole_text_at_once():
    pages = []
    show([Paragraph("a"), Paragraph("b")], pages.append)
    assert pages == ["a\nb\n"]


def test_a_narrow_page_stays_ascii_and_a_heading_is_underlined_once():
    parts = [Heading("A long title"), Beside((Grid((("1.2345", "6.7890"),)), Grid((("1.2345", "6.7890"),))))]
    text = as_text(parts, width=10, is_unicode=False)
    assert text.isascii()
    assert text.splitlines()[:3] == ["A long", "title", "-" * 10]
