"""JSON that is written can be read; what is refused on reading is in contract/test_features.py."""

import pytest

from pellucid.errors import FileError
from pellucid.files import safe_json


def test_plain_data_comes_back_with_its_types():
    data = {"a": [1, 2.5, True, None, "x", {}], "b": {"c": -(2**63)}}
    again = safe_json.read(safe_json.write(data))
    assert again == data and type(again["a"][2]) is bool and type(again["a"][0]) is int


@pytest.mark.parametrize("value", [float("nan"), object(), {1, 2}])
def test_what_json_does_not_have_is_not_written(value):
    with pytest.raises(FileError, match="cannot be written as JSON"):
        safe_json.write([value])
