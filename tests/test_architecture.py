"""The rules of docs/architecture.md, read from its tables and checked on every source file."""

from __future__ import annotations

import ast
import re
import runpy
from collections.abc import Callable, Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
SOURCE = REPOSITORY / "src" / "nerbridge"
FILES = sorted(SOURCE.rglob("*.py"))
EVERYTHING = "everything"
FOR_ALL = {"errors", "files", "platforms", "text", "labels", "type_maps", "io", "palette", "markup"}
# Tests of rules and of the repository as a whole; every other test file mirrors a source file.
WHOLE_REPOSITORY = {
    "test_architecture.py",
    "test_benchmarks.py",
    "test_citation.py",
    "test_data_page.py",
    "test_docs.py",
    "test_fine_types.py",
    "test_hub_shapes.py",
    "test_planted_names.py",
    "test_hub_standin.py",
    "test_imports.py",
    "test_improving.py",
    "test_other_systems.py",
    "test_own_files.py",
    "test_pretraining.py",
    "test_unchanged_tags.py",
}
MAX_LINES = 400
# What only some systems have; nerbridge.platforms guards it.
NOT_EVERYWHERE_MODULES = {
    *("fcntl", "resource", "pwd", "grp", "termios", "pty", "tty", "posix", "syslog", "uvloop"),
    *("msvcrt", "winreg"),
}
NOT_EVERYWHERE = {
    *("sys.platform", "os.name", "select.poll", "select.epoll", "socket.AF_UNIX"),
    *("socket.SO_REUSEPORT", "socket.SO_REUSEADDR"),
    *(
        f"os.{name}"
        for name in (
            *("fork", "sched_getaffinity", "register_at_fork", "setsid", "setpgid", "killpg"),
            *("geteuid", "getuid", "getgid", "fchmod", "fchown", "chown", "O_DIRECTORY", "statvfs"),
            *("O_NOFOLLOW", "mkfifo", "symlink", "link", "nice", "getloadavg", "sysconf", "uname"),
        )
    ),
    *(f"signal.SIG{name}" for name in ("KILL", "HUP", "ALRM", "USR1", "USR2", "QUIT", "PIPE")),
    *("signal.alarm", "signal.setitimer", "signal.pthread_sigmask", "signal.pause"),
}
FORKING = ("get_context('fork')", "get_context('forkserver')")
NOT_EVERYWHERE_METHODS = {"symlink_to", "hardlink_to", "add_signal_handler", "owner"}
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "common", "misc"}


def read_table(header: str) -> dict[str, set[str]]:
    """The two-column table of the architecture page under ``header``, cells as sets of names."""
    page = (REPOSITORY / "docs" / "architecture.md").read_text(encoding="utf-8")
    body = page.split(f"{header}\n|---|---|\n")[1].split("\n\n")[0]
    rows = (line.strip("|").split("|") for line in body.splitlines())
    return {
        name: {cell for cell in re.split(r",\s*", right.strip()) if cell != "—"}
        for left, right in rows
        for name in re.split(r",\s*", left.strip())
    }


ARROWS = read_table("| package | may import |")
LIBRARIES = read_table("| library | only in |")


def imports_of(tree: ast.AST, package: str) -> Iterator[tuple[int, str]]:
    """Line and dotted name of everything imported anywhere in a module of ``package``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parents = package.split(".")
                kept = parents[: len(parents) - node.level + 1]
                base = ".".join([*kept, *([base] if base else [])])
            yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)


def part_of(path: Path) -> str:
    """``cli/app.py`` → ``cli.app``, ``labels.py`` → ``labels``, ``text/__init__.py`` → ``text``."""
    parts = path.relative_to(SOURCE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {part_of(path) for path in FILES}


def rule_for(part: str, table: dict[str, set[str]]) -> set[str]:
    """The table's row for a module: its own if it has one, else its package's."""
    return table[part] if part in table else table[part.split(".")[0]]


def is_inside(part: str, places: set[str]) -> bool:
    return any(part == place or part.startswith(f"{place}.") for place in places)


def find_forbidden_arrows(source: str, part: str, package: str) -> list[str]:
    allowed = rule_for(part, ARROWS)
    if EVERYTHING in allowed:
        return []
    own = part.split(".")[0]
    return [
        f"line {line}: {part} imports {name}; allowed: {sorted(allowed) or 'nothing'}"
        for line, name in imports_of(ast.parse(source), package)
        if name.startswith("nerbridge.")
        and name != "nerbridge.__version__"
        and not is_inside(name.removeprefix("nerbridge."), allowed | FOR_ALL | {own})
    ]


def find_misplaced_libraries(source: str, part: str, package: str) -> list[str]:
    return [
        f"line {line}: {part} imports {name}; allowed only in {sorted(LIBRARIES[library])}"
        for line, name in imports_of(ast.parse(source), package)
        if (library := name.split(".")[0]) in LIBRARIES
        and not is_inside(part, LIBRARIES[library])
        and not is_inside(part, {"cli"})
    ]


def find_forbidden_code(source: str) -> list[str]:
    """``assert``, pickle, and a ``torch.load`` that could run what it loads."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Assert):
            found.append(f"line {node.lineno}: assert (raise an error that says what to do)")
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "torch.load":
            safe = any(
                word.arg == "weights_only" and ast.unparse(word.value) == "True"
                for word in node.keywords
            )
            if not safe:
                found.append(f"line {node.lineno}: torch.load without weights_only=True")
        if (
            isinstance(node, ast.keyword)
            and node.arg == "trust_remote_code"
            and ast.unparse(node.value) != "False"
        ):
            found.append(f"line {node.value.lineno}: trust_remote_code")
    for line, name in imports_of(ast.parse(source), ""):
        if name.split(".")[0] in {"pickle", "cloudpickle", "dill", "joblib", "shelve"}:
            found.append(f"line {line}: {name} (weights and data are never pickled)")
    return found


def find_broad_handlers(source: str) -> list[str]:
    """Handlers that swallow anything; one that cleans up and raises again is none of them."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ExceptHandler):
            caught = ast.unparse(node.type) if node.type else "everything"
            raises_again = ast.unparse(node.body[-1]) == "raise"
            if caught in {"everything", "Exception", "BaseException"} and not raises_again:
                found.append(f"line {node.lineno}: except {caught}")
    return found


def package_of(path: Path) -> str:
    return ".".join(("nerbridge", *path.parent.relative_to(SOURCE).parts))


SOURCES = {path: path.read_text(encoding="utf-8") for path in FILES}


def faults(find: Callable[[Path, str], list[str]]) -> list[str]:
    """What a rule finds in any file, each with the file's name."""
    return [
        f"{path.relative_to(SOURCE)}: {fault}"
        for path, source in SOURCES.items()
        for fault in find(path, source)
    ]


def test_imports_follow_the_table() -> None:
    def find(path: Path, source: str) -> list[str]:
        if path.parent == SOURCE and path.stem in {"__init__", "__main__"}:
            return []  # the package itself: see test_the_package_imports_nothing
        return find_forbidden_arrows(source, part_of(path), package_of(path))

    assert not faults(find)


def test_heavy_libraries_stay_in_their_place() -> None:
    assert not faults(
        lambda path, source: find_misplaced_libraries(source, part_of(path), package_of(path))
    )


def test_code_keeps_the_house_rules() -> None:
    assert not faults(lambda _, source: find_forbidden_code(source))
    edges = {"cli.app", "server.app"}
    assert not faults(
        lambda path, source: [] if part_of(path) in edges else find_broad_handlers(source)
    )
    assert not [path for path, source in SOURCES.items() if source.count("\n") > MAX_LINES]


def test_systems_differ_in_one_module_only() -> None:
    assert not faults(
        lambda path, source: [] if part_of(path) == "platforms" else find_system_calls(source)
    )


def test_the_package_imports_nothing_of_its_own() -> None:
    tree = ast.parse((SOURCE / "__init__.py").read_text(encoding="utf-8"))
    # What type checkers alone read is never run.
    tree.body = [node for node in tree.body if not isinstance(node, ast.If)]
    names = {name for _, name in imports_of(tree, "nerbridge")}
    assert names == {"importlib.import_module", "typing.TYPE_CHECKING"}


def test_every_part_is_in_the_table() -> None:
    parts = {part_of(path).split(".")[0] for path in FILES} - {"", "__main__"}
    assert parts <= set(ARROWS)


def test_nothing_imports_cli() -> None:
    assert not [package for package, allowed in ARROWS.items() if "cli" in allowed]


def test_no_circles_between_modules() -> None:
    """Neither at the top of files nor inside functions; what only type checkers read is free."""
    assert not find_circles({part_of(path): imported_modules(path) for path in FILES})


def imported_modules(path: Path) -> set[str]:
    """The modules of nerbridge that a file imports, anywhere in it."""
    found = set()
    for _, name in imports_of(without_type_checking(path), package_of(path)):
        module = name.removeprefix("nerbridge.")
        while module and module not in MODULES:  # the name of something in a module
            module = module.rpartition(".")[0]
        found.add(module if name.startswith("nerbridge.") else "")
    return found - {"", part_of(path)}


def without_type_checking(path: Path) -> ast.AST:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node.body = []
    return tree


def find_circles(imports: dict[str, set[str]]) -> list[str]:
    """Modules of one circle of imports, from the first back to it; nothing without a circle."""
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


@pytest.mark.parametrize(
    ("imports", "circle"),
    [
        ({"a": {"b"}, "b": {"c"}, "c": set()}, []),
        ({"a": {"b"}, "b": {"c"}, "c": {"b", "d"}, "d": set()}, ["b", "c"]),
    ],
)
def test_circles_are_found(imports: dict[str, set[str]], circle: list[str]) -> None:
    assert sorted(set(find_circles(imports))) == circle


def test_no_vague_module_names() -> None:
    names = {part for path in FILES for part in path.relative_to(SOURCE).with_suffix("").parts}
    assert not names & VAGUE_NAMES


def test_no_two_public_classes_have_one_name() -> None:
    """Nor type aliases: a reader who meets a name knows which one it is."""
    names = {part_of(path): public_types(source) for path, source in SOURCES.items()}
    assert not find_shared_names(names)


def public_types(source: str) -> set[str]:
    """Public classes and type aliases at the top of a module."""
    found = set()
    for node in ast.parse(source).body:
        if isinstance(node, ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign) and is_alias(node.value):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {ast.unparse(target) for target in targets}
    # Constants are in capitals, and what is private is seen in its own module alone.
    return {name for name in found if name[0].isupper() and not name.isupper()}


def is_alias(value: ast.expr | None) -> bool:
    """Whether a type can stand on the right; a variable of generic functions is none."""
    is_call = isinstance(value, ast.Call) and ast.unparse(value.func) in {"TypeVar", "ParamSpec"}
    return value is not None and not is_call


def find_shared_names(names: dict[str, set[str]]) -> dict[str, list[str]]:
    """The names that several modules have, each with the modules."""
    return {
        name: places
        for name in set().union(*names.values())
        if len(places := sorted(part for part, own in names.items() if name in own)) > 1
    }


@pytest.mark.parametrize(
    ("second", "shared"),
    [
        ("class Kind: ...", ["Kind"]),
        ("Kind = Literal['a']", ["Kind"]),
        ("Row: TypeAlias = tuple[int, str]\nclass Kind(Enum): ...", ["Kind", "Row"]),
        ("Item = TypeVar('Item')\n_Row = tuple[int]\nKIND = 3\nclass Other: ...", []),
        ("from a import Kind, Row", []),
        ("class Other:\n    class Kind: ...", []),
    ],
)
def test_shared_names_are_found(second: str, shared: list[str]) -> None:
    first = "Item = TypeVar('Item')\nRow = tuple[str]\nKIND = 2\nclass Kind: ..."
    names = {"a": public_types(first), "b": public_types(second)}
    assert sorted(find_shared_names(names)) == shared


def test_tests_mirror_the_source() -> None:
    tests = REPOSITORY / "tests"
    found = [path.relative_to(tests) for path in sorted(tests.rglob("test_*.py"))]
    strays = [
        str(path) for path in found if path.name not in WHOLE_REPOSITORY and not is_mirror(path)
    ]
    assert not strays, "no source of the same path; rename them, or move what they test"


def find_system_calls(source: str) -> list[str]:
    """What some system lacks: modules, names of modules, methods and options."""
    tree = ast.parse(source)
    found = [
        f"line {line}: {name}"
        for line, name in imports_of(tree, "")
        if name.split(".")[0] in NOT_EVERYWHERE_MODULES or name in NOT_EVERYWHERE
    ]
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            if ast.unparse(node) in NOT_EVERYWHERE or node.attr in NOT_EVERYWHERE_METHODS:
                found.append(f"line {node.lineno}: {ast.unparse(node)}")
        elif isinstance(node, ast.keyword) and node.arg in {"start_new_session", "preexec_fn"}:
            found.append(f"line {node.value.lineno}: {node.arg}")
        elif isinstance(node, ast.Call) and ast.unparse(node).endswith(FORKING):
            found.append(f"line {node.lineno}: {ast.unparse(node)}")
    return found


def is_mirror(path: Path) -> bool:
    """``corpus/test_audit.py`` mirrors ``corpus/audit.py``, or a folder ``corpus/audit``."""
    source = SOURCE / path.parent / path.stem.removeprefix("test_")
    return source.is_dir() or source.with_suffix(".py").is_file()


@pytest.mark.parametrize(
    ("source", "part", "caught"),
    [
        ("from nerbridge.models import encoder", "report.page", True),
        ("def f():\n    from nerbridge.training.stage import run", "models.encoder", True),
        ("from ..models import encoder", "report.page", True),
        ("import nerbridge.cli.app", "corpus.audit", True),
        ("from nerbridge.corpus import audit", "text.script", True),
        ("from nerbridge import corpus", "labels", True),
        ("from . import tables", "report.page", False),
        ("from nerbridge.text.words import split_words", "alignment.subwords", False),
        ("from nerbridge.models.encoder import load", "training.stage", False),
        ("from nerbridge.models.encoder import load", "tagging.tagger", True),
        ("from nerbridge.models.loading import load_model", "tagging.tagger", False),
        ("from nerbridge.models import loading", "tagging.tagger", False),
        ("from nerbridge.models import load", "tagging.tagger", True),
        ("from nerbridge.models.loadings import load", "tagging.tagger", True),
        ("import nerbridge.report.page", "cli.run", False),
    ],
)
def test_arrow_rule_catches(source: str, part: str, caught: bool) -> None:
    package = f"nerbridge.{part.rpartition('.')[0]}".rstrip(".")
    assert bool(find_forbidden_arrows(source, part, package)) is caught


@pytest.mark.parametrize(
    ("source", "part", "caught"),
    [
        ("import torch", "alignment.subwords", True),
        ("def f():\n    import torch.nn as nn", "evaluation.scores", True),
        ("from transformers import AutoModel", "models.encoder", False),
        ("import torch", "tagging.tagger", True),
        ("import torch", "models.torch_model", False),
        ("from matplotlib import pyplot", "corpus.audit", True),
        ("import matplotlib", "report.plots", False),
    ],
)
def test_library_rule_catches(source: str, part: str, caught: bool) -> None:
    assert bool(find_misplaced_libraries(source, part, "nerbridge")) is caught


@pytest.mark.parametrize(
    "source",
    [
        "assert x",
        "import pickle",
        "from joblib import dump",
        "torch.load('a.bin')",
        "torch.load('a.bin', weights_only=False)",
        "load('a', trust_remote_code=True)",
    ],
)
def test_code_rule_catches(source: str) -> None:
    assert find_forbidden_code(source)


def test_code_rule_lets_safe_loading_pass() -> None:
    assert not find_forbidden_code("torch.load('a.pt', weights_only=True)")
    assert not find_forbidden_code("load('a', trust_remote_code=False)")


@pytest.mark.parametrize(
    ("source", "caught"),
    [
        ("import fcntl", True),
        ("def f():\n    from resource import getrlimit", True),
        ("import os\nlen(os.sched_getaffinity(0))", True),
        ("os.kill(1, signal.SIGKILL)", True),
        ("from signal import SIGKILL", True),
        ("from os import fork as f", True),
        ("if sys.platform == 'win32': pass", True),
        ("get_context('fork')", True),
        ("multiprocessing.get_context('spawn')", False),
        ("Popen([], start_new_session=True)", True),
        ("path.symlink_to(other)", True),
        ("os.replace(a, b)\nsignal.SIGTERM\nos.getppid()", False),
    ],
)
def test_system_rule_catches(source: str, caught: bool) -> None:
    assert bool(find_system_calls(source)) is caught


@pytest.mark.parametrize("handler", ["except:", "except Exception:", "except BaseException as e:"])
def test_broad_handlers_are_caught(handler: str) -> None:
    assert find_broad_handlers(f"try:\n    f()\n{handler}\n    pass")


def test_cleaning_up_is_no_broad_handler() -> None:
    assert not find_broad_handlers("try:\n    f()\nexcept BaseException:\n    g()\n    raise")


def test_the_picture_shows_the_tables() -> None:
    drawn = runpy.run_path(str(REPOSITORY / "scripts" / "draw-architecture"))["draw"]
    page = (REPOSITORY / "docs" / "architecture.md").read_text("utf-8")
    picture = (REPOSITORY / "docs" / "figures" / "architecture.svg").read_text("utf-8")
    assert picture == drawn(page), "the tables changed: run scripts/draw-architecture"
