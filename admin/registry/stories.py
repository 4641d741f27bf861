"""What happened to one thing, from the audit log, as a detail page tells it at its end."""

from uuid import UUID

from admin.audit.telling import Line, tell
from core.accounts.model import Permission, Viewer
from core.audit.model import Filter
from core.audit.store import list_entries
from core.db import Session

LINES = 10
READ = 50  # who looked or took a list along stands in the log, and is not what happened to the thing


def story_of(session: Session, viewer: Viewer, kind: str, subject_id: UUID, lang: str) -> list[Line] | None:
    """Return the newest changes of a subject that the viewer may see; None for those who may not read the log."""
    if not viewer.may(Permission.SEE_AUDIT):
        return None
    scope = viewer.scope(Permission.SEE_AUDIT)
    entries = list_entries(session, scope, Filter(subject_kind=kind, subject_id=str(subject_id)), limit=READ)
    changes = [entry for entry in entries if not entry.action.endswith("exported")]
    return tell(session, scope, changes[:LINES], lang)
