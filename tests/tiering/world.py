"""A site of 大和建設 with people of three new contractors, who call every morning, and what is thought of them."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from core.attendance import visits
from core.attendance.model import Caller, Channel, RawPunch
from core.attendance.service import record_punches
from core.clock import JST, work_date
from core.db import Database
from core.ids import ContractorId, PunchId, WorkerId, uuid7
from core.phone import PhoneSealer
from core.registry.model import Contractor, Occupation, Site
from core.registry.service import add_occupations
from core.scope import EVERYTHING, Scope
from core.tiering import proposing, service
from core.tiering.link_model import Batch, Linker, Place
from core.tiering.structure import read_structure
from tests import factories

DAYS = tuple(date(2026, 11, day) for day in (9, 10, 11, 12, 13))  # Monday to Friday
NOW = datetime(2026, 11, 13, 20, 0, tzinfo=JST)
MONTH = date(2026, 11, 1)
HOURS = timedelta(hours=9, minutes=30)


class TierWorld:
    """佐藤工業 leads, 伊藤設備 comes in its convoy, 高橋塗装 by itself; two people of each, all with a CCUS id."""

    def __init__(self, database: Database, sealer: PhoneSealer) -> None:
        self.database, self.sealer, self.calls = database, sealer, 0
        self.numbers: dict[str, str] = {}
        self.worker_ids: dict[str, WorkerId] = {}
        with database.write() as session:
            add_occupations(session, [Occupation("0601", "とび工"), Occupation("1201", "塗装工")])
            self.prime = factories.contractor(session, "大和建設")
            self.sato = factories.contractor(session, "佐藤工業", capital_yen=30_000_000, licence="都知事 1")
            self.ito = factories.contractor(session, "伊藤設備", capital_yen=3_000_000)
            self.takahashi = factories.contractor(session, "高橋塗装", capital_yen=10_000_000, licence="都知事 2")
            self.site = factories.site(session, sealer, prime=self.prime, starts_on=date(2026, 11, 2))
            self.line = factories.line(session, sites=[self.site])
        self.people = {
            "佐藤一": self.sato,
            "佐藤二": self.sato,
            "伊藤一": self.ito,
            "伊藤二": self.ito,
            "高橋一": self.takahashi,
            "高橋二": self.takahashi,
        }
        for name, contractor in self.people.items():
            self.add(name, contractor, ["1201" if contractor is self.takahashi else "0601"])

    def add(self, name: str, contractor: Contractor | None, occupations: Sequence[str] = (), **values: object) -> None:
        number = f"+81901234{5600 + len(self.numbers)}"
        ccus_id = f"{len(self.numbers) + 1:014}"
        with self.database.write() as session:
            worker = factories.worker(
                session,
                self.sealer,
                name,
                phone=number,
                contractor=contractor,
                occupations=occupations,
                **{"ccus_worker_id": ccus_id, **values},
            )
        self.numbers[name], self.worker_ids[name] = number, worker.worker_id

    def call(self, name: str, when: datetime) -> None:
        self.calls += 1
        number = self.numbers[name]
        sealed = self.sealer.seal(number)
        punch = RawPunch(
            punch_id=PunchId(uuid7()),
            sender_key=f"twilio:AC1:CA{self.calls}:-:call",
            channel=Channel.PHONE,
            occurred_at=when,
            received_at=when,
            caller=Caller(self.sealer.blind_indexes(number), sealed.last4_index, sealed.cipher, sealed.mask),
            line_e164=self.line.e164,
        )
        with self.database.write() as session:
            record_punches(session, [punch], when)

    def work(self, days: Sequence[date] = DAYS, names: Sequence[str] | None = None) -> None:
        """Let everybody come and go on days: 伊藤's people two minutes behind 佐藤's, 高橋's an hour later."""
        minutes = {self.sato.contractor_id: 0, self.ito.contractor_id: 2, self.takahashi.contractor_id: 65}
        for number, day in enumerate(days):
            for n, name in enumerate(names or self.people):
                shift = minutes[self.people[name].contractor_id] + n % 2 + 3 * number
                entry = datetime(day.year, day.month, day.day, 7, 20, tzinfo=JST) + timedelta(minutes=shift)
                self.call(name, entry)
                self.call(name, entry + HOURS)

    def think(self, now: datetime = NOW, site: Site | None = None) -> None:
        """Do what the background work does when the tiers of a site are stale."""
        with self.database.read() as session:
            thought = proposing.think(session, (site or self.site).site_id, now)
        with self.database.write() as session:
            service.bring_up_to_date(session, *thought, now)

    def note_visits(self, now: datetime = NOW) -> None:
        with self.database.write() as session:
            visits.note(session, visits.find_newest(session, work_date(now)), now)

    def batch(self, who: Contractor | None = None, *, seen: int | None = None, now: datetime = NOW) -> Batch:
        """Return an act of the operator, or of somebody of a contractor's office."""
        if who is None:
            return Batch(Linker(None, "運営", EVERYTHING), now, seen)
        return Batch(Linker(None, f"{who.name}の事務", self.scope(who)), now, seen)

    def scope(self, who: Contractor) -> Scope:
        own = frozenset({who.contractor_id})
        return Scope(primes=own, employers=own) if who is self.prime else Scope(employers=own)

    def places(self, *pairs: tuple[Contractor, Contractor]) -> list[Place]:
        return [Place(lower.contractor_id, upper.contractor_id) for lower, upper in pairs]

    def uppers(self, scope: Scope = EVERYTHING) -> dict[str, str]:
        """Return under whom everybody stands, as the page shows it: name and state."""
        with self.database.read() as session:
            nodes = read_structure(session, scope, self.site.site_id).nodes
        return {node.name: f"{node.upper_name} {node.tier} {node.state}" for node in nodes}

    def name_of(self, contractor_id: ContractorId) -> str:
        firms = (self.prime, self.sato, self.ito, self.takahashi)
        return next(firm.name for firm in firms if firm.contractor_id == contractor_id)
