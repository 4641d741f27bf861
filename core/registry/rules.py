"""What holds for the registry's values, whoever enters them: validities, checks, names for display. Pure."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Protocol

from core.errors import InvalidInput, NotAllowed
from core.ids import CCUS_ID_DIGITS, ContractorId, WorkerId
from core.registry.model import MAX_OCCUPATIONS, MINUTES_A_DAY, Contractor, Line, Site, SkilledWorker

SITE_CODES = 10_000  # of four digits; 0000 is the code of a site that needs none
MAX_NAME_CHARS = 200
MAX_EXPERIENCE_YEARS = 80


class Dated(Protocol):
    """Anything that holds from a day until another, both included; without an end it goes on."""

    @property
    def valid_from(self) -> date: ...

    @property
    def valid_until(self) -> date | None: ...


def covers(valid_from: date, valid_until: date | None, day: date) -> bool:
    """Whether a day lies within a validity, first and last day included."""
    return valid_from <= day and (valid_until is None or day <= valid_until)


def overlaps(one: Dated, other: Dated) -> bool:
    """Whether two validities have a day in common."""
    one_starts_in_time = other.valid_until is None or one.valid_from <= other.valid_until
    other_starts_in_time = one.valid_until is None or other.valid_from <= one.valid_until
    return one_starts_in_time and other_starts_in_time


def check_period(start: date, end: date | None, *, field: str = "valid_until") -> None:
    """Raises InvalidInput when the last day lies before the first."""
    if end is not None and end < start:
        raise InvalidInput(f"the last day {end} lies before the first day {start}", field=field)


def check_contractor(contractor: Contractor) -> None:
    """Raises InvalidInput when a value of the contractor cannot be."""
    _check_name(contractor.name)
    _check_ccus_id(contractor.ccus_contractor_id, "ccus_contractor_id")
    if contractor.capital_yen is not None and contractor.capital_yen < 0:
        raise InvalidInput("the capital is negative", field="capital_yen")


def check_worker(worker: SkilledWorker) -> None:
    """Raises InvalidInput when a value of the worker cannot be."""
    _check_name(worker.name)
    _check_ccus_id(worker.ccus_worker_id, "ccus_worker_id")
    years = worker.experience_years
    if years is not None and not 0 <= years <= MAX_EXPERIENCE_YEARS:
        raise InvalidInput(f"{years} years of experience", field="experience_years")


def check_occupations(codes: Sequence[str]) -> None:
    """Raises InvalidInput when there are more than four, one twice, or one that is no code."""
    if len(codes) > MAX_OCCUPATIONS:
        raise InvalidInput(f"a worker has at most {MAX_OCCUPATIONS} occupations, not {len(codes)}", field="occupations")
    if len(set(codes)) < len(codes):
        raise InvalidInput("an occupation is given twice", field="occupations")
    check_occupation_codes(codes)


def check_occupation_codes(codes: Iterable[str]) -> None:
    """Raises InvalidInput when one of the codes is not four digits."""
    for code in codes:
        if not re.fullmatch(r"[0-9]{4}", code):
            raise InvalidInput(f"an occupation's code has four digits: {code!r}", field="occupations")


def check_site(site: Site) -> None:
    """Raises InvalidInput when a value of the site cannot be."""
    _check_name(site.name)
    _check_ccus_id(site.ccus_site_id, "ccus_site_id")
    check_period(site.starts_on, site.ends_on, field="ends_on")
    if not re.fullmatch(r"[0-9]{4}", site.site_code):
        raise InvalidInput(f"a site's code has four digits: {site.site_code!r}", field="site_code")
    for field in ("day_starts_min", "closes_min", "minimum_stay_min"):
        if not 0 <= getattr(site, field) < MINUTES_A_DAY:
            raise InvalidInput(f"{field} is not within a day: {getattr(site, field)}", field=field)


def free_code(taken: Collection[str]) -> str:
    """Return the lowest site code from 0001 on that is not taken. Raises InvalidInput when all are."""
    for number in range(1, SITE_CODES):
        if f"{number:04}" not in taken:
            return f"{number:04}"
    raise InvalidInput("every site code of the line is taken", field="site_code")


def check_line(line: Line) -> None:
    """Raises InvalidInput when the line's number is not E.164 text."""
    if not re.fullmatch(r"\+[1-9][0-9]{6,14}", line.e164):
        raise InvalidInput("a line's number is written as +81…", field="e164")


def check_upper(
    uppers: Mapping[ContractorId, Collection[ContractorId]],
    contractor_id: ContractorId,
    upper_contractor_id: ContractorId,
) -> None:
    """Check that a contractor may stand below another; uppers are the site's declared uppers of each contractor.

    Raises NotAllowed when it would stand below itself, at once or in a loop.
    """
    reached, waiting = set[ContractorId](), [upper_contractor_id]
    while waiting:
        above = waiting.pop()
        if above == contractor_id:
            raise NotAllowed(
                "a contractor cannot stand below itself",
                contractor_id=contractor_id,
                upper_contractor_id=upper_contractor_id,
            )
        if above not in reached:
            reached.add(above)
            waiting.extend(uppers.get(above, ()))


def display_names(names: Mapping[WorkerId, str]) -> dict[WorkerId, str]:
    """Return how each worker of one site is called: by surname, or in full where the surname occurs twice."""
    surnames = Counter(surname(name) for name in names.values())
    return {
        worker_id: surname(name) if surnames[surname(name)] == 1 else "".join(name.split())
        for worker_id, name in names.items()
    }


def surname(name: str) -> str:
    """Return what stands before the first space; the whole name where there is none."""
    return (name.split() or [""])[0]


def _check_name(name: str) -> None:
    if not name.strip() or len(name) > MAX_NAME_CHARS:
        raise InvalidInput(f"a name has 1 to {MAX_NAME_CHARS} characters", field="name")


def _check_ccus_id(ccus_id: str | None, field: str) -> None:
    if ccus_id is not None and not re.fullmatch(rf"[0-9]{{{CCUS_ID_DIGITS}}}", ccus_id):
        raise InvalidInput(f"a CCUS id has {CCUS_ID_DIGITS} digits: {ccus_id!r}", field=field)
