"""The training world 模擬環境: a world of its own to learn in, born with its server and made anew at a button.

It has its own database, and keys that nobody keeps: what it holds can be read by nobody once its process has ended.
Nothing of it leaves: its carrier account exists at no carrier, there is no mailer and no Redis, and short messages
reach the virtual phone alone. ADR 0008 says why it is a process and not a flag.
"""

import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import sqlalchemy as sa

from core import mail, migrations
from core.accounts import service as accounts
from core.accounts import store as account_store
from core.accounts.model import Account, Role
from core.clock import Clock, SystemClock, work_date
from core.db import Database, Session, open_database
from core.errors import SettingsError
from core.ids import AccountId, uuid7
from core.phone import new_key
from core.registry import store as registry
from core.settings import NO_CARRIERS_ACCOUNT, Settings
from core.training.model import MAX_CAPACITY, seat_login
from core.work import service as work
from core.work.model import Mark
from genba.jobs import Handler, JobLoop, start_embedded
from genba.runtime import Runtime
from genba.sample import world
from genba.virtual_inbox import Inbox

DEFAULT_URL = "sqlite:///var/training.db"
MARK_TABLE = "training_world"  # what says of a database that it may be emptied; no migration makes it
ROLE_LOGINS = {
    Role.OPERATOR: "unyo",
    Role.PRIME_OFFICE: "motouke",
    Role.REGISTRATION_MANAGER: "sekinin",
    Role.SITE_MANAGER: "genba",
    Role.SUBCONTRACTOR_OFFICE: "shitauke",
    Role.ACCOUNTANT: "keiri",
    Role.READ_ONLY: "etsuran",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """What the training world's pages say of it; logins are (login, role)."""

    password: str
    logins: tuple[tuple[str, str], ...] = tuple((login, role.value) for role, login in ROLE_LOGINS.items())
    seats: tuple[str, str] = (seat_login(1), seat_login(MAX_CAPACITY))


def enter_environment(environ: MutableMapping[str, str], port: int) -> Settings:
    """Leave of our settings in the environment only those of the training world, and return them.

    Whatever in this process reads the environment later finds the training world and nothing else.

    Raises SettingsError when the training world's database is the real one.
    """
    url = environ.get("GENBA_TRAINING_DATABASE_URL", DEFAULT_URL)
    real = environ.get("GENBA_DATABASE_URL", "")
    ours = _environment(environ, url, port)
    training = Settings.load(ours)
    if real and _address(real) == _address(url):
        raise SettingsError("GENBA_TRAINING_DATABASE_URL: this is the real database; the training world needs its own")
    for name in [name for name in environ if name.startswith("GENBA_")]:
        del environ[name]
    environ.update(ours)
    return training


def _environment(environ: Mapping[str, str], url: str, port: int) -> dict[str, str]:
    return {
        "GENBA_TRAINING": "1",
        "GENBA_DATABASE_URL": url,
        "GENBA_PUBLIC_URL": environ.get("GENBA_TRAINING_PUBLIC_URL", f"http://localhost:{port}"),
        "GENBA_SECRET_KEY": secrets.token_hex(32),
        "GENBA_DATA_KEYS": new_key("t1"),
        "GENBA_INDEX_KEYS": new_key("t1"),
        "GENBA_TWILIO_ACCOUNT_SID": NO_CARRIERS_ACCOUNT,
        "GENBA_TWILIO_AUTH_TOKEN": secrets.token_hex(16),
        "GENBA_SPOOL": environ.get("GENBA_TRAINING_SPOOL", "var/training_spool.db"),
    }


def _address(url: str) -> str:
    """Return what two spellings of one database's address have in common."""
    parts = sa.engine.make_url(url)
    if parts.get_backend_name() == "sqlite":
        return str(Path(parts.database or "").absolute())
    return f"{parts.host}:{parts.port or 5432}/{parts.database}"


@dataclass(slots=True)
class TrainingWorld:
    """The world's runtime, and its making anew."""

    runtime: Runtime
    password: str = field(default_factory=accounts.new_password)
    inbox: Inbox = field(init=False)
    _kept_of: date | None = None  # the day of which a copy of the world as it was built is kept (SQLite)
    _stop_clock: Callable[[], None] | None = None

    def __post_init__(self) -> None:
        self.inbox = Inbox(self.runtime.clock)

    @property
    def shown(self) -> Shown:
        return Shown(self.password)

    def build(self) -> None:
        """Empty the database and fill it with the sample world.

        Raises SettingsError when the database holds something that is no training world.
        """
        database = self.runtime.database
        require_ours(database)
        empty(database)
        migrations.upgrade(database)
        with database.write() as session:
            session.exec_driver_sql(f"create table {MARK_TABLE} (made_at text)")
        now = self.runtime.clock.now()
        world.build(database, self.runtime.settings.sealer, now)
        with database.write() as session:
            _add_accounts(session, self.password)
        if not database.is_postgresql:
            _keep_copy(database)
            self._kept_of = work_date(now)

    def start_clock(self) -> None:
        self._stop_clock = start_embedded(self.runtime, JobLoop(self.runtime, handlers=inert_handlers(self.inbox)))

    def stop_clock(self) -> None:
        if self._stop_clock is not None:
            self._stop_clock()
            self._stop_clock = None

    def rebuild(self) -> None:
        """Make everything anew while nobody is served and the clock stands still."""
        self.stop_clock()
        self.inbox.empty()
        database = self.runtime.database
        try:
            if self._kept_of == work_date(self.runtime.clock.now()):
                empty(database)
                shutil.copyfile(_copy_of(database), str(database.engine.url.database))
            else:
                self.build()
        finally:
            self.start_clock()


@contextmanager
def open_world(settings: Settings, clock: Clock | None = None) -> Iterator[TrainingWorld]:
    """Open the database of the training world; it is neither built nor emptied yet."""
    database = open_database(settings.database_url)
    training = TrainingWorld(Runtime(settings, database, clock or SystemClock()))
    try:
        yield training
    finally:
        training.stop_clock()
        database.close()


def require_ours(database: Database) -> None:
    """Raises SettingsError when a database holds tables, but not the one that marks a training world."""
    tables = sa.inspect(database.engine).get_table_names()
    if tables and MARK_TABLE not in tables:
        raise SettingsError(
            "GENBA_TRAINING_DATABASE_URL: this database holds something that is no training world, and is left alone"
        )


def empty(database: Database) -> None:
    """Take everything out of a database; nobody may use it meanwhile."""
    url = database.engine.url
    if database.is_postgresql:
        with database.write() as session:
            session.exec_driver_sql("drop schema public cascade")
            session.exec_driver_sql("create schema public")
        database.engine.dispose()
        return
    database.engine.dispose()
    for ending in ("", "-wal", "-shm"):
        Path(f"{url.database}{ending}").unlink(missing_ok=True)


def _keep_copy(database: Database) -> None:
    """Keep the world as it was built: putting it back takes no time, and building it some."""
    _copy_of(database).unlink(missing_ok=True)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("commit")  # SQLite copies outside of any transaction
        connection.exec_driver_sql("vacuum into ?", (str(_copy_of(database)),))


def _copy_of(database: Database) -> Path:
    return Path(f"{database.engine.url.database}-kept")


def inert_handlers(inbox: Inbox) -> tuple[Handler, ...]:
    """Return the background work of a training world: all of it, but short messages go to its phone, mails nowhere."""
    return tuple(replace(each, run=_put_aside) if each.kind == mail.KIND else each for each in inbox.handlers())


def _put_aside(runtime: Runtime, marks: list[Mark]) -> None:
    with runtime.database.write() as session:
        work.finish(session, marks)


def _add_accounts(session: Session, password: str) -> None:
    """Add an account for each role, and one for each seat of a training date. Passwords are hashed once for all."""
    line = registry.find_line_by_number(session, world.SENTENCE_LINE)
    site = registry.sites_on_line(session, line.line_id)[0] if line else None
    if site is None:
        raise RuntimeError("the sample world lacks its first site")
    sub = registry.participations_at(session, site.site_id)[0].contractor_id
    first = accounts.create_account(session, ROLE_LOGINS[Role.OPERATOR], "研修 運用者", password)
    accounts.join(session, first.account_id, Role.OPERATOR)
    for role, login in ROLE_LOGINS.items():
        if role is not Role.OPERATOR:
            account = _like(session, first, login, f"研修 {login}")
            employer = sub if role is Role.SUBCONTRACTOR_OFFICE else site.prime_contractor_id
            sites = [site.site_id] if role is Role.SITE_MANAGER else []
            accounts.join(session, account.account_id, role, employer, sites)
    for number in range(1, MAX_CAPACITY + 1):
        account = _like(session, first, seat_login(number), f"研修生 {number:02d}")
        accounts.join(session, account.account_id, Role.PRIME_OFFICE, site.prime_contractor_id)


def _like(session: Session, account: Account, login: str, name: str) -> Account:
    """Add an account with another's password."""
    added = replace(account, account_id=AccountId(uuid7()), login=login, name=name)
    account_store.add_account(session, added)
    return added
