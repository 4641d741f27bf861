"""What a worker holds against what his task needs. Names are compared as people write them, not by a list. Pure."""

import unicodedata
from collections.abc import Iterable
from datetime import date, timedelta

from core.errors import InvalidInput
from core.registry.qualification_model import Gap, GapKind, Qualification, SiteTask

MAX_NAME_CHARS = 200
MAX_NEEDS = 20
ENDS_SOON = timedelta(days=60)  # so long before its end a qualification is marked


def gaps_of(needs: Iterable[str], held: Iterable[Qualification], day: date) -> tuple[Gap, ...]:
    """Return the needed qualifications that are not held on a day: missing, or held once and run out."""
    known = list(held)
    return tuple(gap for need in needs if (gap := _gap(need, known, day)) is not None)


def is_valid(qualification: Qualification, day: date) -> bool:
    """Whether a qualification holds on a day; its last day is the one it expires on."""
    return qualification.expires_on is None or day <= qualification.expires_on


def ends_soon(qualification: Qualification, day: date) -> bool:
    """Whether a qualification that holds runs out within ENDS_SOON."""
    return qualification.expires_on is not None and day <= qualification.expires_on <= day + ENDS_SOON


def same_name(name: str) -> str:
    """Return a name without spaces, brackets' widths and case: 玉掛け （技能講習） is 玉掛け(技能講習)."""
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())


def parse_needs(text: str) -> tuple[str, ...]:
    """Return the names given one a line (or divided by 、), each once. Raises InvalidInput when one is too long."""
    found: dict[str, str] = {}
    for part in text.replace("、", "\n").splitlines():
        if name := part.strip():
            found.setdefault(same_name(name), name)
    names = tuple(found.values())
    if len(names) > MAX_NEEDS or any(len(name) > MAX_NAME_CHARS for name in names):
        raise InvalidInput(f"at most {MAX_NEEDS} names of {MAX_NAME_CHARS} characters", field="needs")
    return names


def check_qualification(qualification: Qualification) -> None:
    """Raises InvalidInput when a value of the qualification cannot be."""
    _check_name(qualification.name)
    if len(qualification.number) > MAX_NAME_CHARS:
        raise InvalidInput(f"a number has at most {MAX_NAME_CHARS} characters", field="number")
    obtained, expires = qualification.obtained_on, qualification.expires_on
    if obtained is not None and expires is not None and expires < obtained:
        raise InvalidInput("it ends before it began", field="expires_on")


def check_task(task: SiteTask) -> None:
    """Raises InvalidInput when a value of the task cannot be."""
    _check_name(task.name)
    if len(task.hazardous_substances) > MAX_NAME_CHARS:
        raise InvalidInput(f"at most {MAX_NAME_CHARS} characters", field="hazardous_substances")


def _gap(need: str, held: list[Qualification], day: date) -> Gap | None:
    named = [qualification for qualification in held if same_name(qualification.name) == same_name(need)]
    if any(is_valid(qualification, day) for qualification in named):
        return None
    ends = [qualification.expires_on for qualification in named if qualification.expires_on is not None]
    return Gap(need, GapKind.EXPIRED, max(ends)) if ends else Gap(need, GapKind.MISSING)


def _check_name(name: str) -> None:
    if not name.strip() or len(name) > MAX_NAME_CHARS:
        raise InvalidInput(f"a name has 1 to {MAX_NAME_CHARS} characters", field="name")
