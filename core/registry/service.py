"""Contractors, workers, their phones and affiliations. Sites and lines are in core.registry.places.

Ids are made by whoever makes the model. Nothing here judges punches again: what was recorded before a phone or an
affiliation was known is the ledger's to look at once more.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from uuid import UUID

from core.db import Session
from core.errors import InvalidInput, NotFound, Overlap
from core.ids import ContractorId, PhoneId, WorkerId, uuid7
from core.phone import PhoneSealer, SealedPhone
from core.registry import rules, store
from core.registry.model import Affiliation, Contractor, Occupation, Phone, PhoneNumber, SkilledWorker


@dataclass(frozen=True, slots=True)
class Belongings:
    """What a worker brings along when he is added: a number, an employer, trades by rank."""

    e164: str | None = None
    contractor_id: ContractorId | None = None
    occupations: Sequence[str] = ()


def add_contractor(session: Session, contractor: Contractor) -> Contractor:
    """Add a contractor. Raises InvalidInput when a value cannot be or the CCUS id is taken."""
    rules.check_contractor(contractor)
    _check_contractor_ccus_id(session, contractor)
    store.add(session, [contractor])
    return contractor


def update_contractor(session: Session, contractor: Contractor) -> Contractor:
    """Store a contractor's new values.

    Raises NotFound when it does not exist, InvalidInput when a value cannot be or the CCUS id is taken.
    """
    rules.check_contractor(contractor)
    _check_contractor_ccus_id(session, contractor)
    require_contractor(session, contractor.contractor_id)
    store.update(session, [contractor])
    return contractor


def add_worker(
    session: Session,
    sealer: PhoneSealer,
    worker: SkilledWorker,
    valid_from: date,
    belongings: Belongings | None = None,
) -> SkilledWorker:
    """Add a worker, with number and employer from valid_from on. Without a CCUS id he is provisional.

    Raises InvalidInput when a value cannot be or the CCUS id is taken, NotFound when the employer does not exist.
    """
    rules.check_worker(worker)
    _check_worker_ccus_id(session, worker)
    store.add(session, [worker])
    belongings = belongings or Belongings()
    if belongings.occupations:
        set_occupations(session, worker.worker_id, belongings.occupations)
    if belongings.e164 is not None:
        register_phone(session, sealer, worker.worker_id, belongings.e164, valid_from)
    if belongings.contractor_id is not None:
        affiliate(session, worker.worker_id, belongings.contractor_id, valid_from)
    return worker


def update_worker(session: Session, worker: SkilledWorker) -> SkilledWorker:
    """Store a worker's new values; a CCUS id makes a provisional worker a registered one.

    Raises NotFound when there is no such worker, InvalidInput when a value cannot be or the CCUS id is taken.
    """
    rules.check_worker(worker)
    _check_worker_ccus_id(session, worker)
    require_worker(session, worker.worker_id)
    store.update(session, [worker])
    return worker


def set_occupations(session: Session, worker_id: WorkerId, codes: Sequence[str]) -> None:
    """Give a worker these occupations by rank, in place of the earlier ones. A listed code is required.

    Raises InvalidInput when there are more than four, or one is twice, malformed or not listed.
    """
    rules.check_occupations(codes)
    if unknown := sorted(set(codes) - store.known_occupations(session, codes)):
        raise InvalidInput(f"not in the list of occupations: {', '.join(unknown)}", field="occupations")
    store.set_occupations(session, {worker_id: codes})


def add_occupations(session: Session, occupations: Iterable[Occupation]) -> None:
    """List further occupations; those that are listed stay as they are."""
    wanted = {occupation.occupation_code: occupation for occupation in occupations}
    rules.check_occupation_codes(wanted)
    known = store.known_occupations(session, list(wanted))
    store.add(session, [occupation for code, occupation in wanted.items() if code not in known])


def keep_phone(session: Session, sealer: PhoneSealer, e164: str) -> Phone:
    """Return the phone of a number, putting it into the vault when it is not there under any key."""
    blind_indexes = sealer.blind_indexes(e164)
    store.lock(session, *blind_indexes)
    found = store.find_phone(session, blind_indexes)
    if found is not None:
        return found
    phone = phone_of(sealer.seal(e164))
    store.add(session, [phone])
    return phone


def phone_of(sealed: SealedPhone) -> Phone:
    """Return a phone, with a new id, for a number nobody has kept yet."""
    return Phone(PhoneId(uuid7()), sealed.blind_index, sealed.last4_index, sealed.cipher, sealed.mask)


def register_phone(
    session: Session,
    sealer: PhoneSealer,
    worker_id: WorkerId,
    e164: str,
    valid_from: date,
    valid_until: date | None = None,
) -> PhoneNumber:
    """Let calls from a number count for a worker. Others may hold the same number at the same time.

    Raises NotFound when there is no such worker, Overlap when he holds the number within that time already.
    """
    require_worker(session, worker_id)
    rules.check_period(valid_from, valid_until)
    store.lock(session, worker_id)
    phone = keep_phone(session, sealer, e164)
    return hold_phone(session, worker_id, phone.phone_id, valid_from, valid_until)


def hold_phone(
    session: Session, worker_id: WorkerId, phone_id: PhoneId, valid_from: date, valid_until: date | None = None
) -> PhoneNumber:
    """Let calls from a phone that lies in the vault count for a worker.

    Raises NotFound when there is no such worker, Overlap when he holds the number within that time already.
    """
    require_worker(session, worker_id)
    rules.check_period(valid_from, valid_until)
    store.lock(session, worker_id)
    held = PhoneNumber(uuid7(), phone_id, worker_id, valid_from, valid_until)
    for other in store.phone_numbers_of(session, worker_id, phone_id):
        if rules.overlaps(held, other):
            raise Overlap(f"the worker holds the number from {other.valid_from} on", worker_id=worker_id)
    store.add(session, [held])
    return held


def end_phone(session: Session, phone_number_id: UUID, last_day: date | None) -> PhoneNumber:
    """Let a number be a worker's until a last day; None: on and on, as before it was ended.

    Raises NotFound, InvalidInput when the last day lies before the first, Overlap when the worker holds the number
    again before that day.
    """
    held = store.find_phone_number(session, phone_number_id)
    if held is None:
        raise NotFound("no such phone number", phone_number_id=phone_number_id)
    rules.check_period(held.valid_from, last_day)
    ended = replace(held, valid_until=last_day)
    store.lock(session, held.worker_id)
    for other in store.phone_numbers_of(session, held.worker_id, held.phone_id):
        if other.phone_number_id != phone_number_id and rules.overlaps(ended, other):
            raise Overlap(f"the worker holds the number again from {other.valid_from} on", worker_id=held.worker_id)
    store.update(session, [ended])
    return ended


def affiliate(
    session: Session,
    worker_id: WorkerId,
    contractor_id: ContractorId,
    valid_from: date,
    valid_until: date | None = None,
) -> Affiliation:
    """Let a worker belong to a contractor.

    Raises NotFound when either does not exist, Overlap when the worker belongs to anyone within that time already.
    """
    require_worker(session, worker_id)
    require_contractor(session, contractor_id)
    rules.check_period(valid_from, valid_until)
    affiliation = Affiliation(uuid7(), worker_id, contractor_id, valid_from, valid_until)
    _check_affiliation(session, affiliation)
    store.add(session, [affiliation])
    return affiliation


def change_employer(
    session: Session, worker_id: WorkerId, contractor_id: ContractorId, valid_from: date
) -> Affiliation:
    """Let a worker belong to a contractor from a day on; with the former one it ends the day before.

    Raises NotFound when either does not exist, InvalidInput when the worker belongs to this contractor already, Overlap
    when he came to another on that day or after it.
    """
    store.lock(session, worker_id)
    for former in store.affiliations_of(session, worker_id):
        if rules.covers(former.valid_from, former.valid_until, valid_from):
            if former.contractor_id == contractor_id:
                raise InvalidInput("the worker belongs to this contractor", field="contractor_id")
            if former.valid_from < valid_from:
                store.update(session, [replace(former, valid_until=valid_from - timedelta(days=1))])
    return affiliate(session, worker_id, contractor_id, valid_from)


def end_affiliation(session: Session, affiliation_id: UUID, last_day: date | None) -> Affiliation:
    """Let a worker belong to a contractor until a last day; None: on and on, as before it was ended.

    Raises NotFound, InvalidInput when the last day lies before the first, Overlap when the worker belongs to anyone
    else before that day.
    """
    affiliation = store.find_affiliation(session, affiliation_id)
    if affiliation is None:
        raise NotFound("no such affiliation", affiliation_id=affiliation_id)
    rules.check_period(affiliation.valid_from, last_day)
    ended = replace(affiliation, valid_until=last_day)
    _check_affiliation(session, ended)
    store.update(session, [ended])
    return ended


def require_contractor(session: Session, contractor_id: ContractorId) -> Contractor:
    """Return a contractor. Raises NotFound when there is none."""
    contractor = store.find_contractor(session, contractor_id)
    if contractor is None:
        raise NotFound("no such contractor", contractor_id=contractor_id)
    return contractor


def require_worker(session: Session, worker_id: WorkerId) -> SkilledWorker:
    """Return a worker. Raises NotFound when there is none."""
    worker = store.find_worker(session, worker_id)
    if worker is None:
        raise NotFound("no such worker", worker_id=worker_id)
    return worker


def _check_affiliation(session: Session, affiliation: Affiliation) -> None:
    store.lock(session, affiliation.worker_id)
    for other in store.affiliations_of(session, affiliation.worker_id):
        if other.affiliation_id != affiliation.affiliation_id and rules.overlaps(affiliation, other):
            raise Overlap(
                f"the worker belongs to another contractor from {other.valid_from} on",
                worker_id=affiliation.worker_id,
                contractor_id=other.contractor_id,
            )


def _check_contractor_ccus_id(session: Session, contractor: Contractor) -> None:
    ccus_id = contractor.ccus_contractor_id
    other = store.find_contractor_by_ccus_id(session, ccus_id) if ccus_id is not None else None
    if other is not None and other.contractor_id != contractor.contractor_id:
        raise InvalidInput(f"the CCUS id {ccus_id} is taken", field="ccus_contractor_id")


def _check_worker_ccus_id(session: Session, worker: SkilledWorker) -> None:
    ccus_id = worker.ccus_worker_id
    other = store.find_worker_by_ccus_id(session, ccus_id) if ccus_id is not None else None
    if other is not None and other.worker_id != worker.worker_id:
        raise InvalidInput(f"the CCUS id {ccus_id} is taken", field="ccus_worker_id")
