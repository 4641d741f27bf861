"""Who may open which page, and what it shows. Every route names the permission it needs: `dependencies=[needs(…)]`.

A page reads with reading(), which limits PostgreSQL itself to the viewer's scope, and hands the same scope to the
queries it calls. A change checks first, with the same scope, that its subject is in reach: what is not is not found.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from fastapi import Depends, Request

from core.accounts.model import Permission, Viewer
from core.attendance.model import Actor
from core.db import Session
from core.scope import Scope


class NotPermitted(Exception):
    """The viewer has no role that lets him do this."""


def needs(permission: Permission) -> Any:
    """Return the dependency that lets a route be opened only by those with a permission."""

    def check(request: Request) -> None:
        if not viewer_of(request).may(permission):
            raise NotPermitted(permission)

    check.permission = permission  # type: ignore[attr-defined]  # read by the test that walks every route
    return Depends(check)


def viewer_of(request: Request) -> Viewer:
    """Return who is signed in; only for routes that need a session."""
    viewer: Viewer = request.state.viewer
    return viewer


def scope_of(request: Request, permission: Permission = Permission.SEE) -> Scope:
    """Return what the viewer reaches with a permission."""
    return viewer_of(request).scope(permission)


def actor_of(request: Request) -> Actor:
    """Return in whose name a record is corrected."""
    viewer = viewer_of(request)
    return Actor(viewer.account.name, is_operator=viewer.is_operator)


@contextmanager
def reading(request: Request, permission: Permission = Permission.SEE) -> Iterator[Session]:
    """Open a session for reading that PostgreSQL limits to what the viewer reaches with a permission."""
    with request.app.state.database.read(scope_of(request, permission)) as session:
        yield session


@contextmanager
def writing(request: Request) -> Iterator[Session]:
    """Open a session that commits at the end.

    It sees everything, because a rule must (somebody inside another contractor's site): check the subject's
    reach first.
    """
    with request.app.state.database.write() as session:
        yield session
