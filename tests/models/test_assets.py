"""Vocabularies that layers learned go into files and out of them, with Keras as the other side."""

import numpy as np
import pytest

import pellucid
from files.bad_files import members, packed
from models.test_old_files import outputs, told
from pellucid.errors import FileError
from pellucid.models.checking import check
from pellucid.saving import load_model

WORDS = np.array(["a", "bb", "bb", "ccc", "bb", "a"])


def words_in(library):
    layer = library.layers.StringLookup(name="lookup")
    layer.adapt(WORDS)
    return library.Sequential([library.Input((2,), dtype="string"), layer])


def numbers_in(library):
    layer = library.layers.IntegerLookup(name="lookup", num_oov_indices=1)
    layer.adapt(np.array([3, 9, 9, 27]))
    return library.Sequential([library.Input((2,), dtype="int64"), layer, library.layers.Embedding(5, 2)])


def test_a_learned_vocabulary_is_kept(tmp_path):
    model = words_in(pellucid)
    model.save(tmp_path / "m.keras")
    again = load_model(tmp_path / "m.keras")
    assert again.layers[0].get_vocabulary() == model.layers[0].get_vocabulary() == ["[UNK]", "bb", "a", "ccc"]
    assert "assets/layers/string_lookup/vocabulary.txt" in members((tmp_path / "m.keras").read_bytes())


def test_a_vocabulary_of_keras_is_read(tmp_path):
    path, known = told("keras3", "numbers.keras", tmp_path)
    np.testing.assert_allclose(outputs(load_model(path), known["x"])[0], known["y"][0])
    path, _ = told("keras3", "words.keras", tmp_path)
    assert load_model(path).layers[0].get_vocabulary() == ["", "[UNK]", "so", "it", "be", "is"]


def test_our_vocabulary_is_the_member_that_keras_writes(tmp_path):
    path, _ = told("keras3", "numbers.keras", tmp_path)
    load_model(path).save(tmp_path / "again.keras")
    theirs, ours = members(path.read_bytes()), members((tmp_path / "again.keras").read_bytes())
    assert {name: data for name, data in ours.items() if name.startswith("assets/")} == {
        name: data for name, data in theirs.items() if name.startswith("assets/")
    }
    path, _ = told("keras3", "words.keras", tmp_path)
    load_model(path).save(tmp_path / "again.keras")
    theirs, ours = members(path.read_bytes()), members((tmp_path / "again.keras").read_bytes())
    names = [name for name in theirs if name.startswith("assets/")]
    assert {name: ours.get(name) for name in names} == {name: theirs[name] for name in names}


def test_a_vocabulary_that_does_not_fit_is_told(tmp_path):
    numbers_in(pellucid).save(tmp_path / "m.keras")
    parts = members((tmp_path / "m.keras").read_bytes())
    name = next(name for name in parts if name.startswith("assets/"))
    (tmp_path / "m.keras").write_bytes(packed({**parts, name: b"1\nmany\n\xff"}.items()))
    with pytest.raises(FileError, match=r"does not fit 'lookup'(?s:.*)assets/layers/integer_lookup"):
        load_model(tmp_path / "m.keras")


@pytest.mark.parametrize(("name", "zipped"), [("m.safetensors", None), ("folder", False)])
def test_other_kinds_of_file_keep_it_too(name, zipped, tmp_path):
    model = words_in(pellucid)
    model.save(tmp_path / name, zipped=zipped)
    again = load_model(tmp_path / name)
    assert again.layers[0].get_vocabulary() == ["[UNK]", "bb", "a", "ccc"]
    assert not check(tmp_path / name).problems


def test_a_folder_is_a_file_of_keras_unpacked(tmp_path):
    path, known = told("keras3", "numbers.keras", tmp_path)
    theirs = {name: data for name, data in members(path.read_bytes()).items() if name.startswith("assets/")}
    load_model(path).save(tmp_path / "ours", zipped=False)
    assert theirs and {name: (tmp_path / "ours" / name).read_bytes() for name in theirs} == theirs
    for name, data in members(path.read_bytes()).items():
        (tmp_path / "of_keras" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "of_keras" / name).write_bytes(data)
    np.testing.assert_allclose(outputs(load_model(tmp_path / "of_keras"), known["x"])[0], known["y"][0])


def test_a_file_of_keras_2_cannot_hold_it_and_nothing_is_written(tmp_path):
    with pytest.raises(FileError, match=r"\.h5 file cannot hold(?s:.*)vocabulary\.txt(?s:.*)model\.keras"):
        words_in(pellucid).save(tmp_path / "m.h5")
    assert not list(tmp_path.iterdir())


def test_changed_or_linked_assets_of_a_folder_are_refused(tmp_path):
    words_in(pellucid).save(tmp_path / "m", zipped=False)
    words = tmp_path / "m/assets/layers/string_lookup/vocabulary.txt"
    words.write_text(words.read_text().replace("ccc", "ccd"))
    with pytest.raises(FileError, match="checksum of its config and assets"):
        load_model(tmp_path / "m")
    words.rename(tmp_path / "words")
    words.symlink_to(tmp_path / "words")
    with pytest.raises(FileError, match="no regular file"):
        load_model(tmp_path / "m")
    (tmp_path / "m/assets").rename(tmp_path / "elsewhere")
    (tmp_path / "m/assets").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FileError, match="folder of assets is a link"):
        load_model(tmp_path / "m")


@pellucid.saving.register_keras_serializable("test_assets")
class Noted(pellucid.layers.Layer):
    """A layer of a user's own, with a folder of its own."""

    note = ""

    def call(self, x):
        return x

    def save_assets(self, dir_path):
        with open(f"{dir_path}/note.txt", "w") as file:
            file.write(self.note)

    def load_assets(self, dir_path):
        with open(f"{dir_path}/note.txt") as file:
            self.note = file.read()


def test_a_layer_of_yours_keeps_its_own_files(tmp_path):
    layer = Noted()
    layer.note = "seen"
    pellucid.Sequential([pellucid.Input((2,)), layer]).save(tmp_path / "m.keras")
    assert load_model(tmp_path / "m.keras").layers[0].note == "seen"
