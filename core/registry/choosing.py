"""Contractors to choose from in a form: those a viewer reaches, and the one that a typed text means."""

from uuid import UUID

import sqlalchemy as sa

from core.db import Session
from core.errors import InvalidInput
from core.ids import ContractorId, parse_ccus_id
from core.registry.folding import search_text
from core.registry.tables import contractors
from core.registry.visibility import contractor_is_visible
from core.scope import Scope

CHOICES_AT_MOST = 300


def contractor_choices(session: Session, scope: Scope) -> list[tuple[UUID, str]]:
    """Return the first contractors a scope reaches, by kana; a form of so many people takes typed names besides."""
    rows = session.execute(
        sa.select(contractors.c.contractor_id, contractors.c.name)
        .where(contractor_is_visible(scope))
        .order_by(contractors.c.name_kana, contractors.c.name)
        .limit(CHOICES_AT_MOST)
    )
    return [(row[0], row[1]) for row in rows]


def contractors_named(session: Session, ids: frozenset[ContractorId]) -> list[tuple[UUID, str]]:
    """Return contractors by kana: the choices of somebody who acts for them."""
    rows = session.execute(
        sa.select(contractors.c.contractor_id, contractors.c.name)
        .where(contractors.c.contractor_id.in_(ids))
        .order_by(contractors.c.name_kana, contractors.c.name)
    )
    return [(row[0], row[1]) for row in rows]


def chosen_contractor(session: Session, scope: Scope, text: str, field: str = "contractor") -> ContractorId | None:
    """Return the contractor a text means: by its whole name among those a scope reaches, or by its CCUS id; else None.

    An id is enough to find a contractor beyond the scope: who has it was told it. Raises InvalidInput when several
    contractors have the name.
    """
    found = _by_ccus_id(session, text) or _by_name(session, scope, text)
    if len(found) > 1:
        raise InvalidInput("several contractors have this name", field=field)
    return ContractorId(found[0]) if found else None


def _by_ccus_id(session: Session, text: str) -> list[UUID]:
    try:
        ccus_id = parse_ccus_id(text)
    except ValueError:
        return []
    return list(
        session.scalars(sa.select(contractors.c.contractor_id).where(contractors.c.ccus_contractor_id == ccus_id))
    )


def _by_name(session: Session, scope: Scope, text: str) -> list[UUID]:
    typed = search_text(text, "")
    if not typed:
        return []
    rows = session.execute(
        sa.select(contractors.c.contractor_id, contractors.c.name)
        .where(contractors.c.search_text.contains(typed, autoescape=True), contractor_is_visible(scope))
        .limit(CHOICES_AT_MOST)
    ).all()
    exact = [row[0] for row in rows if row[1] == text.strip()]
    return exact or [row[0] for row in rows if search_text(row[1], "") == typed]
