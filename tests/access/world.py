"""Two primes that must not see each other: 東都建設 with two sites and two tiers below it, 西海組 with its own.

The names of the other side are such that none can stand on a page by chance. On the second site
of each side works only the upper subcontractor. Everything happened on 16 November 2026.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from core.accounts import service as accounts
from core.accounts import sessions, store
from core.accounts.model import Account, Role, Stage, Visit
from core.attendance import visits
from core.attendance.correcting import Entered, request_missed_touch
from core.attendance.model import Caller, Channel, CorrectionCode, Direction, RawPunch
from core.attendance.service import record_punches
from core.audit import service as audit
from core.clock import JST
from core.db import Database, Session
from core.ids import AccountId, PunchId, uuid7
from core.partners import service as partners
from core.partners import store as partner_store
from core.partners import webhooks
from core.partners.model import KeyScope
from core.partners.webhook_model import EventKind
from core.partners.webhooks import Wanted
from core.phone import PhoneSealer
from core.registry.model import Contractor, Line, Site, SkilledWorker
from core.scope import EVERYTHING, NOTHING, Scope
from core.settings import WebhookReach
from core.tiering import linking, roster_store, rostering
from core.tiering.link_model import Batch, Linker, Place
from tests import factories

TODAY = date(2026, 11, 16)


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, 16, hour, minute, tzinfo=JST)


@dataclass
class Side:
    """One prime, its sites with a line each, its subcontractors, and their people."""

    prime: Contractor
    sites: list[Site]
    lines: list[Line]
    firms: list[Contractor]
    workers: list[SkilledWorker]
    ids: dict[str, UUID] = field(default_factory=dict)  # further subjects, by the names of their path parameters

    @property
    def names(self) -> tuple[str, ...]:
        """The names that nobody of another side may read."""
        return tuple(thing.name for thing in (self.prime, *self.sites, *self.firms, *self.workers))


class AccessWorld:
    """Both sides, with accounts in every role of the first, and a session for each."""

    def __init__(self, database: Database, sealer: PhoneSealer, *, with_accounts: bool = True) -> None:
        self.database, self.sealer, self.calls = database, sealer, 0
        self.numbers: dict[UUID, str] = {}
        with database.write() as session:
            self.east = self._side(session, "東都", ("東都建設", "上田工業", "下川設備"), "2222")
            self.west = self._side(session, "西海", ("西海組", "別府電工", "奥別所塗装"), "3333")
            for side in (self.east, self.west):
                self._work(session, side)
                self._structure(session, side)
            visits.rebuild(session, TODAY)
            self.accounts = self._accounts(session) if with_accounts else {}
        self.tokens: dict[str, str] = {}

    def token(self, who: str) -> str:
        """Return the cookie of an account's open session, by the name of its role."""
        if who not in self.tokens:
            now = at(7, 52)
            with self.database.write() as session:
                account = accounts.find_account(session, who)
                assert account is not None
                visit = Visit("Firefox", "192.0.2.1")
                self.tokens[who] = sessions.open_session(session, account, now, visit, Stage.OPEN)
        return self.tokens[who]

    @property
    def scopes(self) -> dict[str, Scope]:
        """What the kinds of viewers reach."""
        prime, upper, lower = (firm.contractor_id for firm in (self.east.prime, *self.east.firms))
        return {
            "operator": EVERYTHING,
            "prime": Scope(primes=frozenset({prime}), employers=frozenset({prime})),
            "other prime": Scope(primes=frozenset({self.west.prime.contractor_id})),
            "site manager": Scope(sites=frozenset({self.east.sites[0].site_id})),
            "upper": Scope(employers=frozenset({upper})),
            "lower": Scope(employers=frozenset({lower})),
            "both sides": Scope(primes=frozenset({prime}), employers=frozenset({self.west.firms[0].contractor_id})),
            "worker": Scope(worker_id=self.east.workers[1].worker_id),
            "nobody": NOTHING,
        }

    def _side(self, session: Session, mark: str, names: tuple[str, str, str], digits: str) -> Side:
        prime, upper, lower = (factories.contractor(session, name) for name in names)
        sites = [
            factories.site(session, self.sealer, f"{mark}第{n}作業所", prime=prime, site_code=f"{n}111") for n in (1, 2)
        ]
        lines = [factories.line(session, f"+8150{digits}000{n}", sites=[site]) for n, site in enumerate(sites)]
        factories.participation(session, sites[0], upper)
        factories.participation(session, sites[0], lower, upper=upper)
        factories.participation(session, sites[1], upper)
        people = []
        for n, (name, firm) in enumerate((("上一郎", upper), ("下次郎", lower), ("留三郎", upper))):
            number = f"+8190{digits}000{n}"
            people.append(factories.worker(session, self.sealer, f"{mark}{name}", phone=number, contractor=firm))
            self.numbers[people[-1].worker_id] = number
        side = Side(prime, sites, lines, [upper, lower], people)
        assigned = factories.assignment(session, sites[0], people[0])
        gate = factories.device(session, self.sealer, sites[0], f"{mark}正門", at=at(5))
        wanted = Wanted("https://receiver.example.jp/", frozenset(EventKind))
        key, _ = partners.give_key(session, prime.contractor_id, f"{mark}連携", list(KeyScope), None, at(5))
        partner = partner_store.require_partner(session, EVERYTHING, key.partner_id)
        told, _ = webhooks.subscribe(session, self.sealer, partner, wanted, WebhookReach.PUBLIC, None, at(5))
        side.ids |= {"partner_id": partner.partner_id, "api_key_id": key.api_key_id}
        side.ids |= {"webhook_id": told.subscription_id}
        side.ids |= {"assignment_id": assigned.assignment_id, "device_id": gate.device_id}
        return side

    def _work(self, session: Session, side: Side) -> None:
        upper, lower, second = side.workers
        side.ids["punch_id"] = self._call(session, side, 0, upper, at(7, 30))
        self._call(session, side, 0, lower, at(7, 40))
        self._call(session, side, 1, second, at(7, 45))
        self._call(session, side, 0, None, at(7, 50))
        entered = Entered(
            lower.worker_id, side.sites[0].site_id, at(6), Direction.ENTRY, CorrectionCode.FORGOTTEN, "朝の分"
        )
        asked = request_missed_touch(session, entered, "職長", at(7, 51))
        side.ids["missed_touch_id"] = asked.missed_touch_id

    def _structure(self, session: Session, side: Side) -> None:
        """Invite the lower contractor below the upper one, and propose the upper one's people for the roster."""
        site, (upper, lower) = side.sites[0], side.firms
        batch = Batch(Linker(None, "運営", EVERYTHING), at(7, 52))
        link = linking.invite(session, batch, site.site_id, Place(lower.contractor_id, upper.contractor_id))
        rostering.propose_roster(session, site)
        entries = roster_store.entries_at(session, site.site_id)
        side.ids |= {"link_id": link.link_id, "roster_entry_id": entries[0].roster_entry_id}

    def _call(self, session: Session, side: Side, site: int, who: SkilledWorker | None, when: datetime) -> UUID:
        self.calls += 1
        number = self.numbers[who.worker_id] if who else "+819000000000"
        sealed = self.sealer.seal(number)
        punch = RawPunch(
            punch_id=PunchId(uuid7()),
            sender_key=f"twilio:AC1:CA{self.calls}:-:call",
            channel=Channel.PHONE,
            occurred_at=when,
            received_at=when,
            caller=Caller(self.sealer.blind_indexes(number), sealed.last4_index, sealed.cipher, sealed.mask),
            line_e164=side.lines[site].e164,
        )
        record_punches(session, [punch], when)
        return punch.punch_id

    def _accounts(self, session: Session) -> dict[str, AccountId]:
        prime, (upper, lower) = self.east.prime, self.east.firms
        made = {
            "operator": (Role.OPERATOR, None, ()),
            "prime_office": (Role.PRIME_OFFICE, prime, ()),
            "registration_manager": (Role.REGISTRATION_MANAGER, prime, ()),
            "site_manager": (Role.SITE_MANAGER, prime, (self.east.sites[0].site_id,)),
            "accountant": (Role.ACCOUNTANT, prime, ()),
            "read_only": (Role.READ_ONLY, prime, ()),
            "subcontractor_office": (Role.SUBCONTRACTOR_OFFICE, upper, ()),
            "lower_office": (Role.SUBCONTRACTOR_OFFICE, lower, ()),
            "two_offices": (Role.SUBCONTRACTOR_OFFICE, lower, ()),
            "west_office": (Role.PRIME_OFFICE, self.west.prime, ()),
        }
        ids: dict[str, Any] = {}
        for login, (role, contractor, site_ids) in made.items():
            account = Account(AccountId(uuid7()), login, f"係{login}", "nobody signs in by password here")
            store.add_account(session, account)
            joined = accounts.join(
                session, account.account_id, role, contractor.contractor_id if contractor else None, site_ids
            )
            ids[login] = account.account_id
            if login == "two_offices":  # of companies that work for different primes
                of_west = self.west.firms[1].contractor_id
                accounts.join(session, account.account_id, Role.SUBCONTRACTOR_OFFICE, of_west, ())
            if login in ("prime_office", "west_office"):
                side = self.east if login == "prime_office" else self.west
                side.ids |= {"account_id": account.account_id, "membership_id": joined.membership_id}
                audit.record(
                    session,
                    at=at(7, 52),
                    by=account.account_id,
                    action="worker.changed",
                    subject=("worker", side.workers[0].worker_id),
                    contractor_id=side.prime.contractor_id,
                    details={"fields": ["name"]},
                )
        return ids
