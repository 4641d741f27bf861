"""What a card of 要確認 offers: the one or two likely ways to settle it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from admin.pages import with_query
from core.attendance.model import Direction, Verdict
from core.attendance.review_model import Dismissal, ReviewItem, ReviewKind
from core.texts.office import OFFICE

_K = ReviewKind
# Of a card that was lost or revoked nobody knows who held it: recording its holder is not offered at one press.
_NAMELESS = (_K.UNKNOWN_PERSON, _K.UNKNOWN_CARD, _K.UNKNOWN_ID, _K.CARD_LOST, _K.CARD_REVOKED)
ASKED_FOR = {_K.MISSING_EXIT: Direction.EXIT, _K.ENTRY_MISSING: Direction.ENTRY}  # what is a missed touch


@dataclass(frozen=True, slots=True)
class Choice:
    """A button of a card: posted with its fields, or a link. opens: a link whose page also fits into the card."""

    label: str
    path: str
    fields: Mapping[str, str] = field(default_factory=dict)
    is_link: bool = False
    opens: bool = False


def path_of(item: ReviewItem) -> str:
    """Return the page of an item; a month is looked at in the calendar."""
    if item.difference is not None:
        return item.difference.path
    if item.punch_id is not None:
        return f"/review/punches/{item.punch_id}"
    return f"/review/days/{item.kind}/{item.worker_id}/{item.site_id}/{item.work_date}"


def choices_of(item: ReviewItem) -> list[Choice]:
    """Return the likely ways to settle an item, the likeliest first."""
    base = path_of(item)
    if item.punch_id is None:
        return [Choice("review.set_exit", base, is_link=True), Choice("review.leave", f"{base}/leave")]
    seq = {"seq": str(item.seq)}
    who = Choice("review.who" if item.device_id is None else "review.whose", f"{base}/who", is_link=True, opens=True)
    accept, leave = Choice("review.accept", f"{base}/accept", seq), Choice("review.leave", f"{base}/accept", seq)
    is_recorded, is_known = item.verdict is Verdict.ACCEPTED, item.worker_id is not None and item.site_id is not None
    match item.kind:
        case _K.UNKNOWN_NUMBER:
            chosen = [who, _dismiss(base, seq, Dismissal.WRONG_CALL, "review.dismissal.wrong_call")]
        case _K.WITHHELD_NUMBER if item.site_id is not None:
            chosen = [who, _dismiss(base, seq, Dismissal.NOT_IDENTIFIED)]
        case kind if kind in _NAMELESS:
            chosen = [who, _dismiss(base, seq, Dismissal.NOT_IDENTIFIED)]
        case _K.WITHHELD_NUMBER | _K.UNKNOWN_LINE:
            chosen = [_dismiss(base, seq, Dismissal.WRONG_CALL)]
        case _K.UNKNOWN_SITE_CODE:
            chosen = [Choice("review.punch.site_title", base, is_link=True)]
        case _K.ENTRY_AFTER_CLOSING if is_known:
            chosen = [
                Choice("review.as_exit", f"{base}/direction", seq | {"direction": Direction.EXIT}),
                Choice("review.as_entry", f"{base}/direction", seq | {"direction": Direction.ENTRY}),
            ]
        case _K.ENTRY_MISSING:
            chosen = [leave, Choice("review.set_entry", f"{base}#time", is_link=True)]
        case _ if is_recorded:
            chosen = [leave]
        case _ if is_known:
            chosen = [accept, _dismiss(base, seq, Dismissal.NOT_WORKING)]
        case _:
            chosen = [who, _dismiss(base, seq, Dismissal.NOT_IDENTIFIED)]
    return chosen


def ask_of(item: ReviewItem) -> Choice:
    """Return the way to ask the prime for the touch that is missing."""
    path = ask_path(item.worker_id, item.site_id, item.work_date, ASKED_FOR[item.kind])
    return Choice("review.ask", path, is_link=True)


def ask_path(worker_id: object, site_id: object, on: object, direction: Direction) -> str:
    """Return the address of the form for a missed touch, filled with what is known."""
    return with_query("/review/request-missed", worker=worker_id, site=site_id, on=on, direction=direction)


def affiliate(item: ReviewItem, *, is_own: bool) -> Choice:
    """Return the way to a worker's affiliation from the item's date on; of another's record it is proposed."""
    path = with_query(f"/workers/{item.worker_id}/propose/affiliation", valid_from=item.work_date)
    return Choice("review.affiliate" if is_own else "review.affiliate_propose", path, is_link=True)


def why(item: ReviewItem, *, settles: bool = True, asks: bool = False) -> str:
    """Return the word that says why somebody should look, and to a missing exit's reader what he can do about it."""
    if item.kind is _K.MISSING_EXIT and not settles:
        return f"review.why.missing_exit.{'asked' if item.is_asked else 'ask' if asks else 'seen'}"
    if item.punch_id is None or item.kind is _K.RECORDED:
        return f"review.why.{item.kind}"
    return reason_key(item.verdict, item.kind)


def reason_key(verdict: str | None, reason: str) -> str:
    """Return the word of a reason; of a punch that is recorded all the same, the remark."""
    remark = f"remark.{reason}"
    return remark if verdict == Verdict.ACCEPTED and remark in OFFICE else f"reason.{reason}"


def _dismiss(base: str, seq: Mapping[str, str], dismissal: Dismissal, label: str = "review.not_record") -> Choice:
    return Choice(label, f"{base}/dismiss", {**seq, "dismissal": dismissal.value})
