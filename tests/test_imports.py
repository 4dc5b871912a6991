"""What importing nerbridge and starting its command line loads: next to nothing."""

from __future__ import annotations

import json
import pkgutil
import subprocess
import sys

import pytest

HEAVY = {
    "accelerate",
    "datasets",
    "duckdb",
    "fastapi",
    "matplotlib",
    "networkx",
    "onnxruntime",
    "pandas",
    "peft",
    "pyarrow",
    "scipy",
    "sklearn",
    "tokenizers",
    "torch",
    "transformers",
}

IMPORT_AND_LOOK = """
import builtins, json, logging, os, socket, sys

before = dict(os.environ), list(logging.root.handlers), logging.root.level
def refuse(*args, **kwargs):
    raise RuntimeError("opened a connection")
socket.socket.connect = socket.getaddrinfo = refuse

import nerbridge

after = dict(os.environ), list(logging.root.handlers), logging.root.level
print(json.dumps({
    "modules": sorted({name.split(".")[0] for name in sys.modules}),
    "unchanged": before == after,
}))
"""

CALL_AND_LOOK = """
import json, sys
from nerbridge.cli.app import main
sys.argv = ["nerbridge", *sys.argv[1:]]
try:
    main()
except SystemExit as done:
    print(json.dumps({
        "code": done.code, "modules": sorted({name.split(".")[0] for name in sys.modules})
    }))
"""


def run_python(program: str, *arguments: str) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=True
    )
    result: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return result


def test_import_loads_nothing_heavy_and_touches_nothing() -> None:
    seen = run_python(IMPORT_AND_LOOK)
    assert not HEAVY & set(seen["modules"])  # type: ignore[call-overload]
    assert not {"numpy", "pydantic", "typer", "rich"} & set(seen["modules"])  # type: ignore[call-overload]
    assert seen["unchanged"]


@pytest.mark.parametrize("arguments", [["--version"], ["--help"]])
def test_the_command_line_starts_without_heavy_libraries(arguments: list[str]) -> None:
    seen = run_python(CALL_AND_LOOK, *arguments)
    assert seen["code"] == 0
    assert not HEAVY & set(seen["modules"])  # type: ignore[call-overload]


def modules_behind(name: str) -> set[str]:
    """What importing a module of ours loads, the first part of each name."""
    program = f"import json, sys, {name}; "
    program += (
        "print(json.dumps({'modules': sorted({name.split('.')[0] for name in sys.modules})}))"
    )
    return set(run_python(program)["modules"])  # type: ignore[call-overload]


@pytest.mark.parametrize("command", ["analyse", "suggest", "tag"])
def test_a_command_is_imported_without_heavy_libraries(command: str) -> None:
    assert not (HEAVY | {"numpy"}) & modules_behind(f"nerbridge.cli.{command}")


def test_documents_are_imported_without_the_libraries_of_their_extra() -> None:
    assert not {"lxml", "pypdfium2"} & modules_behind("nerbridge.documents")


def test_a_recipe_is_checked_without_heavy_libraries() -> None:
    assert not HEAVY & modules_behind("nerbridge.training.recipe_files")


def test_what_the_package_offers_is_found_and_is_what_its_module_has() -> None:
    import nerbridge
    from nerbridge import errors

    assert set(nerbridge.__all__) <= set(dir(nerbridge))
    for name in set(nerbridge.__all__) - {"__version__"}:
        found = getattr(nerbridge, name)
        assert found.__name__ == name
        assert getattr(sys.modules[found.__module__], name) is found
    public = [error for error in vars(errors).values() if isinstance(error, type)]
    assert {error.__name__ for error in public} <= set(nerbridge.__all__)
    with pytest.raises(AttributeError, match="module 'nerbridge' has no attribute 'Tager'"):
        nerbridge.Tager  # noqa: B018


def test_an_error_class_is_had_without_the_tagger() -> None:
    program = "import json, sys; from nerbridge import InputError, ScriptWarning; "
    program += "print(json.dumps({'modules': sorted(sys.modules)}))"
    modules = set(run_python(program)["modules"])  # type: ignore[call-overload]
    assert "nerbridge.errors" in modules
    assert not {"numpy", "nerbridge.tagging", "nerbridge.client"} & modules


def test_all_public_names_are_imported_without_heavy_libraries() -> None:
    program = "import json, sys; from nerbridge import *; Tagger, run; "
    program += "print(json.dumps({'modules': sorted(sys.modules)}))"
    modules = {name.split(".")[0] for name in run_python(program)["modules"]}  # type: ignore[attr-defined]
    assert not HEAVY - {"tokenizers"} & modules


def test_no_module_stands_in_the_place_of_a_public_name() -> None:
    """An import of ``nerbridge.export`` would hide the function of that name; so there is none."""
    import nerbridge

    modules = {module.name for module in pkgutil.iter_modules(nerbridge.__path__)}
    assert not modules & set(nerbridge.__all__)
    import nerbridge.exporting.conversion
    import nerbridge.workflows.export
    from nerbridge import export

    assert export is nerbridge.export is nerbridge.workflows.export.export
    assert callable(export)
