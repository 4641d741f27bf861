"""A carrier's hand on the stage: lets calls ring, presses keys, signs whatever it is told to; and counts all rows."""

import sqlalchemy as sa

from core.db import metadata
from core.settings import CarrierAccount
from tests.conftest import TWILIO
from tests.ivr.stage import Heard, Stage, read
from tests.support.signed import Pairs, signed

BASE = "https://genba.test"
ENTRY = "山田太郎さん、中央ビル、入場、7時52分。記録しました。ご安全に。"
FAILURE = "申し訳ありません。ただいま記録できません。少したってから、おかけ直しください。"
SPOOLED = "受け付けました。記録はあとで反映されます。ご安全に。"
NOTED = "受け付けました。現場事務所が確認します。"
ASK_SITE = "現場の4桁の番号を押してください。"


def rows(stage: Stage) -> dict[str, int]:
    """Return how many rows every table has."""
    with stage.database.read() as session:
        return {
            table.name: session.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
            for table in metadata.tables.values()
        }


def send(
    stage: Stage, target: str, pairs: Pairs, *, account: CarrierAccount = TWILIO, signed_url: str | None = None
) -> Heard:
    """Post a form signed for an address: its own at our first public base unless another is given."""
    body, headers = signed(account, signed_url or BASE + target, pairs)
    response = stage.client.post(target, content=body, headers=headers)
    return read(response.status_code, response.text)


def ring(stage: Stage, caller: str, line: str, **more: str) -> tuple[dict[str, str], Heard]:
    """Let a new call ring; return its form and what was heard."""
    form = stage.form(stage.new_call(), caller, line, **more)
    return form, stage.post("/ivr/voice", form)


def key(stage: Stage, form: dict[str, str], heard: Heard, digits: str | None) -> Heard:
    """Press keys where the last answer asked for them; None is silence."""
    assert heard.action is not None
    keyed = {} if digits is None else {"Digits": digits}
    return stage.post(heard.action, {**form, "CallStatus": "in-progress", **keyed})


def hang_up(stage: Stage, form: dict[str, str], **more: str) -> int:
    """End a call by its status callback; return the answer's status."""
    ended = {"CallStatus": "completed", "CallDuration": "12", "SequenceNumber": "0", **more}
    return stage.post("/ivr/status", {**form, **ended}).status
