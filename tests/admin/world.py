"""A small world for the pages: two sites, three contractors, and calls that the ledger judges as it always does."""

from datetime import date, datetime, timedelta

from core.attendance.model import Caller, Channel, RawPunch
from core.attendance.service import record_punches
from core.clock import JST
from core.db import Database
from core.ids import PunchId, uuid7
from core.phone import PhoneSealer
from core.registry.model import Contractor, Site, SkilledWorker
from tests import factories

TODAY = date(2026, 11, 16)
YESTERDAY = TODAY - timedelta(days=1)


def at(text: str, day: date = TODAY) -> datetime:
    """Return an instant given as Japan time, e.g. 07:52."""
    hours, minutes = (int(part) for part in text.split(":"))
    return datetime(day.year, day.month, day.day, hours, minutes, tzinfo=JST)


class World:
    """中央ビル and 港南マンション, each with a line of its own; people are added by name and called by it."""

    def __init__(self, database: Database, sealer: PhoneSealer) -> None:
        self.database, self.sealer, self.calls = database, sealer, 0
        self.numbers: dict[str, str] = {}
        self.workers: dict[str, SkilledWorker] = {}
        with database.write() as session:
            self.prime = factories.contractor(session, "大和建設", name_kana="ダイワケンセツ")
            self.sato = factories.contractor(session, "佐藤工業")
            self.ito = factories.contractor(session, "伊藤電設")
            self.central = factories.site(
                session, sealer, "中央ビル", prime=self.prime, name_kana="チュウオウビル", site_code="1111"
            )
            self.harbour = factories.site(
                session, sealer, "港南マンション", prime=self.prime, name_kana="コウナン", site_code="2222"
            )
            self.lines = {
                site.site_id: factories.line(session, e164, sites=[site]).e164
                for site, e164 in ((self.central, "+815012345678"), (self.harbour, "+815012345679"))
            }

    def add(self, name: str, contractor: Contractor | None) -> None:
        number = f"+81901234{5600 + len(self.workers)}"
        with self.database.write() as session:
            self.workers[name] = factories.worker(session, self.sealer, name, phone=number, contractor=contractor)
        self.numbers[name] = number

    def call(self, who: str, when: datetime, site: Site | None = None, line: str = "") -> None:
        """Let somebody call a site's line (中央ビル by default); who is a name, a number, or "" for a hidden one."""
        self.calls += 1
        punch = RawPunch(
            punch_id=PunchId(uuid7()),
            sender_key=f"twilio:AC1:CA{self.calls}:-:call",
            channel=Channel.PHONE,
            occurred_at=when,
            received_at=when,
            caller=self._caller(self.numbers.get(who, who)),
            line_e164=line or self.lines[(site or self.central).site_id],
        )
        with self.database.write() as session:
            record_punches(session, [punch], when)

    def _caller(self, e164: str) -> Caller | None:
        if not e164:
            return None
        sealed = self.sealer.seal(e164)
        return Caller(self.sealer.blind_indexes(e164), sealed.last4_index, sealed.cipher, sealed.mask)


def a_morning(world: World) -> None:
    """Fill the world: at 10:05 two are inside 中央ビル, one has left, one is inside 港南マンション."""
    for name, contractor in (
        ("山田太郎", world.sato),
        ("鈴木一郎", world.sato),
        ("高橋健", world.ito),
        ("田中実", None),
        ("渡辺誠", world.ito),
        ("中村学", world.sato),
    ):
        world.add(name, contractor)
    world.call("中村学", at("07:40", YESTERDAY))
    world.call("山田太郎", at("07:52"))
    world.call("鈴木一郎", at("07:55"))
    world.call("高橋健", at("07:58"))
    world.call("高橋健", at("08:01"))
    world.call("渡辺誠", at("08:03"), world.harbour)
    world.call("+819099990001", at("08:10"))
    world.call("", at("08:12"))
    world.call("鈴木一郎", at("09:30"))
    world.call("山田太郎", at("09:00"))
    world.call("山田太郎", at("10:00"))
    world.call("田中実", at("10:02"))
    world.call("+819099990001", at("10:05"), line="+815012340000")
