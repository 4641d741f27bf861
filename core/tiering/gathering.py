"""What the inference is told of a site, from the ledger and the registry. Reads only.

What another prime's site says is handed in only where both primes share their history, and only between contractors
that are known here anyway: a name that nobody here knows would give it away.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import sqlalchemy as sa

from core.attendance.model import Verdict
from core.attendance.tables import attendance_days, judgements
from core.db import Session
from core.ids import ContractorId
from core.registry.model import LegalForm, Site
from core.registry.tables import (
    affiliations,
    contractors,
    occupations,
    participations,
    sites,
    worker_occupations,
)
from core.tiering import link_store, proposal_store
from core.tiering.link_model import Link, LinkState
from core.tiering.model import ContractorFacts, KnownRelation, Passage, RelationSource, SiteFacts

MOST_PASSAGES = 40_000  # the newest: what a site of 60 contractors has in half a year


@dataclass(frozen=True, slots=True)
class Gathered:
    """A site's facts without what people accepted there, and the relations that say just that."""

    facts: SiteFacts
    accepted: tuple[KnownRelation, ...]


def gather(session: Session, site: Site, today: date) -> Gathered:
    """Return all that the inference may know of a site."""
    passages = _passages(session, site)
    entered = {UUID(passage.contractor_id) for passage in passages}
    links = link_store.links_at(session, site.site_id)
    here = list(_said_here(session, site, links, today))
    own = _elsewhere(session, site, entered, {site.prime_contractor_id}, today)
    known = {site.prime_contractor_id, *entered, *_named([*here, *own])}
    shared = _elsewhere(session, site, entered, _sharing(session, site), today)
    others = [relation for relation in shared if _is_known_here(relation, known)]
    facts = SiteFacts(
        site_id=str(site.site_id),
        prime_contractor_id=str(site.prime_contractor_id),
        contractors=_contractors(session, known),
        passages=passages,
        relations=(*here, *own, *others),
        day_starts=site.day_starts,
    )
    accepted = (link for link in links if link.state is LinkState.ACCEPTED)
    return Gathered(facts, tuple(_declared(link.contractor_id, link.upper_contractor_id, site) for link in accepted))


def _passages(session: Session, site: Site) -> list[Passage]:
    """Return the newest accepted entries and exits of those whose contractor is known."""
    judged, later, day = judgements.c, judgements.alias("later").c, attendance_days.c
    is_newest = ~sa.exists().where(later.punch_id == judged.punch_id, later.seq > judged.seq).correlate(judgements)
    of_day = sa.and_(
        day.worker_id == judged.worker_id, day.site_id == judged.site_id, day.work_date == judged.work_date
    )
    statement = (
        sa.select(judged.worker_id, day.contractor_id, judged.effective_at, judged.direction)
        .join(attendance_days, of_day)
        .where(judged.site_id == site.site_id, judged.verdict == Verdict.ACCEPTED, judged.direction.is_not(None))
        .where(~day.is_void, day.contractor_id.is_not(None), is_newest)
        .order_by(judged.effective_at.desc())
        .limit(MOST_PASSAGES)
    )
    return [
        Passage(str(row.worker_id), str(row.contractor_id), row.effective_at, row.direction)
        for row in session.execute(statement)
    ]


def _said_here(session: Session, site: Site, links: Iterable[Link], today: date) -> Iterator[KnownRelation]:
    """Yield what somebody said for this site: in the registry, by inviting, by a key on the phone."""
    bound = {link.participation_id for link in links if link.state.holds}
    part = participations.c
    declared = sa.select(participations).where(part.site_id == site.site_id, part.upper_contractor_id.is_not(None))
    is_on = sa.or_(part.valid_until.is_(None), part.valid_until >= today)
    for row in session.execute(declared.where(is_on).order_by(part.participation_id)):
        if row.participation_id not in bound:
            yield _declared(row.contractor_id, row.upper_contractor_id, site)
    for link in links:
        if link.state is LinkState.INVITED:
            yield _declared(link.contractor_id, link.upper_contractor_id, site)
    for answer in proposal_store.answers_at(session, site.site_id):
        if answer.upper_contractor_id is not None:
            yield KnownRelation(
                str(answer.contractor_id),
                str(answer.upper_contractor_id),
                RelationSource.ANSWERED,
                str(site.prime_contractor_id),
                str(site.site_id),
            )


def _elsewhere(
    session: Session, site: Site, entered: Collection[UUID], primes: Collection[ContractorId], today: date
) -> list[KnownRelation]:
    """Return what the structures of other sites of some primes say of those who entered."""
    if not entered or not primes:
        return []
    part = participations.c
    statement = (
        sa.select(part.contractor_id, part.upper_contractor_id, part.valid_until, sites.c.ends_on)
        .add_columns(sites.c.site_id, sites.c.prime_contractor_id)
        .join(sites, sites.c.site_id == part.site_id)
        .where(sites.c.prime_contractor_id.in_(primes), part.site_id != site.site_id)
        .where(part.upper_contractor_id.is_not(None), part.valid_from <= today)
        .where(sa.or_(part.contractor_id.in_(entered), part.upper_contractor_id.in_(entered)))
        .order_by(part.participation_id)
    )
    return [
        KnownRelation(
            str(row.contractor_id),
            str(row.upper_contractor_id),
            RelationSource.APPROVED_SITE,
            str(row.prime_contractor_id),
            str(row.site_id),
            min(today, row.valid_until or today, row.ends_on or today),
        )
        for row in session.execute(statement)
    ]


def _sharing(session: Session, site: Site) -> set[ContractorId]:
    """Return the other primes whose history weighs here: both sides must have agreed."""
    primes = link_store.sharing_primes(session)
    return primes - {site.prime_contractor_id} if site.prime_contractor_id in primes else set()


def _is_known_here(relation: KnownRelation, known: Collection[UUID]) -> bool:
    """Whether a relation from another prime's site names nobody who is not known here; its prime stands for ours."""
    is_under_prime = relation.upper_contractor_id == relation.prime_contractor_id
    return UUID(relation.contractor_id) in known and (is_under_prime or UUID(relation.upper_contractor_id) in known)


def _named(relations: Iterable[KnownRelation]) -> Iterator[UUID]:
    for relation in relations:
        yield UUID(relation.contractor_id)
        yield UUID(relation.upper_contractor_id)


def _contractors(session: Session, known: Collection[UUID]) -> list[ContractorFacts]:
    trades = _trades(session, known)
    rows = session.execute(sa.select(contractors).where(contractors.c.contractor_id.in_(known)))
    return [
        ContractorFacts(
            contractor_id=str(row.contractor_id),
            trade=trades.get(row.contractor_id),
            is_sole=row.legal_form is not LegalForm.CORPORATION,
            capital_yen=row.capital_yen,
            is_licensed=True if row.licence else None,
        )
        for row in rows
    ]


def _trades(session: Session, known: Collection[UUID]) -> dict[UUID, str]:
    """Return the trade of each contractor: the first occupation of most of its people."""
    belongs, has = affiliations.c, worker_occupations.c
    statement = (
        sa.select(belongs.contractor_id, occupations.c.name, sa.func.count().label("people"))
        .join(worker_occupations, has.worker_id == belongs.worker_id)
        .join(occupations, occupations.c.occupation_code == has.occupation_code)
        .where(belongs.contractor_id.in_(known), has.rank == 1)
        .group_by(belongs.contractor_id, occupations.c.name)
    )
    counts: dict[UUID, Counter[str]] = defaultdict(Counter)
    for row in session.execute(statement):
        counts[row.contractor_id][row.name] = row.people
    return {contractor_id: min(found, key=lambda name: (-found[name], name)) for contractor_id, found in counts.items()}


def _declared(contractor_id: UUID, upper_contractor_id: UUID, site: Site) -> KnownRelation:
    prime, here = str(site.prime_contractor_id), str(site.site_id)
    return KnownRelation(str(contractor_id), str(upper_contractor_id), RelationSource.DECLARED, prime, here)
