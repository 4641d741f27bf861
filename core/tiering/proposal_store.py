"""The queries of proposals as they are kept, of callers' answers, and of when somebody last looked."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import orjson
import sqlalchemy as sa
from pydantic import TypeAdapter
from sqlalchemy.dialects import postgresql, sqlite

from core.db import Row, Session, as_model, is_postgresql
from core.ids import AccountId, ContractorId, SiteId
from core.registry.visibility import Condition
from core.scope import EVERYTHING, Scope
from core.statements import Upsert, insert_rows
from core.tiering.model import Evidence
from core.tiering.proposal_model import Answer, KeptLink, KeptProposal, Look
from core.tiering.tables import tier_answers, tier_looks, tier_proposals, tier_proposed_links

_EVIDENCE: TypeAdapter[tuple[Evidence, ...]] = TypeAdapter(tuple[Evidence, ...])


def find_proposal(session: Session, scope: Scope, site_id: SiteId) -> KeptProposal | None:
    """Return when a site's proposal was made, where the scope sees the site whole."""
    made = sa.select(tier_proposals).where(tier_proposals.c.site_id == site_id, _is_whole(scope, tier_proposals))
    row = session.execute(made).one_or_none()
    return None if row is None else as_model(KeptProposal, row)


def proposed_at(session: Session, site_id: SiteId, scope: Scope = EVERYTHING) -> list[KeptLink]:
    """Return the proposed links of a site, where the scope sees the site whole."""
    link = tier_proposed_links.c
    statement = sa.select(tier_proposed_links).where(link.site_id == site_id, _is_whole(scope, tier_proposed_links))
    return [_kept(row) for row in session.execute(statement.order_by(link.tier, link.contractor_id))]


def replace_proposal(session: Session, proposal: KeptProposal, links: Iterable[KeptLink]) -> None:
    """Store a site's proposal in place of the one before."""
    insert_rows(session, {tier_proposals: [proposal]}, {tier_proposals: Upsert(key=("site_id",))})
    session.execute(sa.delete(tier_proposed_links).where(tier_proposed_links.c.site_id == proposal.site_id))
    insert_rows(session, {tier_proposed_links: [_row(link) for link in links]})


def answers_at(session: Session, site_id: SiteId) -> list[Answer]:
    statement = sa.select(tier_answers).where(tier_answers.c.site_id == site_id)
    return [as_model(Answer, row) for row in session.execute(statement.order_by(tier_answers.c.contractor_id))]


def find_answer(session: Session, site_id: SiteId, contractor_id: ContractorId) -> Answer | None:
    answer = tier_answers.c
    statement = sa.select(tier_answers).where(answer.site_id == site_id, answer.contractor_id == contractor_id)
    row = session.execute(statement).one_or_none()
    return None if row is None else as_model(Answer, row)


def write_answer(session: Session, answer: Answer) -> None:
    """Keep an answer; one that was given already stays."""
    insert = postgresql.insert if is_postgresql(session) else sqlite.insert
    statement = insert(tier_answers).values(asdict(answer))
    changes = {name: statement.excluded[name] for name in ("worker_id", "upper_contractor_id", "asked_at")}
    keys = [tier_answers.c.site_id, tier_answers.c.contractor_id]
    is_open = tier_answers.c.upper_contractor_id.is_(None)
    session.execute(statement.on_conflict_do_update(index_elements=keys, set_=changes, where=is_open))


def find_look(session: Session, account_id: AccountId, site_id: SiteId) -> Look | None:
    look = tier_looks.c
    statement = sa.select(tier_looks).where(look.account_id == account_id, look.site_id == site_id)
    row = session.execute(statement).one_or_none()
    return None if row is None else as_model(Look, row)


def write_look(session: Session, look: Look) -> None:
    insert_rows(session, {tier_looks: [look]}, {tier_looks: Upsert(key=("account_id", "site_id"))})


def _is_whole(scope: Scope, table: sa.Table) -> Condition:
    if scope.everything:
        return sa.true()
    return sa.or_(table.c.prime_contractor_id.in_(scope.primes), table.c.site_id.in_(scope.sites))


def _kept(row: Any) -> KeptLink:
    return as_model(KeptLink, {**row._mapping, "evidence": _EVIDENCE.validate_json(row.evidence)})  # noqa: SLF001


def _row(link: KeptLink) -> Row:
    return {**asdict(link), "evidence": orjson.dumps([asdict(each) for each in link.evidence]).decode()}
