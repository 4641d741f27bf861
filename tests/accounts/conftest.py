"""Passwords are hashed quickly here: how slow that is on purpose is not what these tests are about."""

import pytest
from argon2 import PasswordHasher

from core.accounts import service


@pytest.fixture(autouse=True)
def _quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "_HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
