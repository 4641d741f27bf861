"""What happened to one thing, from the audit log, as a detail page tells it at its end."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from admin.words import WORDS
from core.accounts import store as accounts
from core.accounts.model import Permission, Viewer
from core.audit.model import Filter
from core.audit.store import list_entries
from core.db import Session

LINES = 10


@dataclass(frozen=True, slots=True)
class StoryLine:
    """One entry: when, who (None: the service itself), and the key of the words for what was done."""

    at: datetime
    by: str | None
    key: str


def story_of(session: Session, viewer: Viewer, kind: str, subject_id: UUID) -> list[StoryLine] | None:
    """Return the newest entries about a subject that the viewer may see; None for those who may not read the log."""
    if not viewer.may(Permission.SEE_AUDIT):
        return None
    wanted = Filter(subject_kind=kind, subject_id=str(subject_id))
    entries = list_entries(session, viewer.scope(Permission.SEE_AUDIT), wanted, limit=LINES)
    lines = []
    for entry in entries:
        account = None if entry.account_id is None else accounts.get_account(session, entry.account_id)
        key = f"registry.action.{entry.action}"
        lines.append(
            StoryLine(entry.at, account.name if account else None, key if key in WORDS else "registry.action.other")
        )
    return lines
