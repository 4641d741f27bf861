"""The stage of the phone's tests: a small world, the real application, and a hand that signs as the carrier does."""

import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from starlette.testclient import TestClient
from twilio.request_validator import RequestValidator

from core.attendance import records
from core.clock import JST, FixedClock
from core.db import Database
from core.phone import PhoneSealer
from core.registry.model import Language, LineDirection, LineMode, Position
from core.settings import Settings
from ivr.app import create_app
from tests import factories
from tests.conftest import TWILIO

SENTENCE, MENU, RING, SHARED, CODED, EXITS = (f"+81501111000{n}" for n in range(1, 7))
YAMADA, SATO, TANAKAS, NGUYEN, STRANGER = (
    "+819012345678",
    "+819011112222",
    "+819033334444",
    "+819055556666",
    "+818099990000",
)
NUMBERS = {
    "一文": SENTENCE,
    "メニュー": MENU,
    "ワン切り": RING,
    "共用": SHARED,
    "番号つき": CODED,
    "退場専用": EXITS,
    "使われていない": "+815099999999",
    "山田": YAMADA,
    "佐藤": SATO,
    "田中家": TANAKAS,
    "グエン": NGUYEN,
    "知らない人": STRANGER,
    "非通知": "+266696687",
}


def build_world(database: Database, sealer: PhoneSealer) -> None:
    """Two sites of 大和建設, a third with a code at the gate, and the people of 佐藤工業."""
    with database.write() as session:
        prime = factories.contractor(session, "大和建設")
        employer = factories.contractor(session, "佐藤工業")
        main = factories.site(session, sealer, "中央ビル", prime=prime, name_kana="チュウオウビル", site_code="1001")
        east = factories.site(session, sealer, "東ビル", prime=prime, name_kana="ヒガシビル", site_code="1002")
        coded = factories.site(
            session, sealer, "西ビル", prime=prime, name_kana="ニシビル", site_code="1003", day_code_required=True
        )
        factories.line(session, SENTENCE, sites=[main])
        factories.line(session, MENU, sites=[main], mode=LineMode.MENU)
        factories.line(session, RING, sites=[main], mode=LineMode.RING_ONLY)
        factories.line(session, SHARED, sites=[main, east])
        factories.line(session, CODED, sites=[coded])
        factories.line(session, EXITS, sites=[main], direction=LineDirection.EXIT)
        for name, kana, phone, language in (
            ("山田太郎", "ヤマダタロウ", YAMADA, Language.JAPANESE),
            ("田中一郎", "タナカイチロウ", TANAKAS, Language.JAPANESE),
            ("田中花子", "タナカハナコ", TANAKAS, Language.JAPANESE),
            ("グエン・ヴァン・ミン", "グエン・ヴァン・ミン", NGUYEN, Language.VIETNAMESE),
        ):
            factories.worker(session, sealer, name, phone=phone, contractor=employer, name_kana=kana, language=language)
        foreman = factories.worker(
            session, sealer, "佐藤次郎", phone=SATO, contractor=employer, name_kana="サトウジロウ"
        )
        factories.assignment(session, main, foreman, position=Position.FOREMAN)


@dataclass
class Heard:
    """What came back: sentences, and where keys go."""

    status: int
    body: str
    says: list[str] = field(default_factory=list)
    action: str | None = None
    verbs: list[str] = field(default_factory=list)


class Stage:
    """The application with its database, and a carrier's hand."""

    def __init__(self, settings: Settings, database: Database, clock: FixedClock) -> None:
        self.settings, self.database, self.clock = settings, database, clock
        self.app = create_app(settings, database, clock)
        self.client = TestClient(self.app, base_url="http://inner-host:8000")
        self.client.__enter__()
        self.calls = 0

    def close(self) -> None:
        self.client.__exit__(None, None, None)

    def at(self, text: str, day: date = date(2026, 11, 16)) -> None:
        hours, minutes, *seconds = (int(part) for part in text.split(":"))
        offset = timedelta(hours=hours, minutes=minutes, seconds=seconds[0] if seconds else 0)
        self.clock.at = datetime(day.year, day.month, day.day, tzinfo=JST) + offset

    def new_call(self) -> str:
        self.calls += 1
        return f"CA{self.calls:032x}"

    def form(self, call: str, caller: str, line: str, **more: str) -> dict[str, str]:
        return {
            "AccountSid": TWILIO.account,
            "ApiVersion": "2010-04-01",
            "CallSid": call,
            "CallStatus": "ringing",
            "Called": line,
            "Caller": caller,
            "CallerCity": "",
            "CallerCountry": "JP",
            "Direction": "inbound",
            "From": caller,
            "To": line,
            **more,
        }

    def post(self, path: str, form: dict[str, str], *, signature: str | None = None) -> Heard:
        signed = RequestValidator(TWILIO.secret).compute_signature(self.settings.public_url + path, form)
        response = self.client.post(path, data=form, headers={"X-Twilio-Signature": signature or signed})
        return read(response.status_code, response.text)

    def held(self) -> list[str]:
        """Return what holds for every punch, as it happened: who, direction, verdict, reason."""
        with self.database.read() as session:
            lines = sorted(records.list_punches(session), key=lambda line: (line.occurred_at, line.punch_id))
        return [told(line) for line in lines]


def told(line: records.PunchLine) -> str:
    parts: list[Any] = [line.worker or "-", line.direction or "-", line.verdict or "open", line.reason or ""]
    return " ".join(str(part) for part in parts).strip()


def read(status: int, body: str) -> Heard:
    """Return what a document lets a caller hear."""
    heard = Heard(status, body)
    if not body.startswith("<?xml"):
        return heard
    for element in ET.fromstring(body).iter():
        if element.tag != "Response":
            heard.verbs.append(element.tag)
        if element.tag == "Say":
            heard.says.append("".join(element.itertext()))
        if element.tag == "Gather":
            heard.action = element.get("action")
    return heard
