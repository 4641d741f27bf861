"""How rows of the audit log are told: who, what, and to whom, as one sentence each. Names are looked up when shown."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from uuid import UUID

from markupsafe import Markup, escape

from admin.audit.words import ACTIONS, FIELDS, KINDS
from admin.pages import short_date
from admin.words import word
from core.accounts import invitation_store
from core.audit.model import Entry
from core.db import Session
from core.devices import store as device_store
from core.ids import AccountId
from core.partners import store as partner_store
from core.registry import titles
from core.scope import Scope

PAGES = {
    "worker": "/workers/",
    "site": "/sites/",
    "contractor": "/contractors/",
    "device": "/devices/",
    "partner": "/partners/",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One row as it is read."""

    entry: Entry
    subject: Markup
    sentence: Markup
    remark: str


@dataclass(frozen=True, slots=True)
class Names:
    """What the ids of some rows are called, as far as the viewer may know."""

    accounts: Mapping[AccountId, str]
    workers: Mapping[UUID, str]
    sites: Mapping[UUID, str]
    contractors: Mapping[UUID, str]
    devices: Mapping[UUID, str]
    partners: Mapping[UUID, str]


@dataclass(frozen=True, slots=True)
class Telling:
    """Tells rows in a language."""

    names: Names
    lang: str

    def sentence(self, entry: Entry) -> Markup:
        """Return e.g. 木村花子さんが佐藤太郎さんを登録しました。 The subject is a link where it has a page."""
        key = entry.action if entry.action in ACTIONS else "other"
        text = escape(ACTIONS[key][self.lang])
        return text.format(who=self._who(entry), what=self.subject_of(entry), action=entry.action)

    def subject_of(self, entry: Entry) -> Markup:
        if entry.subject_kind == "settlement":
            return self._settled(entry)
        name = self._name_of(entry)
        if name is None:
            kind = entry.subject_kind if entry.subject_kind in KINDS else "other"
            return escape(KINDS[kind][self.lang])
        if entry.subject_kind not in PAGES:
            return escape(name)
        return Markup('<a href="{}">{}</a>').format(PAGES[entry.subject_kind] + entry.subject_id, name)

    def remark(self, entry: Entry) -> str:
        """Return what the details add: which fields, how many; "" when nothing that a reader would know."""
        facts = entry.facts
        parts = []
        fields = facts.get("fields")
        if isinstance(fields, list):
            known = [FIELDS[name][self.lang] for name in fields if name in FIELDS]
            if known:
                parts.append(word("audit.fields", self.lang, fields=("、" if self.lang == "ja" else ", ").join(known)))
        if facts.get("role"):
            parts.append(word(f"role.{facts['role']}", self.lang))
        count = next((facts[name] for name in ("count", "rows", "accepted") if isinstance(facts.get(name), int)), None)
        if count is not None:
            parts.append(word("audit.count", self.lang, count=f"{count:,}"))
        return ("／" if self.lang == "ja" else " · ").join(parts)

    def _settled(self, entry: Entry) -> Markup:
        """Return whose record it was, where and when: 佐藤太郎さん（中央ビル、11月26日（木））."""
        facts = entry.facts
        worker_id, site_id = _uuid(str(facts.get("worker"))), _uuid(str(facts.get("site")))
        worker = self.names.workers.get(worker_id) if worker_id else None
        place = [self.names.sites.get(site_id) if site_id else None, _day(facts.get("on"), self.lang)]
        around = ("、" if self.lang == "ja" else ", ").join(part for part in place if part)
        who = escape(KINDS["caller"][self.lang])
        if worker:
            who = Markup('<a href="{}">{}</a>').format(f"{PAGES['worker']}{worker_id}", self._person(worker))
        return who + (escape(f"（{around}）" if self.lang == "ja" else f" ({around})") if around else "")

    def _who(self, entry: Entry) -> str:
        if entry.account_id is None:
            return word("audit.system", self.lang)
        name = self.names.accounts.get(entry.account_id)
        return self._person(name) if name else word("audit.somebody", self.lang)

    def _name_of(self, entry: Entry) -> str | None:
        if entry.subject_kind == "release":
            return f"{KINDS['release'][self.lang]} {entry.subject_id}"
        subject_id = _uuid(entry.subject_id)
        if subject_id is None:
            return None
        if entry.subject_kind == "account":
            name = self.names.accounts.get(AccountId(subject_id))
            return self._person(name) if name else None
        if entry.subject_kind == "worker":
            name = self.names.workers.get(subject_id)
            return self._person(name) if name else None
        names = self.names
        kinds = {
            "site": names.sites,
            "contractor": names.contractors,
            "device": names.devices,
            "partner": names.partners,
        }
        return kinds.get(entry.subject_kind, {}).get(subject_id)

    def _person(self, name: str) -> str:
        return word("audit.person", self.lang, name=name)


def tell(session: Session, scope: Scope, entries: Iterable[Entry], lang: str) -> list[Line]:
    """Return the rows as sentences, with the names that the scope may know."""
    entries = list(entries)
    telling = Telling(_names(session, scope, entries), lang)
    return [Line(entry, telling.subject_of(entry), telling.sentence(entry), telling.remark(entry)) for entry in entries]


def _names(session: Session, scope: Scope, entries: list[Entry]) -> Names:
    accounts = {entry.account_id for entry in entries if entry.account_id} | {
        AccountId(each) for each in _ids(entries, "account")
    }
    return Names(
        accounts=invitation_store.names_of(session, scope, accounts),
        workers=titles.worker_names(session, scope, _ids(entries, "worker")),
        sites=titles.site_names(session, scope, _ids(entries, "site")),
        contractors=titles.contractor_names(session, scope, _ids(entries, "contractor")),
        devices=device_store.names_of(session, scope, _ids(entries, "device")),
        partners=partner_store.names_of(session, scope, _ids(entries, "partner")),
    )


def _ids(entries: list[Entry], kind: str) -> set[UUID]:
    """Return the ids of a kind: those that entries are about, and those that a settlement names."""
    texts = [entry.subject_id for entry in entries if entry.subject_kind == kind]
    texts += [str(entry.facts.get(kind)) for entry in entries if entry.subject_kind == "settlement"]
    return {found for found in map(_uuid, texts) if found is not None}


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _day(text: object, lang: str) -> str | None:
    return short_date(date.fromisoformat(text), lang) if isinstance(text, str) else None


@lru_cache
def areas() -> tuple[str, ...]:
    """Return the areas of actions there are to choose from."""
    return tuple(sorted({action.partition(".")[0] for action in ACTIONS if "." in action}))
