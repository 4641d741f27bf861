"""Taking back what was registered by mistake, as if it had never been."""

from uuid import UUID

import sqlalchemy as sa

from core.db import Session
from core.registry import grants
from core.registry.model import Participation
from core.registry.tables import participations, phone_numbers


def withdraw_phone(session: Session, phone_number_id: UUID) -> None:
    """Take back that a worker holds a number. Does nothing when somebody did so before."""
    session.execute(sa.delete(phone_numbers).where(phone_numbers.c.phone_number_id == phone_number_id))


def withdraw_participation(session: Session, participation: Participation) -> None:
    """Take back that a subcontractor takes part; who may see what follows."""
    key = participations.c.participation_id == participation.participation_id
    session.execute(sa.delete(participations).where(key))
    grants.changed(session, [participation], [])
