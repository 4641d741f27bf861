"""Who is told what, and when. Pure."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from uuid import UUID

from core.accounts.model import Permission, Viewer
from core.clock import JST
from core.ids import AccountId
from core.notices.model import MORNING_MIN, OF_DEVICES, Fact, Notice, NoticeKind, Preferences, Way

NOON_MIN = 12 * 60
_LAST_MIN = 24 * 60


def notices_due(
    viewers: Iterable[Viewer],
    preferences: Mapping[AccountId, Preferences],
    facts: Iterable[Fact],
    now: datetime,
    new_id: Callable[[], UUID],
) -> Iterator[Notice]:
    """Yield what each account is to be told now; what it was told today already is for the store to leave out."""
    by_prime, by_site, by_owner = _audiences(viewers)
    today = now.astimezone(JST).date()
    for fact in facts:
        told_at = fact.site_id if fact.prime_contractor_id else None
        asked = ((by_owner, fact.owner_id), (by_prime, fact.prime_contractor_id), (by_site, told_at))
        readers = {one for audience, subject_id in asked if subject_id for one in audience.get(subject_id, ())}
        for account_id in sorted(readers):
            wanted = preferences.get(account_id, Preferences())
            if fact.site_id not in wanted.muted_sites and is_due(fact.kind, wanted, now):
                wants_mail = wanted.way(fact.kind) is Way.MAIL
                yield Notice(
                    notice_id=new_id(),
                    account_id=account_id,
                    kind=fact.kind,
                    site_id=None if fact.line_id or fact.device_id else fact.site_id,
                    on=today,
                    count=fact.count,
                    made_at=now,
                    wants_mail=wants_mail,
                    line_id=fact.line_id,
                    device_id=fact.device_id,
                )


def is_due(kind: NoticeKind, wanted: Preferences, now: datetime) -> bool:
    """Whether somebody is told of such things at this time of the day, if at all."""
    if wanted.way(kind) is Way.OFF:
        return False
    first, last = _hours(kind, wanted)
    return first <= minute_of(now) < last


def may_mail(wanted: Preferences, now: datetime) -> bool:
    """Whether mail may go out now: outside the quiet hours, which may cross midnight, and on a chosen weekday."""
    minute, start, end = minute_of(now), wanted.quiet_from_min, wanted.quiet_until_min
    is_quiet = start <= minute < end if start <= end else minute >= start or minute < end
    return not is_quiet and now.astimezone(JST).weekday() in wanted.mail_weekdays


def minute_of(at: datetime) -> int:
    """Return the minutes since midnight in Japan."""
    local = at.astimezone(JST)
    return local.hour * 60 + local.minute


def _hours(kind: NoticeKind, wanted: Preferences) -> tuple[int, int]:
    if kind is NoticeKind.MISSING_EXITS:
        return wanted.exits_min, _LAST_MIN
    if kind is NoticeKind.UNKNOWN_CALLERS:
        return wanted.callers_min, _LAST_MIN
    if kind is NoticeKind.LINE_SILENT:
        return MORNING_MIN, NOON_MIN  # later a quiet line says nothing
    if kind in OF_DEVICES:
        return 0, _LAST_MIN  # the site's own hours are in the facts
    return MORNING_MIN, _LAST_MIN


_Audience = dict[UUID, set[AccountId]]


def _audiences(viewers: Iterable[Viewer]) -> tuple[_Audience, _Audience, _Audience]:
    """Return whom the matters of a prime contractor, of a site, and of a record's owner concern.

    The operator, who sees everything, is told of nothing here: a country's unknown callers are not his.
    """
    by_prime: _Audience = defaultdict(set)
    by_site: _Audience = defaultdict(set)
    by_owner: _Audience = defaultdict(set)
    for viewer in viewers:
        if viewer.account.disabled_at is not None:
            continue
        account_id = viewer.account.account_id
        settles, edits = viewer.scope(Permission.SETTLE), viewer.scope(Permission.EDIT_PEOPLE)
        for audience, ids in ((by_prime, settles.primes), (by_site, settles.sites), (by_owner, edits.employers)):
            for subject_id in ids:
                audience[subject_id].add(account_id)
    return by_prime, by_site, by_owner
