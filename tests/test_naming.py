"""Names and paths are those that Keras gives."""

import pytest
from keras.src.utils import naming as keras_naming

from pellucid import naming, settings


@pytest.mark.parametrize(
    "name",
    [
        "Dense",
        "Conv2D",
        "MaxPooling2D",
        "LSTMCell",
        "RMSprop",
        "RMSNormalization",
        "already_snake",
        "A",
        "GRU",
        "My-Layer",
        "X1Y2",
    ],
)
def test_snake_case_is_keras_s(name):
    assert naming.to_snake_case(name) == keras_naming.to_snake_case(name)


def test_camel_case_is_put_together_from_words():
    assert naming.to_camel_case("not_equal") == "NotEqual"


def test_names_are_numbered_from_the_second_on():
    assert [naming.auto_name("Dense") for _ in range(3)] == ["dense", "dense_1", "dense_2"]
    assert naming.auto_name("Conv2D") == "conv2d"
    assert naming.get_uid("other") == 1


def test_a_cleared_session_numbers_afresh():
    naming.auto_name("Dense")
    settings.clear_session()
    assert naming.auto_name("Dense") == "dense"


def test_paths_join_the_open_scopes():
    assert naming.current_path() == ""
    with naming.name_scope("model"):
        with naming.name_scope("dense"):
            assert naming.current_path() == "model/dense"
        assert naming.current_path() == "model"
    assert naming.current_path() == ""


def test_a_caller_does_not_open_its_own_scope_twice():
    caller = object()
    with naming.name_scope("dense", caller=caller), naming.name_scope("dense", caller=caller):
        assert naming.current_path() == "dense"
    with naming.name_scope("dense", caller=caller), naming.name_scope("dense", caller=caller, deduplicate=False):
        assert naming.current_path() == "dense/dense"
    with naming.name_scope("dense", caller=caller), naming.name_scope("dense", caller=object()):
        assert naming.current_path() == "dense/dense"


def test_a_given_parent_replaces_the_enclosing_scopes():
    with naming.name_scope("outer"), naming.name_scope("dense", override_parent="model/block"):
        assert naming.current_path() == "model/block/dense"
        with naming.name_scope("inner"):
            assert naming.current_path() == "model/block/dense/inner"
    with naming.name_scope("outer"), naming.name_scope("dense", override_parent=""):
        assert naming.current_path() == "dense"


@pytest.mark.parametrize("name", ["a/b", 4, None])
def test_a_scope_s_name_has_no_slashes(name):
    with pytest.raises(ValueError, match="without slashes"):
        naming.name_scope(name)


def test_an_error_inside_closes_the_scope():
    with pytest.raises(KeyError), naming.name_scope("dense"):
        raise KeyError
    assert naming.current_path() == ""
