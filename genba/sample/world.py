"""The sample world: two primes, twelve contractors over three tiers, sixty workers, four sites, eight weeks of days.

Everything is recorded through the services that real data passes through. The history is made from the calendar alone,
under keys that never change: building twice adds only the days that have passed since.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from core.attendance import visits
from core.attendance.model import Caller, Channel, RawPunch
from core.attendance.service import record_punches
from core.clock import JST, work_date
from core.db import Database, Session
from core.ids import ContractorId, LineId, PunchId, SiteId, WorkerId, uuid7
from core.phone import PhoneSealer
from core.registry import naming, places, qualifying, service, store
from core.registry.model import (
    Contractor,
    InsuranceStatus,
    LegalForm,
    Line,
    LineMode,
    Position,
    Site,
    SiteKind,
    SkilledWorker,
)
from genba.sample import gates, loose_ends, partner, skills, structures
from genba.sample.loose_ends import Who
from genba.sample.people import PRIMES, SUBCONTRACTORS, SampleContractor, worker_name

WEEKS = 8
BATCH = 200
# The sample's sites never close, so that a call at midnight is an entry too; a real site says when it does.
NEVER_CLOSES_MIN = 3 * 60 + 59

SENTENCE_LINE, MENU_LINE, RING_LINE, SHARED_LINE = (f"+8150100000{n:02d}" for n in range(1, 5))
UNREGISTERED = "+818099990000"
WAITING = 3  # the last workers have not come today: their calls are entries


def sample_phone(n: int) -> str:
    """Return the number of the nth worker."""
    return f"+819010000{n:03d}"


@dataclass(frozen=True, slots=True)
class SampleSite:
    """A site with its line and how the line answers."""

    name: str
    kana: str
    prime: str
    kind: SiteKind
    code: str
    line: str
    mode: LineMode


YAMATO, HOKUTO = (prime.name for prime in PRIMES)
SITES = (
    SampleSite("中央ビル", "チュウオウビル", YAMATO, SiteKind.BUILDING, "1001", SENTENCE_LINE, LineMode.SENTENCE),
    SampleSite("港南倉庫", "コウナンソウコ", YAMATO, SiteKind.BUILDING, "1002", MENU_LINE, LineMode.MENU),
    SampleSite("青葉の家", "アオバノイエ", HOKUTO, SiteKind.HOUSE, "2001", RING_LINE, LineMode.RING_ONLY),
    SampleSite("北斗加工場", "ホクトカコウジョウ", HOKUTO, SiteKind.WORKSHOP, "2002", SHARED_LINE, LineMode.SENTENCE),
)

# Of the first site nobody has said who works under whom but for these: the rest is proposed from the entries.
DECLARED_AT_FIRST = ("鈴木鉄筋株式会社", "松本健")


@dataclass(frozen=True, slots=True)
class SamplePhone:
    """Somebody of the sample world who can be called as."""

    e164: str
    name: str


def build(database: Database, sealer: PhoneSealer, now: datetime) -> None:
    """Build the world, or bring its history up to now when it is there."""
    today = work_date(now)
    forgetful: Who | None = None
    holders: list[WorkerId] = []
    with database.write() as session:
        if store.find_line_by_number(session, SENTENCE_LINE) is None:
            builder = _Builder(session, sealer, today - timedelta(weeks=WEEKS))
            forgetful, holders = builder.build(), builder.at_first_site
    for batch in _batches(_history(sealer, now)):
        with database.write() as session:
            record_punches(session, batch, now)
    if forgetful is not None:
        with database.write() as session:
            loose_ends.leave(session, sealer, SENTENCE_LINE, UNREGISTERED, forgetful, now)
            gates.place(session, sealer, forgetful.site_id, holders, now)
            partner.place(session, sealer, forgetful.site_id, now)
    with database.write() as session:
        visits.rebuild(session, today)
        site_ids = [naming.site_named(session, site.name) for site in SITES]
    if forgetful is not None:
        structures.propose_and_settle(database, site_ids, now)


def callers() -> list[SamplePhone]:
    """Return whom the virtual phone may be: three who have not come today, one shared phone, and a stranger."""
    return [
        SamplePhone(sample_phone(57), worker_name(57)[0]),
        SamplePhone(sample_phone(59), f"{worker_name(58)[0]}・{worker_name(59)[0]}（共用）"),
        SamplePhone(sample_phone(0), worker_name(0)[0]),
        SamplePhone(UNREGISTERED, "未登録の番号"),
    ]


def lines() -> list[SamplePhone]:
    """Return the lines, as (number, what it is for)."""
    modes = {LineMode.SENTENCE: "一文で答える", LineMode.MENU: "メニュー", LineMode.RING_ONLY: "ワン切り"}
    shared = f"{SITES[2].name}・{SITES[3].name}（共用: {SITES[2].code}／{SITES[3].code}）"
    own = [SamplePhone(site.line, f"{site.name}（{modes[site.mode]}）") for site in SITES if site.line != SHARED_LINE]
    return [*own, SamplePhone(SHARED_LINE, shared)]


@dataclass(slots=True)
class _Builder:
    session: Session
    sealer: PhoneSealer
    start: date
    at_first_site: list[WorkerId] = field(default_factory=list)

    def build(self) -> Who:
        """Build the registry; return somebody who forgets to call."""
        contractors = {sample.name: self._contractor(sample) for sample in (*PRIMES, *SUBCONTRACTORS)}
        sites = [self._site(sample, contractors[sample.prime]) for sample in SITES]
        tasks = {site.site_id: skills.write_tasks(self.session, site.site_id) for site in sites}
        self._share_line(sites)
        forgetful: Who | None = None
        n = 0
        for sample in SUBCONTRACTORS:
            prime_id = contractors[_prime_of(sample)].contractor_id
            own_sites = [site for site in sites if site.prime_contractor_id == prime_id]
            for site in own_sites:
                is_declared = site is not sites[0] or sample.name in DECLARED_AT_FIRST
                upper = contractors[sample.upper or ""].contractor_id if is_declared else None
                places.take_part(
                    self.session,
                    site.site_id,
                    contractors[sample.name].contractor_id,
                    self.start,
                    None,
                    upper_contractor_id=upper,
                )
            for rank in range(sample.workers):
                worker = self._worker(n, sample, contractors[sample.name])
                position = Position.FOREMAN if rank == 0 and sample.workers > 3 else Position.OTHER
                site_id, major = own_sites[n % 2].site_id, sample.occupations[0][:2]
                places.assign(self.session, site_id, worker.worker_id, self.start, None, position=position)
                skills.qualify(self.session, worker.worker_id, n, major, self.start + timedelta(weeks=WEEKS))
                if site_id == sites[0].site_id:
                    self.at_first_site.append(worker.worker_id)
                if task := tasks[site_id].get(major):
                    qualifying.give_task(self.session, site_id, worker.worker_id, task.site_task_id, self.start)
                forgetful = forgetful or Who(worker.worker_id, own_sites[0].site_id, sample.name)
                n += 1
        if forgetful is None:
            raise AssertionError("the sample world has workers")
        return forgetful

    def _contractor(self, sample: SampleContractor) -> Contractor:
        return service.add_contractor(
            self.session,
            Contractor(
                ContractorId(uuid7()),
                sample.name,
                sample.legal_form,
                sample.kana,
                capital_yen=sample.capital_yen,
                health_insurance=_insurance(sample),
                pension_insurance=_insurance(sample),
                employment_insurance=_insurance(sample),
                mutual_aid=sample.legal_form is LegalForm.CORPORATION,
            ),
        )

    def _site(self, sample: SampleSite, prime: Contractor) -> Site:
        site = places.add_site(
            self.session,
            self.sealer,
            Site(
                SiteId(uuid7()),
                sample.name,
                prime.contractor_id,
                self.start,
                name_kana=sample.kana,
                kind=sample.kind,
                site_code=sample.code,
                closes_min=NEVER_CLOSES_MIN,
            ),
        )
        line = places.add_line(
            self.session, Line(LineId(uuid7()), sample.line, "twilio", name=sample.name, mode=sample.mode)
        )
        places.put_site_on_line(self.session, line.line_id, site.site_id)
        return site

    def _share_line(self, sites: list[Site]) -> None:
        """Let the last line serve both sites of its prime: the assignment decides, or the caller's keys."""
        line = store.find_line_by_number(self.session, SHARED_LINE)
        if line is not None:
            places.put_site_on_line(self.session, line.line_id, sites[2].site_id)

    def _worker(self, n: int, sample: SampleContractor, employer: Contractor) -> SkilledWorker:
        name, kana, language = worker_name(n)
        worker = SkilledWorker(
            WorkerId(uuid7()),
            name,
            kana,
            ccus_worker_id=None if n % 12 == 5 else f"{10_000_000_000_000 + n * 137}",
            birth_date=date(1965 + n % 40, 1 + n % 12, 1 + n % 28),
            language=language,
            experience_years=1 + n % 30,
        )
        e164 = sample_phone(59 if n == 58 else n)  # two share the last phone
        belongings = service.Belongings(e164, employer.contractor_id, sample.occupations)
        return service.add_worker(self.session, self.sealer, worker, self.start, belongings)


def _insurance(sample: SampleContractor) -> InsuranceStatus:
    if sample.legal_form is LegalForm.CORPORATION:
        return InsuranceStatus.JOINED
    return InsuranceStatus.EXEMPT if sample.legal_form is LegalForm.ONE_PERSON else InsuranceStatus.NOT_JOINED


def _is_prime(name: str | None) -> bool:
    return any(prime.name == name for prime in PRIMES)


def _prime_of(sample: SampleContractor) -> str:
    upper = sample.upper or ""
    if _is_prime(upper):
        return upper
    return _prime_of(next(other for other in SUBCONTRACTORS if other.name == upper))


def _history(sealer: PhoneSealer, now: datetime) -> Iterator[RawPunch]:
    """Yield what was called in the last weeks, up to now, the oldest first."""
    today = work_date(now)
    homes = _homes()
    for days_ago in range(WEEKS * 7, -1, -1):
        day = today - timedelta(days=days_ago)
        punches = [punch for n in range(58) for punch in _day_of(n, homes[n], day, sealer) if day.weekday() < 6]
        if days_ago == 0:
            punches = [punch for punch in punches if punch.occurred_at <= now and _has_come_today(punch.sender_key)]
        yield from sorted(punches, key=lambda punch: punch.occurred_at)


def _has_come_today(sender_key: str) -> bool:
    return int(sender_key.split(":")[1]) < 60 - WAITING


def _homes() -> list[str]:
    """Return the line each worker calls, as the builder assigned the sites."""
    lines = {prime.name: [site.line for site in SITES if site.prime == prime.name] for prime in PRIMES}
    samples = [sample for sample in SUBCONTRACTORS for _ in range(sample.workers)]
    return [lines[_prime_of(sample)][n % 2] for n, sample in enumerate(samples)]


def _day_of(n: int, line: str, day: date, sealer: PhoneSealer) -> Iterator[RawPunch]:
    """Yield a worker's calls of a day: mostly in and out, sometimes a forgotten exit, a redial, or nothing."""
    chance = random.Random(f"{n}:{day.toordinal()}")  # noqa: S311 - the same on every machine, nothing secret
    if chance.random() < 0.12:
        return
    arrives = _at(day, 7 * 60 + 35) + timedelta(seconds=chance.randint(0, 1500) + n // 8 * 60)
    leaves = _at(day, 17 * 60) + timedelta(seconds=chance.randint(0, 2400))
    yield _punch(n, day, "in", arrives, line, sealer)
    if chance.random() < 0.04:
        yield _punch(n, day, "redial", arrives + timedelta(seconds=80), line, sealer)
    if chance.random() > 0.01:
        yield _punch(n, day, "out", leaves, line, sealer)


def _punch(n: int, day: date, what: str, at: datetime, line: str, sealer: PhoneSealer) -> RawPunch:
    e164 = sample_phone(n)
    sealed = sealer.seal(e164)
    return RawPunch(
        punch_id=PunchId(uuid7()),
        sender_key=f"sample:{n}:{day.isoformat()}:{what}",
        channel=Channel.PHONE,
        occurred_at=at,
        received_at=at,
        caller=Caller(sealer.blind_indexes(e164), sealed.last4_index, sealed.cipher, sealed.mask),
        line_e164=line,
    )


def _at(day: date, minutes: int) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=JST) + timedelta(minutes=minutes)


def _batches(punches: Iterator[RawPunch]) -> Iterator[list[RawPunch]]:
    batch: list[RawPunch] = []
    for punch in punches:
        batch.append(punch)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
