"""The stage of the phone's tests: a small world, the real application, and a hand that signs as the carrier does."""

import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from starlette.testclient import TestClient
from twilio.request_validator import RequestValidator

from core.attendance import records
from core.clock import JST, FixedClock
from core.db import Database, Session
from core.phone import PhoneSealer
from core.registry.model import Contractor, Language, LineDirection, LineMode, Position, Site, SkilledWorker
from core.settings import Settings
from core.tiering import proposing
from core.tiering.link_model import Policy
from core.tiering.policies import set_policy
from core.tiering.proposal_model import KeptLink, KeptProposal
from core.tiering.service import bring_up_to_date
from ivr.app import create_app
from tests import factories
from tests.conftest import TWILIO

SENTENCE, MENU, RING, SHARED, CODED, EXITS = (f"+81501111000{n}" for n in range(1, 7))
STATION, STATION_RING, STATION_MENU = (f"+81501111001{n}" for n in range(1, 4))
YAMADA, SATO, TANAKAS, NGUYEN, STRANGER = (
    "+819012345678",
    "+819011112222",
    "+819033334444",
    "+819055556666",
    "+818099990000",
)
ITO, ITO_2, TAKAHASHI, LAN, SUZUKI, NOBODYS = (f"+81906666000{n}" for n in range(1, 7))
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
    "駅前": STATION,
    "駅前のワン切り": STATION_RING,
    "駅前のメニュー": STATION_MENU,
    "伊藤一郎": ITO,
    "伊藤二郎": ITO_2,
    "高橋職長": TAKAHASHI,
    "ラン": LAN,
    "鈴木": SUZUKI,
    "所属なし": NOBODYS,
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


@dataclass(frozen=True)
class Station:
    """What build_station() made, as far as tests name it."""

    site: Site
    prime: Contractor
    sato: Contractor
    ito: Contractor
    first_worker: SkilledWorker


def build_station(database: Database, sealer: PhoneSealer, *, asks_callers: bool = True) -> Station:
    """A site of 東西建設 on which 佐藤工業 is held to lead; people of three contractors who never came there."""
    with database.write() as session:
        prime = factories.contractor(session, "東西建設", name_kana="トウザイケンセツ")
        sato = factories.contractor(session, "佐藤工業", name_kana="サトウコウギョウ")
        site = factories.site(session, sealer, "駅前ビル", prime=prime, name_kana="エキマエビル", site_code="2001")
        factories.participation(session, site, sato, upper=prime)
        for number, mode in (
            (STATION, LineMode.SENTENCE),
            (STATION_RING, LineMode.RING_ONLY),
            (STATION_MENU, LineMode.MENU),
        ):
            factories.line(session, number, sites=[site], mode=mode)
        ito, takahashi, suzuki = (factories.contractor(session, name) for name in ("伊藤設備", "高橋塗装", "鈴木電工"))
        people = {
            name: factories.worker(session, sealer, name, phone=phone, contractor=employer, language=language)
            for name, phone, employer, language in (
                ("伊藤一郎", ITO, ito, Language.JAPANESE),
                ("伊藤二郎", ITO_2, ito, Language.JAPANESE),
                ("高橋三郎", TAKAHASHI, takahashi, Language.JAPANESE),
                ("レ・ティ・ラン", LAN, takahashi, Language.VIETNAMESE),
                ("鈴木四郎", SUZUKI, suzuki, Language.JAPANESE),
                ("無所属五郎", NOBODYS, None, Language.JAPANESE),
            )
        }
        factories.assignment(session, site, people["高橋三郎"], position=Position.FOREMAN)
        set_policy(session, Policy(prime.contractor_id, asks_callers=asks_callers))
        propose(session, site, sato)
    return Station(site, prime, sato, ito, people["伊藤一郎"])


def propose(session: Session, site: Site, leader: Contractor) -> None:
    """Keep a proposal that a contractor works directly under the prime."""
    prime_id, made_at = site.prime_contractor_id, datetime(2026, 11, 15, 20, tzinfo=JST)
    link = KeptLink(
        site_id=site.site_id,
        contractor_id=leader.contractor_id,
        prime_contractor_id=prime_id,
        upper_contractor_id=prime_id,
        tier=1,
        confidence=0.95,
        needs_review=False,
        has_entered=False,
        evidence=(),
        changed_at=made_at,
    )
    proposing.keep(session, KeptProposal(site.site_id, prime_id, made_at, 0), [link])


def think(database: Database, site: Site, now: datetime) -> None:
    """Do what the background work does when the tiers of a site are stale."""
    with database.write() as session:
        bring_up_to_date(session, *proposing.think(session, site.site_id, now), now)


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
