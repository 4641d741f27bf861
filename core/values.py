"""Dataclasses for what every call makes by the dozen, kept frozen by the type checker alone."""

from dataclasses import dataclass, field
from typing import TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def value(cls: type[T]) -> type[T]:
    """Make a dataclass with slots whose fields mypy lets nobody set.

    Everywhere else dataclass(frozen=True, slots=True) is right (ADR 0017). Its __init__ sets each field through object,
    which for twelve fields takes 1.3 µs instead of 0.25 µs: a tenth of what judging and answering a call costs.
    """
    return dataclass(slots=True, unsafe_hash=True)(cls)
