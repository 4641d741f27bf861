"""The one write path of the ledger: every channel's punches pass through record_punches()."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta

from core.attendance import store
from core.attendance.ledger import Ledger
from core.attendance.model import Ask, Judgement, RawPunch, Reason, Verdict
from core.attendance.picture import Picture, StoredPunch
from core.attendance.resolution import Resolution, resolve
from core.clock import work_date
from core.db import Session
from core.ids import PhoneId, PunchId, SiteId, uuid7
from core.registry.card_model import Presented
from core.registry.cards import find_presented
from core.registry.lookup import Directory, Place, Query, look_up
from core.values import value

DATES_AROUND = timedelta(days=1)  # a site's day may begin up to a day before or after another's


@value
class Outcome:
    """What became of a punch.

    judgement is None while something must be asked (asks says what, in order); the punch is stored all the same.
    is_retry: the sender's key was known, nothing was added, and the judgement is the first one given; is_conflict when
    it came with other facts, which are kept for a person.
    repeats_at: for a duplicate, when the thing it repeats was recorded.
    """

    punch_id: PunchId
    judgement: Judgement | None
    known: Resolution
    asks: tuple[Ask, ...] = ()
    repeats_at: datetime | None = None
    is_retry: bool = False
    is_conflict: bool = False
    phone_id: PhoneId | None = None


def record_punches(session: Session, punches: Sequence[RawPunch], now: datetime) -> list[Outcome]:
    """Store punches and judge them, in the order given; a punch whose key is known adds nothing.

    Each comes back with its outcome: refusals are results. Three statements on PostgreSQL, however many there are, and
    one more when somebody was at a site that none of the called lines serves on the same date, or came with a card.
    """
    presented = _presented(session, punches)
    query = _query(punches, presented)
    directory = _directory(session, query, presented)
    picture = store.load_picture(
        session,
        sender_keys=[punch.sender_key for punch in punches],
        worker_ids=tuple(directory.people),
        dates=_dates(punches),
    )
    if any(_is_unseen(punch, directory) for punch in punches):
        directory = _directory(
            session, query, presented
        )  # a phone may have been added while this transaction waited for its lock
    instants = [punch.occurred_at for punch in punches]
    ledger = Ledger(picture, now, places_for(session, picture, directory, instants))
    outcomes = [_record(ledger, directory, punch) for punch in punches]
    store.save(session, ledger.changes)
    return outcomes


def places_for(
    session: Session, picture: Picture, directory: Directory, instants: Collection[datetime]
) -> Mapping[SiteId, Place]:
    """Return the sites that may be judged again: the directory's, and others where somebody was on those dates."""
    known = directory.places
    foreign = [judged for judged, _ in picture.judgements if judged.site_id is not None and judged.site_id not in known]
    if not foreign:
        return known
    dates = {terms.work_date(at) for at in instants for terms in {place.terms for place in known.values()}}
    wanted = {judged.site_id for judged in foreign if judged.site_id is not None and judged.work_date in dates}
    return {**known, **look_up(session, Query(site_ids=tuple(wanted))).places} if wanted else known


def _is_unseen(punch: RawPunch, directory: Directory) -> bool:
    """Whether a number was given that no phone is known by."""
    indexes = punch.caller.blind_indexes if punch.caller else ()
    return bool(indexes) and directory.phone_id(indexes) is None


def _presented(session: Session, punches: Sequence[RawPunch]) -> Presented:
    card_ids = {punch.card_id for punch in punches if punch.card_id}
    ccus_ids = {punch.typed_ccus_id for punch in punches if punch.typed_ccus_id}
    return find_presented(session, card_ids, ccus_ids) if card_ids or ccus_ids else Presented()


def _directory(session: Session, query: Query, presented: Presented) -> Directory:
    directory = look_up(session, query)
    directory.presented = presented
    return directory


def _query(punches: Sequence[RawPunch], presented: Presented) -> Query:
    named = {punch.named_worker_id for punch in punches if punch.named_worker_id}
    return Query(
        blind_indexes=tuple({index for punch in punches if punch.caller for index in punch.caller.blind_indexes}),
        lines=tuple({punch.line_e164 for punch in punches if punch.line_e164}),
        worker_ids=tuple(named | presented.worker_ids()),
        site_ids=tuple({punch.named_site_id for punch in punches if punch.named_site_id}),
        lock_texts=tuple({punch.sender_key for punch in punches if punch.caller is None}),
    )


def _dates(punches: Iterable[RawPunch]) -> tuple[date, date]:
    dates = [work_date(punch.occurred_at) for punch in punches]
    return min(dates) - DATES_AROUND, max(dates) + DATES_AROUND


def _record(ledger: Ledger, directory: Directory, punch: RawPunch) -> Outcome:
    known = resolve(punch, directory)
    phone_id = directory.phone_id(punch.caller.blind_indexes) if punch.caller else None
    stored = ledger.by_key.get(punch.sender_key) or _taken(ledger, punch.sender_key)
    if stored is not None:
        return _retry(ledger, punch, stored, known, phone_id)
    if punch.caller is not None and punch.caller.blind_indexes and phone_id is None:
        phone_id = PhoneId(uuid7())
        directory.phone_ids[punch.caller.blind_indexes[0]] = phone_id
        ledger.changes.phones.append((phone_id, punch))
    prime = known.place.prime_contractor_id if known.place else None
    ledger.changes.punches.append((punch, phone_id, prime))
    outcome = judge_punch(ledger, punch, known, phone_id)
    ledger.taken[punch.sender_key] = (punch, phone_id, outcome.judgement)
    return outcome


def judge_punch(ledger: Ledger, punch: RawPunch, known: Resolution, phone_id: PhoneId | None) -> Outcome:
    """Return what becomes of a punch by what is known of it; judged unless something is to be asked."""
    if known.reason is not None and known.verdict is not None:
        judgement = ledger.judge(
            punch, known.verdict, known.reason, person=known.person, place=known.place, direction=known.requested
        )
        return Outcome(punch.punch_id, judgement, known, phone_id=phone_id)
    asks = known.questions()
    if not asks and punch.can_ask and known.person and known.place and known.requested is None:
        is_late = ledger.is_late_entry(punch, known.person, known.place)
        asks = (Ask.DIRECTION,) if is_late else ()
    if asks and punch.can_ask:
        return Outcome(punch.punch_id, None, known, asks, phone_id=phone_id)
    if known.person is None or known.place is None or Ask.DAY_CODE in asks:
        reason = known.unanswered() if Ask.DAY_CODE not in asks[:1] else Reason.WRONG_DAY_CODE
        judgement = ledger.judge(punch, Verdict.NEEDS_REVIEW, reason, person=known.person, place=known.place)
        return Outcome(punch.punch_id, judgement, known, phone_id=phone_id)
    judgement, decision = ledger.accept(punch, known.person, known.place, known.requested)
    return Outcome(punch.punch_id, judgement, known, repeats_at=decision.repeats_at, phone_id=phone_id)


def _retry(
    ledger: Ledger, punch: RawPunch, stored: StoredPunch, known: Resolution, phone_id: PhoneId | None
) -> Outcome:
    is_conflict = not _is_same_content(punch, stored, phone_id)
    if is_conflict:
        ledger.changes.conflicts.append((uuid7(), punch.sender_key, punch.received_at, _content(punch)))
    repeats_at = None
    if stored.first is not None and known.person is not None and known.place is not None:
        decision = ledger.decision_of(stored.punch_id, known.person, known.place, stored.occurred_at)
        repeats_at = decision.repeats_at if decision else None
    asks = known.questions() if stored.first is None else ()
    return Outcome(
        stored.punch_id,
        stored.first,
        known,
        asks,
        repeats_at,
        is_retry=True,
        is_conflict=is_conflict,
        phone_id=phone_id,
    )


def _is_same_content(punch: RawPunch, stored: StoredPunch, phone_id: PhoneId | None) -> bool:
    """Whether a known key came with the same facts; receipt times differ by nature and are not compared."""
    return (
        punch.channel,
        punch.line_e164,
        punch.named_worker_id,
        punch.named_site_id,
        phone_id,
        punch.card_id,
        punch.typed_ccus_id,
        punch.claimed_at,
    ) == (
        stored.channel,
        stored.line_e164,
        stored.named_worker_id,
        stored.named_site_id,
        stored.phone_id,
        stored.card_id,
        stored.typed_ccus_id,
        stored.claimed_at,
    )


def _content(punch: RawPunch) -> str:
    caller = punch.caller.mask if punch.caller else "-"
    return (
        f"channel={punch.channel} caller={caller} line={punch.line_e164} worker={punch.named_worker_id} "
        f"site={punch.named_site_id} card={punch.card_id} occurred_at={punch.occurred_at.isoformat()}"
    )


def _taken(ledger: Ledger, sender_key: str) -> StoredPunch | None:
    """Return a punch that came earlier in the same batch, as if it had been stored."""
    if sender_key not in ledger.taken:
        return None
    punch, phone_id, judgement = ledger.taken[sender_key]
    return StoredPunch(
        punch_id=punch.punch_id,
        sender_key=punch.sender_key,
        channel=punch.channel,
        occurred_at=punch.occurred_at,
        phone_id=phone_id,
        line_e164=punch.line_e164,
        named_worker_id=punch.named_worker_id,
        named_site_id=punch.named_site_id,
        card_id=punch.card_id,
        typed_ccus_id=punch.typed_ccus_id,
        claimed_at=punch.claimed_at,
        is_clock_uncertain=punch.is_clock_uncertain,
        requested_direction=punch.requested_direction,
        first=judgement,
        holds=judgement,
    )
