"""What a day lacks before it counts."""

from dataclasses import replace

import pytest

from core.attendance.counting import DayFacts, MissingStep, Mover, Step, missing_steps

FULL = DayFacts(
    has_ccus_id=True,
    has_contractor=True,
    has_occupation=True,
    has_entry=True,
    has_exit=True,
    is_over=True,
    needs_review=False,
)


@pytest.mark.parametrize(
    ("lacks", "steps"),
    [
        ({}, []),
        ({"has_ccus_id": False}, [MissingStep(Step.CCUS_ID, Mover.EMPLOYER, hinders=True)]),
        ({"has_contractor": False}, [MissingStep(Step.CONTRACTOR, Mover.EMPLOYER, hinders=True)]),
        ({"has_occupation": False}, [MissingStep(Step.OCCUPATION, Mover.EMPLOYER, hinders=True)]),
        ({"has_exit": False}, [MissingStep(Step.EXIT, Mover.EMPLOYER, hinders=False)]),
        ({"has_exit": False, "is_over": False}, []),
        ({"has_entry": False}, [MissingStep(Step.ENTRY, Mover.EMPLOYER, hinders=False)]),
        ({"needs_review": True}, [MissingStep(Step.REVIEW, Mover.PRIME, hinders=False)]),
        (
            {"needs_review": True, "has_entry": False, "has_exit": False},
            [MissingStep(Step.REVIEW, Mover.PRIME, hinders=True)],
        ),
    ],
)
def test_a_day_says_what_is_missing_and_whose_move_it_is(lacks: dict[str, bool], steps: list[MissingStep]) -> None:
    assert list(missing_steps(replace(FULL, **lacks))) == steps


def test_several_steps_come_in_the_order_in_which_they_are_best_done() -> None:
    bare = replace(FULL, has_ccus_id=False, has_contractor=False, has_occupation=False, needs_review=True)
    assert [step.step for step in missing_steps(bare)] == [Step.REVIEW, Step.CCUS_ID, Step.CONTRACTOR, Step.OCCUPATION]
