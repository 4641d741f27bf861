"""What the acts of 施工体制 share: in whose name, one transaction with its trace in the audit log, and the answer.

Every act answers by going back to the page it came from, which says what was done and offers the way back; htmx takes
the changed part out of that page. What cannot be done is answered with the page as it now is, and why.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from uuid import UUID

from fastapi import Request
from fastapi.responses import RedirectResponse, Response

from admin.access import scope_of, viewer_of, writing
from admin.pages import language_of, with_query
from admin.words import WORDS, word
from core.accounts.model import Permission
from core.audit import service as audit
from core.db import Session
from core.errors import DomainError, InvalidInput, NotFound, Overlap
from core.ids import ContractorId, SiteId
from core.registry.choosing import chosen_contractor
from core.registry.model import Site
from core.registry.places import require_site
from core.registry.reach import employs, reach_contractor, reach_site
from core.scope import Scope
from core.tiering import link_store, roster_store
from core.tiering.link_model import Batch, Linker, Place, StructureChanged
from core.tiering.service import Done
from core.tiering.structure import read_structure

MAX_NOTE_CHARS = 200
Act = Callable[[Session, Batch], Done]
Refuse = Callable[[str], Response]


def new_batch(request: Request, permission: Permission, seen: int | None = None) -> Batch:
    """Return one act of the viewer, in the names it may act in with a permission."""
    account = viewer_of(request).account
    linker = Linker(account.account_id, account.name, scope_of(request, permission))
    return Batch(linker, request.app.state.clock.now(), seen)


@dataclass(frozen=True, slots=True)
class Told:
    """How an act is answered: what was done, where that is told, and what is shown when it cannot be done.

    said is the last part of the words' key, and of the action in the audit log.
    """

    said: str
    back: str
    refuse: Refuse


def act(
    request: Request,
    site_id: UUID,
    do: Act,
    told: Told,
    *,
    permission: Permission = Permission.REQUEST,
    seen: int | None = None,
    invited_by: UUID | None = None,
) -> Response:
    """Do something about the tiers or rosters of a site, and go back to where it is told.

    invited_by is the link that lets somebody act who does not reach the site yet. Raises NotFound when the site, or
    what is acted on, is out of reach.
    """
    batch = new_batch(request, permission, seen)
    try:
        with writing(request) as session:
            site = _reach(session, batch.by.acts, site_id, invited_by)
            done = do(session, batch)
            note(request, session, f"tiers.{told.said}", site, done)
    except NotFound:
        raise
    except DomainError as error:
        return told.refuse(problem_of(request, error))
    days = done.given - done.withdrawn
    query = {"said": told.said, "done": None if told.said == "undone" else done.batch_id, "days": days or None}
    return RedirectResponse(with_query(told.back, **query), 303)


def note(request: Request, session: Session, action: str, site: Site, done: Done | None = None) -> None:
    """Write what was done into the audit log."""
    count = len(done.links) + len(done.entries) if done else 1
    audit.record(
        session,
        at=request.app.state.clock.now(),
        by=viewer_of(request).account.account_id,
        action=action,
        subject=("site", site.site_id),
        contractor_id=site.prime_contractor_id,
        details={"count": count},
    )


def problem_of(request: Request, error: DomainError) -> str:
    """Return why something could not be done, in the reader's words."""
    key = f"tiers.problem.{_why(error)}"
    return word(key if key in WORDS else "tiers.problem.other", language_of(request))


def _why(error: DomainError) -> str:
    if isinstance(error, StructureChanged):
        return "changed"
    if isinstance(error, Overlap):
        return "overlap"
    if isinstance(error, InvalidInput):
        return error.field
    if "upper_contractor_id" in error.ids:
        return "loop"
    if "batch_id" in error.ids or "roster_entry_id" in error.ids:
        return "built_on"
    return "decided" if "state" in error.ids else "not_allowed"


def reached_places(session: Session, scope: Scope, site_id: UUID, texts: Iterable[str]) -> list[Place]:
    """Return the places that a form names as lower:upper. Raises NotFound when one is out of reach, or none is one."""
    places = [Place(*(ContractorId(parse_id(part)) for part in text.split(":", 1))) for text in texts if ":" in text]
    if not places:
        raise InvalidInput("no place was chosen", field="place")
    check_reach(session, scope, site_id, {each for place in places for each in _both(place)})
    return list(dict.fromkeys(places))


def check_reach(session: Session, scope: Scope, site_id: UUID, contractor_ids: Iterable[ContractorId]) -> None:
    """See that contractors stand in the structure as the scope sees it, or are reached otherwise. Raises NotFound."""
    structure = read_structure(session, scope, SiteId(site_id))
    known = {structure.prime_contractor_id, *structure.names}
    for contractor_id in set(contractor_ids) - known:
        reach_contractor(session, scope, contractor_id)


def named_contractor(session: Session, scope: Scope, text: str) -> ContractorId:
    """Return the contractor that was typed. Raises InvalidInput when there is none, or more than one."""
    found = chosen_contractor(session, scope, text.strip()[:200], "several") if text.strip() else None
    if found is None:
        raise InvalidInput("no such contractor", field="upper")
    return found


def check_link(session: Session, site_id: UUID, link_id: UUID) -> None:
    """Raises NotFound unless a link is of a site."""
    link = link_store.find_link(session, link_id)
    if link is None or link.site_id != site_id:
        raise NotFound("no such link at the site", link_id=link_id)


def check_batch(session: Session, site_id: UUID, batch_id: UUID) -> None:
    """Raises NotFound unless a batch was about a site."""
    events = link_store.events_of(session, batch_id)
    of = events[0].site_id if events else None
    if of is None:
        entries = roster_store.entries_of_batch(session, batch_id)
        of = entries[0].site_id if entries else None
    if of != site_id:
        raise NotFound("no such act at the site", batch_id=batch_id)


def parse_id(text: str) -> UUID:
    """Return an id. Raises NotFound when the text is none."""
    try:
        return UUID(text.strip())
    except ValueError:
        raise NotFound("no such id") from None


def _reach(session: Session, scope: Scope, site_id: UUID, link_id: UUID | None) -> Site:
    try:
        return reach_site(session, scope, SiteId(site_id))
    except NotFound:
        link = link_store.find_link(session, link_id) if link_id else None
        if link is None or link.site_id != site_id or not employs(scope, link.contractor_id):
            raise
        return require_site(session, link.site_id)


def _both(place: Place) -> tuple[ContractorId, ContractorId]:
    return place.contractor_id, place.upper_contractor_id
