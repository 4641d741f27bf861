"""How a row of the audit log is told: who, what, and to whom, as one sentence."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from markupsafe import Markup, escape

from admin.audit.words import ACTIONS, FIELDS, KINDS
from admin.words import word
from core.audit.model import Entry
from core.ids import AccountId

PAGES = {"worker": "/workers/", "site": "/sites/", "contractor": "/contractors/"}


@dataclass(frozen=True, slots=True)
class Names:
    """What the ids of some rows are called, as far as the viewer may know."""

    accounts: Mapping[AccountId, str]
    workers: Mapping[UUID, str]
    sites: Mapping[UUID, str]
    contractors: Mapping[UUID, str]


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

    def _who(self, entry: Entry) -> str:
        if entry.account_id is None:
            return word("audit.system", self.lang)
        name = self.names.accounts.get(entry.account_id)
        return self._person(name) if name else word("audit.somebody", self.lang)

    def _name_of(self, entry: Entry) -> str | None:
        try:
            subject_id = UUID(entry.subject_id)
        except ValueError:
            return None
        if entry.subject_kind == "account":
            name = self.names.accounts.get(AccountId(subject_id))
            return self._person(name) if name else None
        if entry.subject_kind == "worker":
            name = self.names.workers.get(subject_id)
            return self._person(name) if name else None
        kinds = {"site": self.names.sites, "contractor": self.names.contractors}
        return kinds.get(entry.subject_kind, {}).get(subject_id)

    def _person(self, name: str) -> str:
        return word("audit.person", self.lang, name=name)


@lru_cache
def areas() -> tuple[str, ...]:
    """Return the areas of actions there are to choose from."""
    return tuple(sorted({action.partition(".")[0] for action in ACTIONS if "." in action}))
