"""The world of the tiers' tests for the pages: TierWorld on the pages' database, with accounts of each contractor."""

import sqlite3
from contextlib import closing
from copy import copy

from core.accounts import service as accounts
from core.accounts import sessions
from core.accounts.model import Role, Stage, Visit
from core.db import Database
from core.phone import PhoneSealer
from core.registry.model import Contractor
from tests.tiering.world import NOW, TierWorld


class PageTiers(TierWorld):
    """A week of work, thought about; its offices sign in by cookie."""

    def __init__(self, database: Database, sealer: PhoneSealer) -> None:
        super().__init__(database, sealer)
        self.work()
        self.note_visits()
        self.think()

    def copied_to(self, database: Database) -> "PageTiers":
        """Return the same world on another SQLite database, which becomes a copy of this one's."""
        with closing(sqlite3.connect(_file(self.database))) as own, closing(sqlite3.connect(_file(database))) as other:
            own.backup(other)
        same = copy(self)
        same.database, same.people = database, dict(self.people)
        same.numbers, same.worker_ids = dict(self.numbers), dict(self.worker_ids)
        return same

    @property
    def path(self) -> str:
        return f"/sites/{self.site.site_id}/tiers"

    def token(self, login: str, role: Role, contractor: Contractor) -> str:
        """Return the cookie of a new account of a contractor."""
        with self.database.write() as session:
            account = accounts.create_account(session, login, f"{contractor.name}の{login}", "correct horse battery")
            sites = (self.site.site_id,) if role is Role.SITE_MANAGER else ()
            accounts.join(session, account.account_id, role, contractor.contractor_id, sites)
            return sessions.open_session(session, account, NOW, Visit("Firefox", "192.0.2.1"), Stage.OPEN)


def _file(database: Database) -> str:
    return str(database.engine.url.database)
