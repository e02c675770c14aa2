# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Modules that report which branches they take and what they compare, for a fuzzer to see.

It is the source that is changed, before it is compiled. What atheris offers itself changes
bytecode, and its long loops jump to the wrong instruction on Python 3.11.
"""

from __future__ import annotations

import ast
import importlib.abc
import importlib.machinery
import operator
import sys
from collections.abc import Callable, Sequence
from types import CodeType, ModuleType
from typing import Any

# Atheris numbers comparisons as Python's bytecode does.
_OPERATORS = {ast.Lt: 0, ast.LtE: 1, ast.Eq: 2, ast.NotEq: 3, ast.Gt: 4, ast.GtE: 5}
_COMPARE = (operator.lt, operator.le, operator.eq, operator.ne, operator.gt, operator.ge)
_FUZZER = "_the_fuzzer"
_COMPARED = "_the_fuzzer_compared"
# What atheris can learn from. Of any answer it keeps the memory for ever, which for arrays is much.
_SIMPLE = frozenset({int, str, bytes})


class Reporting(importlib.abc.MetaPathFinder):
    """Finds modules below a package and loads them with reports.

    `fuzzer` is the module atheris, or what has the same three functions. They are looked up at each
    call, because atheris exchanges them when it starts.
    """

    def __init__(self, package: str, fuzzer: Any) -> None:
        self.package = package
        self.fuzzer = fuzzer

    def compared(self, left: Any, right: Any, number: int, counter: int, constant: bool) -> Any:
        """What a comparison gives, after a report if its sides say something to the fuzzer."""
        if type(left) in _SIMPLE and type(right) in _SIMPLE:
            return self.fuzzer._trace_cmp(left, right, number, counter, constant)
        return _COMPARE[number](left, right)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Return what finds the module otherwise, with another loader."""
        if not fullname.startswith(self.package + "."):
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is not None and isinstance(spec.loader, importlib.machinery.SourceFileLoader):
            spec.loader = _Loader(spec.loader.name, spec.loader.path, self)
        return spec


class _Loader(importlib.machinery.SourceFileLoader):
    def __init__(self, fullname: str, path: str, reporting: Reporting) -> None:
        super().__init__(fullname, path)
        self._reporting = reporting

    def get_code(self, fullname: str) -> CodeType:
        # Nothing is taken from, or put into, the cache of compiled modules.
        tree = ast.parse(self.get_data(self.path), self.path)
        counter = self._reporting.fuzzer._reserve_counter
        return compile(reporting(tree, counter), self.path, "exec")

    def exec_module(self, module: ModuleType) -> None:
        setattr(module, _FUZZER, self._reporting.fuzzer)
        setattr(module, _COMPARED, self._reporting.compared)
        super().exec_module(module)


def reporting(tree: ast.Module, counter: Callable[[], int]) -> ast.Module:
    """The same module, with calls that report; places keep their lines."""
    changed: ast.Module = _Insert(counter).visit(tree)
    return ast.fix_missing_locations(changed)


def _function(name: str) -> ast.Attribute:
    return ast.Attribute(ast.Name(_FUZZER, ast.Load()), name, ast.Load())


class _Insert(ast.NodeTransformer):
    def __init__(self, counter: Callable[[], int]) -> None:
        self._counter = counter

    def _call(self) -> ast.Call:
        number = ast.Constant(self._counter())
        return ast.Call(_function("_trace_branch"), [number], [])

    def _begin(self, body: list[ast.stmt]) -> list[ast.stmt]:
        """The statements, of which the first reports."""
        report = ast.Expr(self._call())
        if body:
            ast.copy_location(report, body[0])
        return [report, *body]

    def _function(self, node: Any) -> Any:
        self.generic_visit(node)
        documented = ast.get_docstring(node, clean=False) is not None
        node.body = [*node.body[:documented], *self._begin(node.body[documented:])]
        return node

    visit_FunctionDef = visit_AsyncFunctionDef = _function

    def _branches(self, node: Any) -> Any:
        """Of if, while and for: also that the condition did not hold."""
        self.generic_visit(node)
        node.body, node.orelse = self._begin(node.body), self._begin(node.orelse)
        return node

    visit_If = visit_While = visit_For = _branches

    def visit_Try(self, node: ast.Try) -> ast.Try:
        self.generic_visit(node)
        for handler in node.handlers:
            handler.body = self._begin(handler.body)
        return node

    def _or(self, value: ast.expr) -> ast.expr:
        """The value, after a report, which is None."""
        return ast.copy_location(ast.BoolOp(ast.Or(), [self._call(), value]), value)

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.BoolOp:
        self.generic_visit(node)
        node.values = [node.values[0], *map(self._or, node.values[1:])]
        return node

    def visit_IfExp(self, node: ast.IfExp) -> ast.IfExp:
        self.generic_visit(node)
        node.body, node.orelse = self._or(node.body), self._or(node.orelse)
        return node

    def visit_comprehension(self, node: ast.comprehension) -> ast.comprehension:
        self.generic_visit(node)
        if node.ifs:
            held = ast.Compare(self._call(), [ast.Is()], [ast.Constant(None)])
            node.ifs.append(ast.copy_location(held, node.ifs[-1]))
        return node

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        self.generic_visit(node)
        number = _OPERATORS.get(type(node.ops[0]))
        if len(node.ops) > 1 or number is None:
            return node
        constant = isinstance(node.left, ast.Constant)
        left, right = node.left, node.comparators[0]
        if not constant and isinstance(right, ast.Constant):
            # The constant comes first, where atheris wants to be told of it.
            left, right, number = right, left, (4, 5, 2, 3, 0, 1)[number]
            constant = True
        call = ast.Call(
            ast.Name(_COMPARED, ast.Load()),
            [left, right, *map(ast.Constant, (number, self._counter(), constant))],
            [],
        )
        return ast.copy_location(call, node)


def install(finder: Reporting) -> None:
    """Let a finder load what is imported from now on."""
    loaded = [name for name in sys.modules if name.startswith(finder.package + ".")]
    assert not loaded, loaded
    sys.meta_path.insert(0, finder)
