"""Sizes and layers are part of the design: a test counts."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "rms_console"
FUNCTION_LINES, CLASS_LINES, MODULE_LINES = 50, 250, 400


def modules() -> Iterator[tuple[Path, ast.Module, int]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        yield path.relative_to(ROOT), ast.parse(text), text.count("\n")


def lines(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def test_no_module_is_longer_than_its_budget() -> None:
    assert [f"{path}: {count}" for path, _, count in modules() if count > MODULE_LINES] == []


def test_no_function_is_longer_than_its_budget() -> None:
    long = [
        f"{path}:{node.lineno} {node.name}: {lines(node)}"
        for path, tree, _ in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and lines(node) > FUNCTION_LINES
    ]
    assert long == []


def test_no_class_is_longer_than_its_budget() -> None:
    long = [
        f"{path}:{node.lineno} {node.name}: {lines(node)}"
        for path, tree, _ in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and lines(node) > CLASS_LINES
    ]
    assert long == []


def test_there_is_no_utils_module() -> None:
    assert [path for path, _, _ in modules() if path.stem in {"utils", "util", "helpers", "misc", "common"}] == []


def test_layers_hold() -> None:
    command = shutil.which("lint-imports", path=str(Path(sys.executable).parent)) or shutil.which("lint-imports")
    if command is None:
        pytest.skip("lint-imports is not installed: pip install -e '.[test]'")
    result = subprocess.run([command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout


def test_no_driver_or_screen_is_imported_by_the_command_line() -> None:
    """`--no-ui` and the commands start without Textual and without any SQL Server driver."""
    code = "import sys, rms_console.cli, rms_console.wiring; print(sorted({'textual', 'pyodbc'} & set(sys.modules)))"
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_public_functions_of_the_core_say_what_you_get() -> None:
    """Every public class and module of contract and domain has a docstring."""
    bare = [
        f"{path}:{node.lineno} {node.name}"
        for path, tree, _ in modules()
        if path.parts[1] in {"contract", "domain", "engine"}
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and not node.name.startswith("_")
        and ast.get_docstring(node) is None
    ]
    assert bare == []
