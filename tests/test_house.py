"""The house keeps its order: imports point down, doors hold no logic, each file says its role and stays short.

The checks are functions of a folder, so that they are tried on a bad house as well as on ours.
"""

import ast
import pathlib
import re
import sys
from collections.abc import Iterator

import pytest

ROOT = pathlib.Path(__file__).parent.parent
PACKAGE = "pellucid"
MOST_LINES = 400

# Path prefixes inside the package, and their floors; the longest prefix that fits counts.
# What stands nowhere here is a door.
FLOORS = {
    0: "version errors naming nest axes places links registry settings dtypes spec distribution",
    1: "graph files",
    2: "ops activations initializers regularizers constraints losses metrics optimizers random dtype_policies quantizers "
    "backend_functions bounding_boxes",
    3: "layers",
    4: "engine",
    5: "xray",
    6: "report",
    7: "models convert applications datasets demo",
}
DOORS = 8
FLOOR_OF = {room: floor for floor, rooms in FLOORS.items() for room in rooms.split()}
# On these floors rooms stand side by side and none knows another.
STRANGERS = ({"graph", "files"},)
# Doors that do more than import: they read arguments and set exit codes.
COMMANDS = {"cli.py", "__main__.py"}
# On the floor of the doors, and no door: it leads a program's imports of Keras to them, by names found at run time.
STREET = "aliases"
AT_RUN_TIME = "a name made at run time"
OUTSIDE = {"torch", "numpy", "h5py", "rich"}
# Imported where a user hands in their things, or where a command says what to install.
OPTIONAL = {
    "pandas",
    "ml_dtypes",
    "sklearn",
    "PIL",
    "scipy",
    "IPython",
    "matplotlib",
    "requests",
    "openvino",
    "onnx",
    "onnxruntime",
    "tensorboard",
}

# Written so that this file does not match itself.
FORBIDDEN = {
    r"/t[m]p/|/w[o]rk/|/h[o]me/|/r[o]ot/|/U[s]ers/": "a path of one machine",
    r"[+]c[p]u\b": "a build tag: install by exact version",
    r"h[e]lper session|sub-a[g]ent|this work[p]lace": "how it was made",
    r"\bT[O]D[O]\b|\bFIX[M]E\b": "something left undone",
}


def room_of(path: pathlib.PurePath) -> str:
    """The first folder or file name of a path inside the package: ``layers`` of ``layers/core.py``."""
    return path.parts[0].removesuffix(".py")


def floor_of(path: pathlib.PurePath) -> int:
    return FLOOR_OF.get(room_of(path), DOORS)


def files(folder: pathlib.Path) -> Iterator[tuple[pathlib.PurePath, ast.Module, str]]:
    for path in sorted(folder.rglob("*.py")):
        text = path.read_text("utf-8")
        yield path.relative_to(folder), ast.parse(text), text


def imports(tree: ast.Module, path: pathlib.PurePath) -> Iterator[tuple[int, str]]:
    """Line and dotted name of all that is imported, inside functions too; ``from a import b`` names ``a.b``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = (PACKAGE, *path.parts[:-1])[: len(path.parts) + 1 - node.level]
                base = ".".join((*above, base)).rstrip(".")
            yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in (
            "import_module",
            "__import__",
        ):
            name = node.args[0].value if node.args and isinstance(node.args[0], ast.Constant) else AT_RUN_TIME
            yield node.lineno, str(name)


def wrong_imports(package: pathlib.Path) -> list[str]:
    """Imports that point up, cross between strangers, or leave the chosen dependencies."""
    wrong = []
    for path, tree, _ in files(package):
        for line, name in imports(tree, path):
            complaint = _complaint(path, name, package)
            if complaint:
                wrong.append(f"{path}:{line} imports {name}: {complaint}")
    return wrong


def _complaint(path, name: str, package) -> str | None:
    first, *rest = name.split(".")
    if name == AT_RUN_TIME and room_of(path) == STREET:
        return None
    if first != PACKAGE:
        allowed = OUTSIDE | OPTIONAL | sys.stdlib_module_names
        return None if first in allowed else "not among the chosen dependencies"
    target = pathlib.PurePath(rest[0]) if rest else pathlib.PurePath("__init__")
    if rest and not (package / rest[0]).is_dir() and not (package / f"{rest[0]}.py").exists():
        target = pathlib.PurePath("__init__")  # a name of the package itself
    if floor_of(target) > floor_of(path):
        return f"floor {floor_of(target)} lies above floor {floor_of(path)}"
    rooms = {room_of(path), room_of(target)}
    return "the two do not know each other" if rooms in STRANGERS else None


def doors_with_logic(package: pathlib.Path) -> list[str]:
    """Doors and ``__init__.py`` files that hold more than imports, ``__all__`` and second names."""
    wrong = []
    for path, tree, _ in files(package):
        is_open = str(path) in COMMANDS or room_of(path) == STREET
        is_door = path.name == "__init__.py" or (floor_of(path) == DOORS and not is_open)
        if is_door:
            wrong += [
                f"{path}:{node.lineno} is more than an import" for node in tree.body if not _belongs_in_door(node)
            ]
    return wrong


def _belongs_in_door(node: ast.stmt) -> bool:
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return True
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    if isinstance(node, ast.AugAssign):
        return isinstance(node.target, ast.Name) and node.target.id == "__all__"
    if not isinstance(node, ast.Assign):
        return False
    if all(isinstance(one, ast.Name) and one.id in ("__all__", "__version__") for one in node.targets):
        return True
    # Keras's other names for the same things: `Convolution1D, Convolution2D = Conv1D, Conv2D`.
    values = node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]
    return all(isinstance(one, (ast.Name, ast.Attribute)) for one in values)


def files_without_role(folder: pathlib.Path) -> list[str]:
    """Files whose top docstring is missing."""
    return [str(path) for path, tree, text in files(folder) if text.strip() and not ast.get_docstring(tree)]


def long_files(folder: pathlib.Path) -> list[str]:
    """Files that a reader can no longer hold in their head; a list of names is read in another way."""
    lengths = [(str(path), text.count("\n")) for path, _, text in files(folder) if path.name != "__init__.py"]
    return [f"{path}: {lines} lines" for path, lines in lengths if lines > MOST_LINES]


def forbidden_words(paths) -> list[str]:
    """Places in texts that hold a machine's paths and the like."""
    wrong = []
    for path in paths:
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            wrong += [f"{path}:{number} {reason}" for words, reason in FORBIDDEN.items() if re.search(words, line)]
    return wrong


def texts(root: pathlib.Path) -> list[pathlib.Path]:
    found = [path for folder in ("src", "tests", "benchmarks", ".ci") for path in (root / folder).rglob("*")]
    found += list(root.glob("*"))
    kept = [path for path in found if path.is_file() and not {"__pycache__"} & set(path.parts)]
    return [path for path in kept if path.suffix in (".py", ".md", ".toml", ".txt", "") and path.name != "LICENSE"]


def test_imports_point_down():
    assert not "\n".join(wrong_imports(ROOT / "src" / PACKAGE))


def test_doors_hold_imports_and_nothing_else():
    assert not "\n".join(doors_with_logic(ROOT / "src" / PACKAGE))


@pytest.mark.parametrize("folder", ["src", "tests"])
def test_each_file_says_its_role_at_the_top(folder):
    assert not "\n".join(files_without_role(ROOT / folder))


def test_each_file_stays_short():
    assert not "\n".join(long_files(ROOT / "src"))


def test_no_text_speaks_of_one_machine():
    assert not "\n".join(forbidden_words(texts(ROOT)))


BAD_HOUSE = {
    "ops/up.py": (
        '"""Up."""\nfrom pellucid.layers import Dense\n',
        "ops/up.py:2 imports pellucid.layers.Dense: floor 3",
    ),
    "ops/inside.py": (
        '"""In."""\ndef f():\n    import pellucid.engine.run\n',
        "ops/inside.py:3 imports pellucid.engine",
    ),
    "layers/relative.py": ('"""Rel."""\nfrom ..models import Model\n', "imports pellucid.models.Model: floor 7"),
    "layers/door.py": ('"""Door."""\nfrom pellucid import Model\n', "imports pellucid.Model: floor 8"),
    "layers/lazy.py": ('"""Lazy."""\nimportlib.import_module("pellucid.cli")\n', "imports pellucid.cli: floor 8"),
    "graph/stranger.py": ('"""Str."""\nfrom pellucid.files import hdf5\n', "the two do not know each other"),
    "models/keras.py": ('"""K."""\nimport keras\n', "imports keras: not among the chosen dependencies"),
    "models/tf.py": ('"""T."""\nfrom tensorflow.python import x\n', "not among the chosen dependencies"),
}


@pytest.mark.parametrize("file", BAD_HOUSE)
def test_a_wrong_import_is_found(tmp_path, file):
    text, complaint = BAD_HOUSE[file]
    for room in ("graph", "files", "ops", "layers", "engine", "models", "convert"):
        _write(tmp_path / room / "__init__.py", "")
    _write(tmp_path / "cli.py", "")
    _write(tmp_path / file, text)
    (found,) = wrong_imports(tmp_path)
    assert complaint in found


def test_lawful_imports_are_left_alone(tmp_path):
    _write(tmp_path / "errors.py", '"""E."""\n')
    _write(
        tmp_path / "layers" / "core.py", '"""C."""\nimport torch\nfrom pellucid.errors import A\nfrom . import base\n'
    )
    _write(tmp_path / "callbacks.py", '"""Door."""\nfrom pellucid import layers\n__all__ = ["layers"]\n')
    assert wrong_imports(tmp_path) == doors_with_logic(tmp_path) == files_without_role(tmp_path) == []


def test_a_door_with_logic_a_silent_file_and_a_long_one_are_found(tmp_path):
    _write(tmp_path / "callbacks.py", '"""Door."""\nimport os\nif os.name:\n    x = 1\n')
    _write(tmp_path / "ops" / "__init__.py", '"""Ops."""\ntable = {}\n')
    _write(tmp_path / "ops" / "silent.py", "x = 1\n")
    _write(tmp_path / "ops" / "long.py", '"""Long."""\n' + "x = 1\n" * MOST_LINES)
    assert [one.split()[0] for one in doors_with_logic(tmp_path)] == ["callbacks.py:3", "ops/__init__.py:2"]
    assert files_without_role(tmp_path) == ["ops/silent.py"]
    assert long_files(tmp_path) == [f"ops/long.py: {MOST_LINES + 1} lines"]


@pytest.mark.parametrize("word", ["/ho" + "me/me/x", "torch==2" + "+" + "cpu", "# TO" + "DO later"])
def test_a_forbidden_word_is_found(tmp_path, word):
    _write(tmp_path / "README.md", f"fine\n{word}\n")
    assert [one.split(":")[1][0] for one in forbidden_words([tmp_path / "README.md"])] == ["2"]


def _write(path: pathlib.Path, text: str):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
