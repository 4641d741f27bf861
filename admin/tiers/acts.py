"""What is done about the structure of a site: every route changes something, and can be undone."""

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response

from admin.access import needs
from admin.pages import local_path
from admin.tiers.acting import (
    MAX_NOTE_CHARS,
    Told,
    act,
    check_batch,
    check_link,
    check_reach,
    named_contractor,
    parse_id,
    reached_places,
)
from admin.tiers.site_page import refusal
from core.accounts.model import Permission
from core.clock import work_date
from core.db import Session
from core.errors import InvalidInput
from core.ids import ContractorId, SiteId
from core.registry.mending import Unmendable, mend_date
from core.registry.places import require_site
from core.tiering import service
from core.tiering.link_model import Batch, Link, Place
from core.tiering.policies import policy_of
from core.tiering.proposal_store import proposed_at
from core.tiering.service import Done
from core.tiering.structure import read_structure

router = APIRouter()
BASE = "/sites/{site_id}/tiers"
OF_CONTRACTOR = f"{BASE}/contractors/{{contractor_id}}"
MOST_PLACES = 500
Seen = Annotated[int | None, Form()]
Text = Annotated[str, Form(max_length=MAX_NOTE_CHARS)]


class LinkStep(StrEnum):
    """What may be done to a formal link; the values stand in addresses."""

    ACCEPT = "accept"
    DECLINE = "decline"
    WITHDRAW = "withdraw"
    END = "end"
    REMOVE = "remove"
    KEEP = "keep"


_SAID = {
    LinkStep.ACCEPT: "accepted",
    LinkStep.DECLINE: "declined",
    LinkStep.WITHDRAW: "withdrawn",
    LinkStep.END: "ended",
    LinkStep.REMOVE: "removed",
    LinkStep.KEEP: "kept",
}


@router.post(f"{BASE}/accept", dependencies=[needs(Permission.SETTLE)])
def accept_places(
    request: Request,
    site_id: UUID,
    place: Annotated[list[str], Form()] = [],  # noqa: B006
    seen: Seen = None,
) -> Response:
    """Accept the places that the form names, as they were shown; where the policy asks each contractor, invite them."""

    def do(session: Session, batch: Batch) -> Done:
        places = reached_places(session, batch.by.acts, site_id, " ".join(place).split()[:MOST_PLACES])
        site = require_site(session, SiteId(site_id))
        if policy_of(session, site.prime_contractor_id).accepts_at_once:
            return service.settle(session, batch, site.site_id, [*places, *_beside(session, batch, site_id, places)])
        return _invite_all(session, batch, site_id, places)

    return act(request, site_id, do, _told(request, site_id, "settled"), permission=Permission.SETTLE, seen=seen)


@router.post(f"{OF_CONTRACTOR}/upper", dependencies=[needs(Permission.REQUEST)])
def set_upper(
    request: Request,
    site_id: UUID,
    contractor_id: UUID,
    upper: Text = "",
    upper_id: Text = "",
    how: Text = "instead",
    seen: Seen = None,
) -> Response:
    """Say below whom a contractor stands: instead of where it stood, beside it (split), or by inviting it."""

    def do(session: Session, batch: Batch) -> Done:
        scope = batch.by.acts
        chosen = ContractorId(parse_id(upper_id)) if upper_id else named_contractor(session, scope, upper)
        wanted = Place(ContractorId(contractor_id), chosen)
        check_reach(session, scope, site_id, [wanted.contractor_id, wanted.upper_contractor_id])
        if how == "invite":
            return service.invite(session, batch, SiteId(site_id), wanted)
        places = [wanted]
        if how == "beside":
            places += _places_of(session, batch, site_id, wanted.contractor_id)
        return _settle_knowingly(session, batch, site_id, places)

    said = {"invite": "invited", "beside": "split"}.get(how, "moved")
    return act(request, site_id, do, _told(request, site_id, said), permission=Permission.REQUEST, seen=seen)


@router.post(f"{BASE}/invite", dependencies=[needs(Permission.REQUEST)])
def invite_named(
    request: Request, site_id: UUID, lower: Text = "", upper: Text = "", upper_id: Text = "", seen: Seen = None
) -> Response:
    """Invite a contractor, given by name or CCUS id, below one of the viewer's own or below another at the site."""

    def do(session: Session, batch: Batch) -> Done:
        above = ContractorId(parse_id(upper_id)) if upper_id else _upper_at(session, batch, site_id, upper.strip())
        wanted = Place(named_contractor(session, batch.by.acts, lower), above)
        check_reach(session, batch.by.acts, site_id, [wanted.upper_contractor_id])
        return service.invite(session, batch, SiteId(site_id), wanted)

    return act(request, site_id, do, _told(request, site_id, "invited"), permission=Permission.REQUEST, seen=seen)


@router.post(f"{OF_CONTRACTOR}/merge", dependencies=[needs(Permission.SETTLE)])
def merge(request: Request, site_id: UUID, contractor_id: UUID, upper_id: Text = "", seen: Seen = None) -> Response:
    """Let a contractor that stands under two stand below one of them only."""

    def do(session: Session, batch: Batch) -> Done:
        wanted = Place(ContractorId(contractor_id), ContractorId(parse_id(upper_id)))
        check_reach(session, batch.by.acts, site_id, [wanted.contractor_id, wanted.upper_contractor_id])
        return _settle_knowingly(session, batch, site_id, [wanted])

    return act(request, site_id, do, _told(request, site_id, "merged"), permission=Permission.SETTLE, seen=seen)


@router.post(f"{OF_CONTRACTOR}/reject", dependencies=[needs(Permission.SETTLE)])
def reject(
    request: Request, site_id: UUID, contractor_id: UUID, upper_id: Text = "", note: Text = "", seen: Seen = None
) -> Response:
    """Say that a proposed upper is wrong, without saying which is right."""

    def do(session: Session, batch: Batch) -> Done:
        wanted = Place(ContractorId(contractor_id), ContractorId(parse_id(upper_id)))
        check_reach(session, batch.by.acts, site_id, [wanted.contractor_id, wanted.upper_contractor_id])
        return service.reject(session, batch, SiteId(site_id), wanted, note.strip())

    return act(request, site_id, do, _told(request, site_id, "rejected"), permission=Permission.SETTLE, seen=seen)


@dataclass(frozen=True, slots=True)
class _Typed:
    """What the form of a step says; next is where the browser goes on to."""

    against: Text = ""
    last_day: Text = ""
    note: Text = ""
    seen: Seen = None
    next: Text = ""


@router.post(f"{BASE}/links/{{link_id}}/{{step}}", dependencies=[needs(Permission.REQUEST)])
def change_link(
    request: Request, site_id: UUID, link_id: UUID, step: LinkStep, typed: Annotated[_Typed, Depends()]
) -> Response:
    """Do the next step of a formal link, in one's own name or for somebody else (代行)."""
    note = typed.note.strip()

    def do(session: Session, batch: Batch) -> Done:
        check_link(session, site_id, link_id)
        match step:
            case LinkStep.ACCEPT:
                return service.accept(session, batch, link_id)
            case LinkStep.DECLINE:
                return service.decline(session, batch, link_id, note)
            case LinkStep.WITHDRAW:
                return service.withdraw(session, batch, link_id)
            case LinkStep.END:
                return service.end(session, batch, link_id, _day(request, typed.last_day), note)
            case LinkStep.REMOVE:
                return service.remove(session, batch, link_id, note)
            case LinkStep.KEEP:
                return service.keep(session, batch, link_id, ContractorId(parse_id(typed.against)))

    told = _told(request, site_id, _SAID[step], typed.next)
    return act(request, site_id, do, told, seen=typed.seen, invited_by=link_id)


@router.post(f"{BASE}/undo", dependencies=[needs(Permission.REQUEST)])
def undo(
    request: Request,
    site_id: UUID,
    batch: Text = "",
    next: Text = "",  # noqa: A002 - the name in the address
) -> Response:
    """Take back all that an act did, with the days that count because of it."""

    def do(session: Session, own: Batch) -> Done:
        undone = parse_id(batch)
        check_batch(session, site_id, undone)
        return service.undo(session, own, undone)

    return act(request, site_id, do, _told(request, site_id, "undone", next))


def _told(request: Request, site_id: UUID, said: str, back: str = "") -> Told:
    return Told(said, local_path(back) if back else f"/sites/{site_id}/tiers", refusal(request, site_id))


def _settle_knowingly(session: Session, batch: Batch, site_id: UUID, places: list[Place]) -> Done:
    """Accept places that a person chose with the proposal before his eyes: what it says is no question any more."""
    done = service.settle(session, batch, SiteId(site_id), places)
    proposed = {each.contractor_id: each.upper_contractor_id for each in proposed_at(session, SiteId(site_id))}
    chosen = {link.upper_contractor_id for link in done.links}
    for link in done.links:
        against = proposed.get(link.contractor_id)
        if against is not None and against not in chosen:
            service.keep(session, replace(batch, seen=None), link.link_id, against)
    return done


def _invite_all(session: Session, batch: Batch, site_id: UUID, places: list[Place]) -> Done:
    links: list[Link] = []
    given = 0
    for place in places:
        done = service.invite(session, batch, SiteId(site_id), place)
        links += done.links
        given += done.given
    return Done(batch.batch_id, tuple(links), (), given)


def _beside(session: Session, batch: Batch, site_id: UUID, places: list[Place]) -> list[Place]:
    """Return the accepted places of the same contractors: accepting one place more takes none of them away."""
    own = {place.contractor_id for place in places}
    return [place for each in own for place in _places_of(session, batch, site_id, each, only_accepted=True)]


def _places_of(
    session: Session, batch: Batch, site_id: UUID, contractor_id: ContractorId, *, only_accepted: bool = False
) -> list[Place]:
    nodes = read_structure(session, batch.by.acts, SiteId(site_id)).nodes
    return [
        Place(node.contractor_id, node.upper_contractor_id)
        for node in nodes
        if node.contractor_id == contractor_id and (node.state == "accepted" or not only_accepted)
    ]


def _upper_at(session: Session, batch: Batch, site_id: UUID, name: str) -> ContractorId:
    """Return the contractor of a name: of several that are called so, the one at the site."""
    structure = read_structure(session, batch.by.acts, SiteId(site_id))
    here = {structure.prime_contractor_id: structure.prime_name, **structure.names}
    found = [contractor_id for contractor_id, each in here.items() if each == name]
    return found[0] if len(found) == 1 else named_contractor(session, batch.by.acts, name)


def _day(request: Request, text: str) -> date:
    if not text.strip():
        return work_date(request.app.state.clock.now())
    try:
        return mend_date(text).value
    except Unmendable:
        raise InvalidInput("no such day", field="last_day") from None
