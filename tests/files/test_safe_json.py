"""JSON that is read has one meaning; JSON that is written can be read."""

import pytest

from pellucid.errors import FileError
from pellucid.files import safe_json


def test_plain_data_comes_back_with_its_types():
    data = {"a": [1, 2.5, True, None, "x", {}], "b": {"c": -(2**63)}}
    again = safe_json.read(safe_json.write(data))
    assert again == data and type(again["a"][2]) is bool and type(again["a"][0]) is int


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "no valid JSON"),
        (b"\xff", "no valid JSON"),
        ('{"a": 1, "a": 2}', "stands twice"),
        ("[NaN]", "not finite"),
        ("[1e400]", "not finite"),
        ("[18446744073709551616]", "too large"),
        ("[" * 65 + "]" * 65, "nested too deep"),
        ('"' + "x" * 2**26 + '"', "too large"),
    ],
)
def test_what_has_no_single_small_meaning_is_refused(text, told):
    with pytest.raises(FileError, match=told):
        safe_json.read(text)


def test_brackets_inside_strings_are_no_depth():
    assert safe_json.read('["' + "[{" * 200 + '\\"["]') == ["[{" * 200 + '"[']


@pytest.mark.parametrize("value", [float("nan"), object(), {1, 2}])
def test_what_json_does_not_have_is_not_written(value):
    with pytest.raises(FileError, match="cannot be written as JSON"):
        safe_json.write([value])
