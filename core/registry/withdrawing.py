"""Taking back what was registered by mistake, as if it had never been."""

from dataclasses import replace
from uuid import UUID

import sqlalchemy as sa

from core.db import Session
from core.registry import card_store, grants
from core.registry.card_model import CardEnd
from core.registry.model import Participation
from core.registry.tables import participations, phone_numbers


def withdraw_phone(session: Session, phone_number_id: UUID) -> None:
    """Take back that a worker holds a number. Does nothing when somebody did so before."""
    session.execute(sa.delete(phone_numbers).where(phone_numbers.c.phone_number_id == phone_number_id))


def withdraw_card(session: Session, card_issue_id: UUID) -> None:
    """Take back that a card was issued; what it replaced on its first day speaks for the worker again."""
    issue = card_store.find_issue(session, card_issue_id)
    if issue is None:
        return
    card_store.delete_issue(session, card_issue_id)
    for earlier, _ in card_store.issues_of_worker(session, issue.worker_id):
        if (earlier.ended, earlier.ended_on) == (CardEnd.REPLACED, issue.issued_on):
            card_store.update_issue(session, replace(earlier, ended=None, ended_on=None))


def withdraw_participation(session: Session, participation: Participation) -> None:
    """Take back that a subcontractor takes part; who may see what follows."""
    key = participations.c.participation_id == participation.participation_id
    session.execute(sa.delete(participations).where(key))
    grants.changed(session, [participation], [])
