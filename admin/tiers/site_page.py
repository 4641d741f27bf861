"""The page of a site's structure: shown as it now is, also in answer to what could not be done."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from fastapi import Request
from fastapi.responses import Response

from admin.access import reading, scope_of, viewer_of, writing
from admin.pages import language_of, render
from admin.tiers.acting import Refuse
from admin.tiers.shown import A_VISIT, MOST_NEWS, Means, Row, anchor_of, means_of, news_of, rows_of
from admin.tiers.tree import BOX_HEIGHT, BOX_WIDTH, draw
from admin.words import WORDS, word
from core.accounts.model import Permission
from core.clock import work_date
from core.db import Session
from core.ids import ContractorId, SiteId
from core.registry.choosing import contractor_choices
from core.registry.reach import reach_site
from core.tiering.proposal_model import NodeState, Structure
from core.tiering.structure import note_look, read_structure
from core.tiering.structure_store import names_of

CARDS_AT_ONCE = 12  # what needs a decision beyond them is loaded when it comes into view


def render_structure(
    request: Request, site_id: UUID, *, said: dict[str, Any] | None = None, problem: str = "", status_code: int = 200
) -> Response:
    """Return the page of a site's structure as it now is. Raises NotFound when the site is out of reach."""
    scope, now = scope_of(request), request.app.state.clock.now()
    account_id = viewer_of(request).account.account_id
    with reading(request) as session:
        site = reach_site(session, scope, SiteId(site_id))
        structure = read_structure(session, scope, site.site_id, account_id)
        means = means_of(request, session, site, structure)
        news = news_of(request, session, site)
        names = dict(structure.names) | names_of(
            session, {event.upper_contractor_id for event in news.events} | {e.contractor_id for e in news.events}
        )
    rows = rows_of(request, structure, news)
    response = render(
        request,
        "tiers/site.html",
        status_code=status_code,
        site=site,
        base=f"/sites/{site_id}/tiers",
        structure=structure,
        tree=draw(structure),
        box_width=BOX_WIDTH,
        box_height=BOX_HEIGHT,
        anchor_of=anchor_of,
        means=means,
        names=names,
        news=news,
        most_news=MOST_NEWS,
        cards_at_once=CARDS_AT_ONCE,
        said=said,
        problem=problem,
        is_page=False,
        today=work_date(now),
        **_parts(rows),
    )
    if news.look is None or now - news.look.looked_at > A_VISIT:
        with writing(request) as session:
            note_look(session, account_id, structure, now)
    if said:
        response.headers["HX-Trigger"] = "count-changed"
    return response


def render_decisions(request: Request, site_id: UUID, anchors: Collection[str]) -> Response:
    """Return the cards of those places that still need a decision. Raises NotFound when the site is out of reach."""
    scope = scope_of(request)
    with reading(request) as session:
        site = reach_site(session, scope, SiteId(site_id))
        structure = read_structure(session, scope, site.site_id, viewer_of(request).account.account_id)
        means = means_of(request, session, site, structure)
        rows = rows_of(request, structure, news_of(request, session, site))
    return render(
        request,
        "tiers/decisions.html",
        rows=[row for row in rows if row.needs_decision and row.anchor in anchors],
        base=f"/sites/{site_id}/tiers",
        structure=structure,
        means=means,
        is_page=False,
    )


def render_uppers(request: Request, site_id: UUID) -> Response:
    """Return the names to choose an upper from. Raises NotFound when the site is out of reach."""
    scope = scope_of(request)
    with reading(request) as session:
        site = reach_site(session, scope, SiteId(site_id))
        structure = read_structure(session, scope, site.site_id)
        names = uppers_of(request, session, structure, means_of(request, session, site, structure))
    return render(request, "tiers/uppers.html", uppers=names)


def refusal(request: Request, site_id: UUID) -> Refuse:
    """Return what answers an act that cannot be done: the structure as it now is, and why."""
    return lambda problem: render_structure(request, site_id, problem=problem, status_code=409)


def _parts(rows: Sequence[Row]) -> dict[str, Any]:
    """Return the rows as the page orders them: what needs a decision, what is sure, what is decided."""
    return {
        "to_decide": [row for row in rows if row.needs_decision],
        "sure": [row for row in rows if row.node.is_sure],
        "settled": [row for row in rows if not row.needs_decision and not row.node.is_sure],
        "count": len({row.node.contractor_id for row in rows}),
        "accepted": sum(row.node.state is NodeState.ACCEPTED for row in rows),
        "invited": sum(row.node.state is NodeState.INVITED for row in rows),
        "too_deep": [row for row in rows if row.node.is_too_deep],
        "asked_anew": [row for row in rows if row.is_new and (row.node.link_id is None or row.node.question)],
    }


def said_of(request: Request, said: str, done: str, days: int) -> dict[str, Any] | None:
    """Return what has just been done: the sentence, and the batch that undoing takes."""
    key, lang = f"tiers.said.{said}", language_of(request)
    if key not in WORDS:
        return None
    text = word(key, lang)
    if days:
        text += " " + word("tiers.said.days" if days > 0 else "tiers.said.days_back", lang, count=f"{abs(days):,}")
    try:
        batch = str(UUID(done))
    except ValueError:
        batch = ""
    return {"text": text, "batch": batch}


def uppers_of(
    request: Request, session: Session, structure: Structure, means: Means, but: ContractorId | None = None
) -> list[str]:
    """Return the names of uppers to choose from: those on the site first. Anything else may be typed all the same."""
    if not (means.settles or means.own):
        return []
    here = [structure.prime_name, *(node.name for node in structure.nodes if node.contractor_id != but)]
    known = [name for _, name in contractor_choices(session, scope_of(request, Permission.REQUEST))]
    return list(dict.fromkeys([*here, *known]))
