"""Who called, and where: from what the registry knows, without asking; and what is left to ask. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime

from core.attendance.model import Ask, Channel, Direction, RawPunch, Reason, Verdict
from core.clock import work_date
from core.ids import WorkerId
from core.registry.card_model import CardIssue, CardStanding
from core.registry.card_rules import issue_on, standing_on
from core.registry.lookup import CalledLine, Directory, Person, Place
from core.registry.model import LineDirection, LineMode, Position
from core.values import value


@value
class Resolution:
    """What is known of a punch before its day is looked at.

    person and place are None while unclear; people and places are those it may be. reason is set when no question
    helps: then verdict says how the punch is kept.
    """

    line: CalledLine | None = None
    person: Person | None = None
    place: Place | None = None
    people: tuple[Person, ...] = ()
    places: tuple[Place, ...] = ()
    requested: Direction | None = None
    verdict: Verdict | None = None
    reason: Reason | None = None

    def questions(self) -> tuple[Ask, ...]:
        """Return what must be asked, in this order, before the punch can be judged."""
        if self.reason is not None:
            return ()
        asks_code = self.place is not None and self.place.day_code_required and self.line is not None
        is_menu = self.line is not None and self.line.mode is LineMode.MENU
        wanted = (
            (Ask.PERSON, self.person is None),
            (Ask.SITE, self.place is None),
            (Ask.DAY_CODE, asks_code),
            (Ask.DIRECTION, is_menu and self.requested is None),
        )
        return tuple(ask for ask, is_open in wanted if is_open)

    def unanswered(self) -> Reason:
        """Return why the punch needs review when nobody can be asked."""
        reasons = {Ask.PERSON: Reason.UNKNOWN_PERSON, Ask.SITE: Reason.UNKNOWN_SITE_CODE}
        return reasons.get(self.questions()[0], Reason.HUNG_UP)


def resolve(punch: RawPunch, directory: Directory) -> Resolution:
    """Return who and where, as far as the registry says it without asking."""
    line = directory.lines.get(punch.line_e164) if punch.line_e164 is not None else None
    places = tuple(_places(punch, line, directory))
    people = tuple(_people(punch, places, directory))
    requested = punch.requested_direction or _line_direction(line)
    if len(people) == 1 and places:
        known = _with_person(line, people[0], people, places, requested, punch.occurred_at)
        flaw = _flaw_of_card(punch, places, directory)
        return known if flaw is None else replace(known, verdict=Verdict.NEEDS_REVIEW, reason=flaw)
    verdict, reason = _refusal(punch, people, places)
    place = places[0] if len(places) == 1 else None
    return Resolution(line, None, place, people, places, requested, verdict, reason)


def choose_person(known: Resolution, person: Person, at: datetime) -> Resolution:
    """Return the resolution with the worker settled, and the site too where only one is left for him."""
    return _with_person(known.line, person, known.people, known.places, known.requested, at)


def _with_person(
    line: CalledLine | None,
    person: Person,
    people: tuple[Person, ...],
    places: tuple[Place, ...],
    requested: Direction | None,
    at: datetime,
) -> Resolution:
    if len(places) > 1:
        places = tuple(place for place, _ in expected_at(person, places, at)) or places
    if len(places) > 1:
        return Resolution(line, person, None, people, places, requested)
    verdict, reason = _standing(person, places[0], at)
    return Resolution(line, person, places[0], people, places, requested, verdict, reason)


def expected_at(person: Person, places: Iterable[Place], at: datetime) -> list[tuple[Place, Position]]:
    """Return the sites at which a worker is expected at an instant, each by its own work date, and his position."""
    positions = [(place, person.sites_on(place.terms.work_date(at)).get(place.site_id)) for place in places]
    return [(place, position) for place, position in positions if position is not None]


def choose_place(known: Resolution, place: Place, at: datetime) -> Resolution:
    """Return the resolution with the site settled; a closed site or a missing employer is known from here on."""
    if known.person is None:
        return replace(known, place=place)
    verdict, reason = _standing(known.person, place, at)
    return replace(known, place=place, verdict=verdict, reason=reason)


def _standing(person: Person, place: Place, at: datetime) -> tuple[Verdict | None, Reason | None]:
    """Return why a worker cannot simply be recorded at a site, on its work date of the instant."""
    day = place.terms.work_date(at)
    if not place.is_open_on(day):
        return Verdict.NEEDS_REVIEW, Reason.OUTSIDE_PERIOD
    if person.contractor_on(day) is None:
        return Verdict.NEEDS_REVIEW, Reason.AFFILIATION_EXPIRED
    return None, None


def _refusal(
    punch: RawPunch, people: Sequence[Person], places: Sequence[Place]
) -> tuple[Verdict | None, Reason | None]:
    """Return why nobody, or no place, can be named; nothing when a question will tell."""
    if punch.channel is Channel.PHONE and punch.caller is None:
        return Verdict.REFUSED, Reason.WITHHELD_NUMBER
    if not places:
        return Verdict.REFUSED, Reason.UNKNOWN_LINE
    if not people:
        return Verdict.NEEDS_REVIEW, _unknown(punch)
    return None, None


def _unknown(punch: RawPunch) -> Reason:
    if punch.card_id is not None:
        return Reason.UNKNOWN_CARD
    return Reason.UNKNOWN_ID if punch.typed_ccus_id is not None else Reason.UNKNOWN_NUMBER


_FLAWS = {
    CardStanding.EXPIRED: Reason.CARD_EXPIRED,
    CardStanding.LOST: Reason.CARD_LOST,
    CardStanding.REPLACED: Reason.CARD_REPLACED,
    CardStanding.REVOKED: Reason.CARD_REVOKED,
}


def _flaw_of_card(punch: RawPunch, places: Sequence[Place], directory: Directory) -> Reason | None:
    """Return why the card that was presented does not speak for its holder; he is named all the same."""
    issue = _issue(punch, places, directory)
    return None if issue is None else _FLAWS.get(standing_on(issue, _day(punch, places)))


def _issue(punch: RawPunch, places: Sequence[Place], directory: Directory) -> CardIssue | None:
    if punch.card_id is None:
        return None
    return issue_on(directory.presented.issues.get(punch.card_id, ()), _day(punch, places))


def _day(punch: RawPunch, places: Sequence[Place]) -> date:
    return places[0].terms.work_date(punch.occurred_at) if len(places) == 1 else work_date(punch.occurred_at)


def _people(punch: RawPunch, places: Sequence[Place], directory: Directory) -> Sequence[Person]:
    if punch.named_worker_id is not None:
        person = directory.people.get(punch.named_worker_id)
        return [person] if person else []
    if punch.caller is None:
        person = directory.people.get(holder) if (holder := _presenter(punch, places, directory)) else None
        return [person] if person else []
    return directory.people_at(directory.phone_id(punch.caller.blind_indexes), _day(punch, places))


def _presenter(punch: RawPunch, places: Sequence[Place], directory: Directory) -> WorkerId | None:
    """Return whose the card or the typed id is."""
    if punch.typed_ccus_id is not None:
        return directory.presented.workers.get(punch.typed_ccus_id)
    issue = _issue(punch, places, directory)
    return issue.worker_id if issue else None


def _places(punch: RawPunch, line: CalledLine | None, directory: Directory) -> Sequence[Place]:
    if punch.named_site_id is not None:
        place = directory.places.get(punch.named_site_id)
        return [place] if place else []
    return line.places if line is not None else []


def _line_direction(line: CalledLine | None) -> Direction | None:
    if line is None or line.direction is LineDirection.EITHER:
        return None
    return Direction(line.direction.value)
