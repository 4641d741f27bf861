"""What the forms of the registry share: typed values with a message beside each field, and the version shown."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, TypeVar
from uuid import UUID

from fastapi import Depends, Request
from fastapi.responses import RedirectResponse
from starlette.datastructures import FormData

from admin.access import viewer_of
from admin.pages import language_of, with_query
from admin.words import WORDS, word
from core.accounts.model import Permission
from core.audit import service as audit
from core.clock import work_date
from core.db import Session
from core.errors import DomainError, InvalidInput, NotFound, Overlap
from core.ids import ContractorId
from core.phone import parse_phone
from core.registry import mending
from core.registry.proposing import Proposer

Choice = TypeVar("Choice", bound=StrEnum)
Model = TypeVar("Model")


async def _form(request: Request) -> FormData:
    return await request.form()


@dataclass(slots=True)
class Typed:
    """What somebody typed into a form, and what is wrong with it, by the fields' names."""

    values: Mapping[str, str]
    lang: str
    lists: Mapping[str, list[str]] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)

    def wrong(self, name: str, key: str, **values: object) -> None:
        """Note what is wrong with a field; the first thing stays."""
        self.errors.setdefault(name, word(key, self.lang, **values))

    def text(self, name: str, *, is_required: bool = False, mend: Any = mending.mend_text) -> str:
        typed = self.values.get(name, "").strip()
        if is_required and not typed:
            self.wrong(name, "registry.wrong.required")
            return ""
        try:
            mended: str = mend(typed).value
        except mending.Unmendable as error:
            self.errors.setdefault(name, str(error))
            return ""
        return mended

    def day(self, name: str, *, is_required: bool = False) -> date | None:
        typed = self.values.get(name, "").strip()
        if not typed:
            if is_required:
                self.wrong(name, "registry.wrong.required")
            return None
        try:
            return mending.mend_date(typed).value
        except mending.Unmendable:
            self.wrong(name, "registry.wrong.date")
            return None

    def ccus_id(self, name: str) -> str | None:
        typed = self.values.get(name, "").strip()
        try:
            return mending.mend_ccus_id(typed).value if typed else None
        except ValueError:
            self.wrong(name, "registry.wrong.ccus_id")
            return None

    def number(self, name: str, least: int = 0, most: int = 10**12) -> int | None:
        typed = self.narrow(name).replace(",", "").replace(" ", "")
        if not typed:
            return None
        if not (re.fullmatch("[0-9]{1,15}", typed) and least <= int(typed) <= most):
            self.wrong(name, "registry.wrong.number", least=f"{least:,}", most=f"{most:,}")
            return None
        return int(typed)

    def narrow(self, name: str) -> str:
        """Return what was typed with plain digits; as it is where it is far too long, or holds a phone number."""
        typed = self.values.get(name, "")
        try:
            return mending.narrow(typed)
        except mending.Unmendable:
            return typed

    def minutes(self, name: str) -> int:
        """Return the minutes after midnight of a time such as 8:00."""
        try:
            return mending.mend_time(self.values.get(name, "")).value
        except mending.Unmendable:
            self.wrong(name, "registry.wrong.time")
            return 0

    def phone(self, name: str, regions: tuple[str, ...]) -> str | None:
        """Return a typed number as E.164 text, None when there is none or it cannot be one."""
        typed = self.values.get(name, "").strip()
        try:
            return parse_phone(typed, regions) if typed else None
        except ValueError:
            self.wrong(name, "registry.wrong.phone")
            return None

    def choice(self, name: str, choices: type[Choice]) -> Choice | None:
        return choice_of(choices, self.values.get(name, ""))

    def is_ticked(self, name: str) -> bool:
        return bool(self.values.get(name))

    def refuse(self, error: DomainError, name: str = "") -> None:
        """Note a refusal of the registry beside the field it names, or else the one given. Raises the error itself when
        there is none."""
        place = error.field if isinstance(error, InvalidInput) else name
        if not place:
            raise error
        if isinstance(error, Overlap):
            self.wrong(name or place, "registry.wrong.overlap")
        elif isinstance(error, NotFound):
            self.wrong(name or place, "registry.wrong.not_found")
        else:
            key = f"registry.wrong.{place}"
            self.wrong(place, key if key in WORDS else "registry.wrong.other")


def _typed(request: Request, form: Annotated[FormData, Depends(_form)]) -> Typed:
    texts = {name: value for name, value in form.multi_items() if isinstance(value, str)}
    lists: dict[str, list[str]] = {}
    for name, value in form.multi_items():
        if isinstance(value, str):
            lists.setdefault(name, []).append(value)
    return Typed(texts, language_of(request), lists)


TypedForm = Annotated[Typed, Depends(_typed)]


def choice_of(choices: type[Choice], text: str) -> Choice | None:
    """Return the choice of a code, None when it is none: addresses are typed by hand too."""
    try:
        return choices(text)
    except ValueError:
        return None


def id_of(text: str) -> UUID | None:
    """Return the id a filter names, None when it is none."""
    try:
        return UUID(text)
    except ValueError:
        return None


def version_of(*shown: object) -> str:
    """Return what tells whether something is still what a form has shown."""
    return hashlib.sha256(repr(shown).encode()).hexdigest()[:16]


def changed_fields(before: object, after: object) -> list[str]:
    """Return the names of the fields that differ between two models of a kind."""
    return [name for name in before.__slots__ if getattr(before, name) != getattr(after, name)]  # type: ignore[attr-defined]


def with_values(model: Model, values: Mapping[str, Any]) -> Model:
    """Return the model with some of its fields changed."""
    changed: Model = replace(model, **values)  # type: ignore[type-var]
    return changed


def today_of(request: Request) -> date:
    """Return the day in Japan."""
    return work_date(request.app.state.clock.now())


def ending(request: Request, typed: Typed, what: str, first_day: date) -> tuple[date | None, str]:
    """Return the last day that was typed, and what was done: phone_ended, or phone_reopened with no last day any more.

    The day is today where it was left out, and never before the first day.
    """
    if typed.values.get("reopen"):
        return None, f"{what}_reopened"
    return max(first_day, typed.day("last_day") or today_of(request)), f"{what}_ended"


def to(path: str, done: str | None = None) -> RedirectResponse:
    """Send the browser on to a page, which says what was done."""
    return RedirectResponse(with_query(path, done=done), 303)


def done_of(request: Request) -> str | None:
    """Return the key of what has just been done, for the page to say it."""
    key = f"registry.done.{request.query_params.get('done', '')}"
    return key if key in WORDS else None


def note(
    request: Request,
    session: Session,
    action: str,
    subject: tuple[str, UUID | str],
    whose: ContractorId | None,
    **details: object,
) -> None:
    """Write what was done into the audit log."""
    account_id = viewer_of(request).account.account_id
    audit.record(
        session,
        at=request.app.state.clock.now(),
        by=account_id,
        action=action,
        subject=subject,
        contractor_id=whose,
        details=details,
    )


def proposer_of(request: Request) -> Proposer:
    """Return in whose name the viewer proposes and decides, and whose records are the viewer's own."""
    viewer = viewer_of(request)
    asking = [each.contractor_id for each in viewer.memberships if each.contractor_id is not None]
    return Proposer(viewer.account.account_id, asking[0] if asking else None, viewer.scope(Permission.EDIT_PEOPLE))
