"""Whom or what a person means who names a contractor, worker or site: by our id, CCUS id, or name."""

from uuid import UUID

import sqlalchemy as sa

from core.db import Session
from core.errors import InvalidInput, NotFound
from core.ids import ContractorId, SiteId, WorkerId, parse_ccus_id
from core.registry.tables import contractors, sites, workers

MAX_NAMESAKES = 10


def contractor_named(session: Session, text: str) -> ContractorId:
    """Return the contractor meant. Raises NotFound when there is none, InvalidInput when there are several."""
    return ContractorId(_named(session, contractors, "contractor", text))


def worker_named(session: Session, text: str) -> WorkerId:
    """Return the worker meant. Raises NotFound when there is none, InvalidInput when there are several."""
    return WorkerId(_named(session, workers, "worker", text))


def site_named(session: Session, text: str) -> SiteId:
    """Return the site meant. Raises NotFound when there is none, InvalidInput when there are several."""
    return SiteId(_named(session, sites, "site", text))


def _named(session: Session, table: sa.Table, what: str, text: str) -> UUID:
    own_id, ccus_id = table.c[f"{what}_id"], table.c[f"ccus_{what}_id"]
    unspaced = sa.func.replace(sa.func.replace(table.c.name, " ", ""), "　", "")
    conditions = [unspaced == "".join(text.split())]
    if (number := _ccus_id(text)) is not None:
        conditions.append(ccus_id == number)
    if (identity := _uuid(text)) is not None:
        conditions.append(own_id == identity)
    found = session.execute(sa.select(own_id, ccus_id).where(sa.or_(*conditions)).limit(MAX_NAMESAKES)).all()
    if not found:
        raise NotFound(f"no {what} is named {text}")
    if len(found) > 1:
        ids = ", ".join(str(row[1] or row[0]) for row in found)
        raise InvalidInput(f"several {what}s are named {text}: name one by its id ({ids})", field="name")
    identity_found: UUID = found[0][0]
    return identity_found


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _ccus_id(text: str) -> str | None:
    try:
        return parse_ccus_id(text)
    except ValueError:
        return None
