"""The conversation by hand: what no transcript of a reasonable length shows."""

import json
from dataclasses import replace
from datetime import UTC, datetime

from core.attendance.model import Reason
from core.ids import PunchId, SiteId, WorkerId, uuid7
from core.registry.model import Language
from ivr.conversation import MAX_TURNS, begin, step
from ivr.dialogue import Judge, Keyed, Need, PersonOption, PlaceOption, State, Turn, dump_state, load_state

WORKER, SITE = WorkerId(uuid7()), SiteId(uuid7())


def menu_state() -> State:
    person = PersonOption(WORKER, "山田太郎", "ヤマダタロウ", Language.JAPANESE, (SITE,), ())
    place = PlaceOption(SITE, "中央ビル", "チュウオウビル", "1001", day_code_required=False)
    return State(
        punch_id=PunchId(uuid7()),
        occurred_at=datetime(2026, 11, 15, 22, 52, tzinfo=UTC),
        language=Language.JAPANESE,
        is_menu=True,
        people=(person,),
        places=(place,),
        worker_id=WORKER,
        site_id=SITE,
    )


def test_a_menu_that_is_heard_again_and_again_ends_and_the_call_is_kept() -> None:
    came = begin(menu_state(), None, is_ring_only=False)
    turns = 0
    while isinstance(came, Turn):
        turns += 1
        came = step(came.state, Keyed("9"))
    assert turns == MAX_TURNS
    assert isinstance(came, Need)
    assert came.effect == Judge(unresolved=Reason.HUNG_UP)


def test_a_state_survives_being_written_and_read() -> None:
    state = menu_state()
    assert load_state(dump_state(state)) == state


def test_a_state_of_an_earlier_version_lacks_what_was_added_since() -> None:
    state = menu_state()
    kept = ("punch_id", "occurred_at", "language", "phase", "turn", "worker_id", "site_id")
    earlier = {name: value for name, value in json.loads(dump_state(state)).items() if name in kept}
    assert load_state(json.dumps(earlier)) == replace(state, is_menu=False, people=(), places=())
