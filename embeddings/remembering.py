"""Results of a method that are kept, and do not keep what made them.

``lru_cache`` around a bound method makes a ring: object → cache → method → object. The last generation's
files would stay mapped until Python looks for rings, which in a large process is seldom.
"""

from collections.abc import Callable, Hashable
from functools import lru_cache
from typing import TypeVar
from weakref import WeakMethod

_A = TypeVar("_A", bound=Hashable)
_R = TypeVar("_R")


def remembered(method: Callable[[_A], _R], *, most: int) -> Callable[[_A], _R]:
    """Return a method with its last results kept; to be held by its object, and not to outlive it."""
    found = WeakMethod(method)

    def call(argument: _A) -> _R:
        bound = found()
        if bound is None:
            raise ReferenceError("the object of a remembered method is gone")
        return bound(argument)

    return lru_cache(maxsize=most)(call)
