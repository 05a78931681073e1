"""Arguments as earlier releases of the original named and ordered them."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

__all__ = ["method_may_come_third", "once_named"]

P = ParamSpec("P")
T = TypeVar("T")

_AFTER_SIM = ("method", "metric", "extra_out", "print_stats", "min_csize")
"""Arguments of `calc.cluster` after `sim`, up to release 0.3.1."""


def once_named(**names: str) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """A decorator: the function also takes arguments by their earlier names, `earlier="present"`."""

    def decorate(function: Callable[P, T]) -> Callable[P, T]:
        @wraps(function)
        def call(*args: P.args, **kwds: P.kwargs) -> T:
            renamed: dict[str, Any] = {names.get(name, name): value for name, value in kwds.items()}
            if len(renamed) < len(kwds):
                raise TypeError(f"{function.__name__}() got an argument both by its present and by an earlier name")
            return function(*args, **renamed)

        return call

    return decorate


def method_may_come_third(function: Callable[P, T]) -> Callable[P, T]:
    """A decorator for `calc.cluster`: a string as the third argument is a method, and the order that of 0.3.1."""

    @wraps(function)
    def call(*args: P.args, **kwds: P.kwargs) -> T:
        if len(args) <= 2 or not isinstance(args[2], str):
            return function(*args, **kwds)
        first, rest = args[:2], args[2:]
        if len(rest) > len(_AFTER_SIM):
            raise TypeError(f"{function.__name__}() takes at most {2 + len(_AFTER_SIM)} arguments in this order")
        named: dict[str, Any] = dict(zip(_AFTER_SIM, rest, strict=False))
        twice = sorted(named.keys() & kwds.keys())
        if twice:
            raise TypeError(f"{function.__name__}() got multiple values for argument {twice[0]!r}")
        return function(*first, **named, **kwds)  # type: ignore[arg-type]

    return call
