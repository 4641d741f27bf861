"""A call's use cases: the punch of its first webhook, the keys that follow, and what is left when the caller is gone.

Each takes a session and commits nothing; the answer goes out after the commit. The conversation says what it needs,
ivr.effects does it.
"""

import logging
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.exc import InterfaceError, OperationalError

from core.attendance import records
from core.attendance.answering import Answer, answer_punch
from core.attendance.model import Ask, Caller, Channel, RawPunch, Reason, Verdict
from core.attendance.resolution import expected_at
from core.attendance.service import Outcome
from core.db import Session
from core.ids import PunchId, SiteId, uuid7
from core.phone import PhoneSealer
from core.registry.lookup import Person, Place
from core.registry.model import Language, LineMode, Position
from core.work.service import mark
from ivr import store
from ivr.conversation import begin, step, unresolved_reason
from ivr.dialogue import Keyed, Need, PersonOption, Phase, PlaceOption, State, Turn, dump_state, load_state
from ivr.effects import Call, answer_of, judged_of, perform
from ivr.model import CallerId, CallEvent, HangUp, Say, Sentence
from ivr.receipts import RECEIPT
from ivr.twiml import render

log = logging.getLogger(__name__)

ABANDONED_AFTER = timedelta(seconds=60)


def punch_of(event: CallEvent, sealer: PhoneSealer, now: datetime) -> RawPunch:
    """Return the punch that a call is, by its first webhook; the number in it is sealed."""
    caller = Caller() if event.caller_id is CallerId.ODD else None  # not hidden, and no number: nobody we know
    if event.caller_id is CallerId.GIVEN and event.caller_e164 is not None:
        sealed = sealer.seal(event.caller_e164)
        indexes = (sealed.blind_index, *sealer.older_indexes(event.caller_e164))
        caller = Caller(indexes, sealed.last4_index, sealed.cipher, sealed.mask)
    return RawPunch(
        punch_id=PunchId(uuid7()),
        sender_key=f"{event.call_key}:-:call",
        channel=Channel.PHONE,
        occurred_at=now,
        received_at=now,
        caller=caller,
        line_e164=event.called,
        can_ask=True,
    )


def answer_first(call: Call, outcome: Outcome) -> str:
    """Return the document for a call's first webhook; keep the call when the conversation goes on.

    A repeated webhook gets the answer it got before.
    """
    stored = store.find_call(call.session, call.event.call_key) if outcome.is_retry else None
    if stored is not None:
        return stored.reply
    if outcome.is_retry and _is_about_another(outcome):
        return _noted_for_review(call)
    judged = judged_of(outcome.judgement, outcome.repeats_at) if outcome.judgement else None
    is_ring_only = outcome.known.line is not None and outcome.known.line.mode is LineMode.RING_ONLY
    opened = begin(_first_state(outcome, call.now), judged, is_ring_only=is_ring_only)
    turn = _until_spoken(call, opened)
    reply = render(turn.verbs, call.event.carrier, call.action_base)
    if turn.is_open:  # on a retry too: what came out of the spool left no call behind
        store.add_call(call.session, _stored_call(call, turn, reply))
    if is_ring_only and not outcome.is_retry:
        _mark_receipt(call, outcome)
    return reply


def answer_keys(call: Call, turn_number: int) -> str | None:
    """Return the document for what was keyed, or for silence; None when the call is not known here."""
    stored = store.find_call(call.session, call.event.call_key)
    if stored is None:
        return None
    state = load_state(stored.state)
    if turn_number != stored.turn or state.phase is Phase.DONE:
        return stored.reply  # the carrier repeats itself
    turn = _until_spoken(call, step(state, Keyed(call.event.digits)))  # keys that come after the sweep count too
    reply = render(turn.verbs, call.event.carrier, call.action_base)
    store.update_call(call.session, _stored_call(call, turn, reply))
    return reply


def take_event(session: Session, event: CallEvent, now: datetime) -> None:
    """Keep a carrier's event of a call; when the caller is gone, settle what he left open."""
    is_new = store.add_event(session, event, now)
    call = store.find_call(session, event.call_key) if is_new else None
    if call is not None and call.is_open:
        _abandon(session, call, now)


def sweep_calls(session: Session, now: datetime) -> int:
    """Settle the calls whose caller left a question open for a minute; return how many.

    One that cannot be settled is logged and holds back no other. Raises OperationalError or InterfaceError when the
    database is away.
    """
    settled = 0
    for call in store.abandoned_calls(session, now - ABANDONED_AFTER):
        try:
            with session.begin_nested():
                _abandon(session, call, now)
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            log.exception("call %s cannot be settled now: the next sweep tries again", call.call_key)
        else:
            settled += 1
    return settled


def _abandon(session: Session, call: store.StoredCall, now: datetime) -> None:
    if records.holding_judgement(session, call.punch_id) is None:
        answer_punch(session, _what_is_known(session, call, now), now)
    store.update_call(session, replace(call, is_open=False, updated_at=now))


def _what_is_known(session: Session, call: store.StoredCall, now: datetime) -> Answer:
    try:
        state = load_state(call.state)
    except (AttributeError, KeyError, TypeError, ValueError):
        log.exception("the state of call %s cannot be read: its punch waits for a person", call.call_key)
        happened_at = records.occurred_at(session, call.punch_id) or now
        return Answer(call.punch_id, happened_at, unresolved=Reason.HUNG_UP)
    return answer_of(state, unresolved_reason(state))


def _until_spoken(call: Call, came: Turn | Need) -> Turn:
    while isinstance(came, Need):
        came = step(came.state, perform(call, came.state, came.effect))
    return came


def _first_state(outcome: Outcome, now: datetime) -> State:
    known = outcome.known
    language = known.line.language if known.line else Language.JAPANESE
    is_menu = known.line is not None and known.line.mode is LineMode.MENU
    is_late = outcome.judgement is None and outcome.asks == (Ask.DIRECTION,) and not is_menu
    return State(
        punch_id=outcome.punch_id,
        occurred_at=now,
        language=known.person.language if known.person else language,
        phone_id=outcome.phone_id,
        phase=Phase.LATE_DIRECTION if is_late else Phase.DONE,
        is_menu=is_menu,
        people=tuple(_person_option(person, known.places, now) for person in known.people),
        places=tuple(_place_option(place) for place in known.places),
        worker_id=known.person.worker_id if known.person else None,
        site_id=known.place.site_id if known.place else None,
        direction=known.requested,
        asks_at=_asks_at(outcome),
    )


def _asks_at(outcome: Outcome) -> tuple[SiteId, ...]:
    """Return the sites whose callers may be asked under whom they work; none on a line that is not to answer.

    A repeated webhook that left no call behind was answered without a question, and is again.
    """
    line = outcome.known.line
    if outcome.is_retry or line is None or line.mode is LineMode.RING_ONLY:
        return ()
    return tuple(place.site_id for place in outcome.known.places if place.asks_callers)


def _is_about_another(outcome: Outcome) -> bool:
    """Whether a repeated call was judged for another worker or site than it is about now."""
    judgement, person, place = outcome.judgement, outcome.known.person, outcome.known.place
    now_about = (person.worker_id if person else None, place.site_id if place else None)
    return judgement is not None and (judgement.worker_id, judgement.site_id) != now_about


def _noted_for_review(call: Call) -> str:
    spoken = Say((Sentence("noted_for_review", Language.JAPANESE),))
    return render((spoken, HangUp()), call.event.carrier, call.action_base)


def _person_option(person: Person, places: Iterable[Place], now: datetime) -> PersonOption:
    expected = expected_at(person, places, now)
    site_ids = tuple(place.site_id for place, _ in expected)
    leads_at = tuple(place.site_id for place, position in expected if position is not Position.OTHER)
    return PersonOption(person.worker_id, person.name, person.name_kana, person.language, site_ids, leads_at)


def _place_option(place: Place) -> PlaceOption:
    return PlaceOption(place.site_id, place.name, place.name_kana, place.site_code, place.day_code_required)


def _stored_call(call: Call, turn: Turn, reply: str) -> store.StoredCall:
    state = turn.state
    return store.StoredCall(
        call.event.call_key, state.punch_id, dump_state(state), state.turn, reply, turn.is_open, call.now
    )


def _mark_receipt(call: Call, outcome: Outcome) -> None:
    judgement, place = outcome.judgement, outcome.known.place
    if judgement is not None and judgement.verdict is Verdict.ACCEPTED and place is not None and place.sms_receipt:
        mark(call.session, RECEIPT, [outcome.punch_id], call.now)
        call.marked.append(RECEIPT)
