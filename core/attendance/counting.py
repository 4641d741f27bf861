"""What a recorded day still lacks before it counts, and whose move it is. Pure.

A further step is a further function in STEPS; pages show whatever steps there are. What is known of chains and rosters
is added by core.tiering.counting, on which the pages stand: the ledger knows nothing of tiers.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class Mover(StrEnum):
    """Who can do the next step."""

    EMPLOYER = "employer"  # the contractor the worker belongs to
    UPPER = "upper"  # the contractor above the worker's
    PRIME = "prime"  # the prime contractor of the site


class Step(StrEnum):
    """What is missing; pages have a sentence for each."""

    REVIEW = "review"  # punches of the day wait for a person
    CCUS_ID = "ccus_id"
    CONTRACTOR = "contractor"
    OCCUPATION = "occupation"
    CHAIN = "chain"  # the links from the contractor up to the prime are not all accepted; told by core.tiering.counting
    ROSTER = "roster"  # the worker does not stand in the site's roster on that day; told there too
    ENTRY = "entry"
    EXIT = "exit"


@dataclass(frozen=True, slots=True)
class MissingStep:
    """One thing that is missing. hinders: the day does not count without it."""

    step: Step
    mover: Mover
    hinders: bool

    @property
    def is_review(self) -> bool:
        return self.step is Step.REVIEW


@dataclass(frozen=True, slots=True)
class DayFacts:
    """What is known of a day. is_over: nobody can still be inside."""

    has_ccus_id: bool
    has_contractor: bool
    has_occupation: bool
    has_entry: bool
    has_exit: bool
    is_over: bool
    needs_review: bool


def _review(facts: DayFacts) -> MissingStep | None:
    # A punch that waits beside an accepted entry cannot take the day away; alone it makes none.
    is_needed = facts.needs_review
    return MissingStep(Step.REVIEW, Mover.PRIME, hinders=not (facts.has_entry or facts.has_exit)) if is_needed else None


def _ccus_id(facts: DayFacts) -> MissingStep | None:
    return None if facts.has_ccus_id else MissingStep(Step.CCUS_ID, Mover.EMPLOYER, hinders=True)


def _contractor(facts: DayFacts) -> MissingStep | None:
    return None if facts.has_contractor else MissingStep(Step.CONTRACTOR, Mover.EMPLOYER, hinders=True)


def _occupation(facts: DayFacts) -> MissingStep | None:
    return None if facts.has_occupation else MissingStep(Step.OCCUPATION, Mover.EMPLOYER, hinders=True)


def _entry(facts: DayFacts) -> MissingStep | None:
    is_missing = facts.has_exit and not facts.has_entry
    return MissingStep(Step.ENTRY, Mover.EMPLOYER, hinders=False) if is_missing else None


def _exit(facts: DayFacts) -> MissingStep | None:
    is_missing = facts.is_over and facts.has_entry and not facts.has_exit
    return MissingStep(Step.EXIT, Mover.EMPLOYER, hinders=False) if is_missing else None


STEPS: list[Callable[[DayFacts], MissingStep | None]] = [_review, _ccus_id, _contractor, _occupation, _entry, _exit]


def missing_steps(facts: DayFacts) -> tuple[MissingStep, ...]:
    """Return what a day lacks, in the order in which it is best done."""
    found = (step(facts) for step in STEPS)
    return tuple(step for step in found if step is not None)
