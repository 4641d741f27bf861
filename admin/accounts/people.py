"""Who may sign in: the people of one's contractors, their roles, and what an administrator can do for them."""

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from admin.access import needs, reading, scope_of, viewer_of, writing
from admin.accounts import mails
from admin.pages import RowNumber, render, with_query
from core.accounts import factor_store, invitation_store, links, rules, second_factor, service, sessions, store
from core.accounts.invitation_store import PeopleFilter
from core.accounts.model import Account, LinkPurpose, Membership, Permission, Role, Viewer
from core.audit import service as audit
from core.clock import work_date
from core.db import Session
from core.errors import NotAllowed, NotFound
from core.ids import AccountId, ContractorId
from core.registry import titles
from core.registry.paging import PAGE_ROWS, Listed
from core.scope import Scope

router = APIRouter(dependencies=[needs(Permission.MANAGE_ACCOUNTS)])

STATES = ("active", "disabled")
DONE = ("ended", "mailed", "unlocked", "factor", "disabled", "enabled", "revoked")


@router.get("/accounts")
def show_people(
    request: Request, q: str = "", role: str = "", state: str = "", offset: RowNumber = 0, done: str = ""
) -> Response:
    viewer, scope = viewer_of(request), scope_of(request, Permission.MANAGE_ACCOUNTS)
    now = request.app.state.clock.now()
    wanted = PeopleFilter(q, Role(role) if role in set(Role) else None, None, _is_disabled(state))
    with reading(request, Permission.MANAGE_ACCOUNTS) as session:
        found = invitation_store.list_people(session, scope, wanted, offset=max(0, offset), limit=PAGE_ROWS)
        total = invitation_store.count_people(session, scope, wanted)
        people = [Viewer(each, joined) for each, joined in _joined(session, scope, found)]
        waiting = invitation_store.list_open(session, scope, now)
        named = {m.contractor_id for person in people for m in person.memberships} | {w.contractor_id for w in waiting}
        names = titles.contractor_names(session, scope, {one for one in named if one})
        with_factor = factor_store.accounts_with_factor(session, [each.account_id for each in found])
        inviters = invitation_store.names_of(session, scope, [each.invited_by for each in waiting])
    query = {"q": q or None, "role": role or None, "state": state or None}
    listed = Listed(tuple(people), total, max(0, offset))
    return render(
        request,
        "accounts/people.html",
        people=listed,
        names=names,
        with_factor=with_factor,
        waiting=waiting,
        inviters=inviters,
        may_invite=viewer.is_operator or bool(scope.viewers),
        q=q,
        role=role,
        state=state,
        roles=list(Role) if viewer.is_operator else [each for each in Role if each is not Role.OPERATOR],
        states=STATES,
        previous=_page(query, listed.previous_offset),
        next=_page(query, listed.next_offset),
        done=done if done in DONE else "",
        now=now,
        today=work_date(now),
    )


@router.get("/accounts/{account_id}")
def show_person(request: Request, account_id: UUID, done: str = "") -> Response:
    return _show_person(request, account_id, done=done if done in DONE else "")


@router.post("/accounts/{account_id}/leave")
def end_membership(request: Request, account_id: UUID, membership_id: Annotated[UUID, Form()]) -> Response:
    with writing(request) as session:
        person = _person(request, session, account_id)
        membership = next((each for each in person.memberships if each.membership_id == membership_id), None)
        if membership is None:
            raise NotFound("there is no such membership")
        if not rules.may_end(viewer_of(request), membership):
            raise NotAllowed("nobody ends what he could not have given")
        service.leave(session, membership_id)
        details = {"role": membership.role}
        _record(request, session, "account.left", person, membership.contractor_id, details)
        is_gone = not _reached(service.get_viewer(session, AccountId(account_id)), _scope(request))
    return RedirectResponse("/accounts?done=ended" if is_gone else f"/accounts/{account_id}?done=ended", 303)


@router.post("/accounts/{account_id}/reset")
def reset_password(request: Request, account_id: UUID, how: Annotated[str, Form()] = "mail") -> Response:
    """Mail a link for another password to the person's own address, or show it to be handed over."""
    now, purpose = request.app.state.clock.now(), LinkPurpose.RESET
    with writing(request) as session:
        person = _person(request, session, account_id)
        is_mailed = how == "mail" and mails.can_mail(request) and bool(person.account.email)
        if not is_mailed and not rules.may_reset(viewer_of(request), person):
            raise NotAllowed("only who manages all of a person's roles is handed the link")
        lifetime = links.LIFETIMES[purpose] if is_mailed else links.HANDED_OVER_FOR
        token = links.make_link(session, person.account.account_id, purpose, now, lifetime=lifetime)
        path = f"/sign-in/reset/{token}"
        if is_mailed:
            mails.post_link(request, session, person.account, mails.RESET, path, now + lifetime)
        _record(request, session, "account.reset_offered", person, person.only_contractor_id)
    if is_mailed:
        return RedirectResponse(f"/accounts/{account_id}?done=mailed", 303)
    return _show_person(request, account_id, link=mails.link_to(request, path))


@router.post("/accounts/{account_id}/unlock")
def unlock(request: Request, account_id: UUID) -> Response:
    with writing(request) as session:
        person = _person(request, session, account_id)
        service.unlock(session, person.account.login)
        _record(request, session, "account.unlocked", person, person.only_contractor_id)
    return RedirectResponse(f"/accounts/{account_id}?done=unlocked", 303)


@router.post("/accounts/{account_id}/second-factor/remove")
def remove_second_factor(request: Request, account_id: UUID) -> Response:
    """Take a person's second factor away: he has lost his phone and his recovery codes."""
    with writing(request) as session:
        person = _person(request, session, account_id)
        if not rules.may_reset(viewer_of(request), person):
            raise NotAllowed("only who manages all of a person's roles may do this")
        second_factor.remove(session, person.account.account_id)
        sessions.end_all_sessions(session, person.account.account_id)
        _record(request, session, "account.second_factor_removed", person, person.only_contractor_id)
    return RedirectResponse(f"/accounts/{account_id}?done=factor", 303)


@router.post("/accounts/{account_id}/disable", dependencies=[needs(Permission.OPERATE)])
def disable(request: Request, account_id: UUID) -> Response:
    with writing(request) as session:
        person = _person(request, session, account_id)
        if person.account.account_id == viewer_of(request).account.account_id:
            raise NotAllowed("nobody disables his own account")
        service.disable_account(session, person.account.login, request.app.state.clock.now())
        _record(request, session, "account.disabled", person, person.only_contractor_id)
    return RedirectResponse(f"/accounts/{account_id}?done=disabled", 303)


@router.post("/accounts/{account_id}/enable", dependencies=[needs(Permission.OPERATE)])
def enable(request: Request, account_id: UUID) -> Response:
    with writing(request) as session:
        person = _person(request, session, account_id)
        service.enable_account(session, person.account.login)
        _record(request, session, "account.enabled", person, person.only_contractor_id)
    return RedirectResponse(f"/accounts/{account_id}?done=enabled", 303)


def _show_person(request: Request, account_id: UUID, *, done: str = "", link: str | None = None) -> Response:
    viewer, scope = viewer_of(request), _scope(request)
    now = request.app.state.clock.now()
    with reading(request, Permission.MANAGE_ACCOUNTS) as session:
        person = _person(request, session, account_id)
        shown = _reached(person, scope)
        names = titles.contractor_names(session, scope, {each.contractor_id for each in shown if each.contractor_id})
        sites = titles.site_names(session, scope, {site_id for each in shown for site_id in each.site_ids})
        factor = second_factor.find_factor(session, person.account.account_id)
    return render(
        request,
        "accounts/person.html",
        person=person.account,
        memberships=shown,
        names=names,
        sites=sites,
        factor=factor,
        endable={each.membership_id for each in shown if rules.may_end(viewer, each)},
        may_reset=rules.may_reset(viewer, person),
        is_own=person.account.account_id == viewer.account.account_id,
        is_locked=service.is_locked(person.account, now),
        can_mail=mails.can_mail(request) and bool(person.account.email),
        link=link,
        done=done,
        today=work_date(now),
    )


def _person(request: Request, session: Session, account_id: UUID) -> Viewer:
    """Return somebody with all of his memberships. Raises NotFound when he acts for none of one's contractors."""
    person, scope = service.get_viewer(session, AccountId(account_id)), _scope(request)
    if not scope.everything and not _reached(person, scope):
        raise NotFound("there is no such account")
    return person


def _reached(person: Viewer, scope: Scope) -> tuple[Membership, ...]:
    """Return the memberships a viewer may know of: those of his own contractors."""
    if scope.everything:
        return person.memberships
    return tuple(each for each in person.memberships if each.contractor_id in scope.viewers)


def _joined(session: Session, scope: Scope, found: list[Account]) -> list[tuple[Account, tuple[Membership, ...]]]:
    joined = store.memberships_of(session, [each.account_id for each in found])
    own = {each.account_id: tuple(one for one in joined if one.account_id == each.account_id) for each in found}
    return [(each, _reached(Viewer(each, own[each.account_id]), scope)) for each in found]


def _scope(request: Request) -> Scope:
    return scope_of(request, Permission.MANAGE_ACCOUNTS)


def _is_disabled(state: str) -> bool | None:
    return None if state not in STATES else state == "disabled"


def _page(query: dict[str, str | None], offset: int | None) -> str | None:
    return None if offset is None else with_query("/accounts", **query, offset=offset or None)


def _record(
    request: Request,
    session: Session,
    action: str,
    person: Viewer,
    contractor_id: ContractorId | None,
    details: Mapping[str, object] | None = None,
) -> None:
    audit.record(
        session,
        at=request.app.state.clock.now(),
        by=viewer_of(request).account.account_id,
        action=action,
        subject=("account", person.account.account_id),
        contractor_id=contractor_id,
        details=details,
    )
