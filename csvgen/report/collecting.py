"""Drawing without the collector of cycles: `collected_later`."""

from __future__ import annotations

import gc
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


def collected_later(drawing: Callable[P, R]) -> Callable[P, R]:
    """A function that is not interrupted by the search for cycles; what it leaves is found after it.

    A document is some hundred thousand small values that live until its last page is drawn. Looking through them, and through all
    that the process holds, again and again while they are made took a fifth of the time and found nothing.
    """

    @wraps(drawing)
    def quiet(*args: P.args, **kwargs: P.kwargs) -> R:
        if not gc.isenabled():
            return drawing(*args, **kwargs)
        gc.disable()
        try:
            return drawing(*args, **kwargs)
        finally:
            gc.enable()

    return quiet
