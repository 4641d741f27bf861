"""Invitations and who may give what, on both databases."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
import sqlalchemy as sa

from core.accounts import invitation_store, invitations, rules, service
from core.accounts.invitation_store import PeopleFilter
from core.accounts.model import Invitation, Permission, Role, Viewer
from core.accounts.tables import invitations as table
from core.clock import FixedClock
from core.db import Database
from core.errors import InvalidInput, NotAllowed, NotFound
from core.ids import ContractorId
from core.phone import PhoneSealer
from core.registry.model import Site
from tests import factories
from tests.accounts.people import PASSWORD, person

R = Role


@dataclass
class Town:
    """Two contractors, and those who act for them."""

    daiwa: ContractorId
    sato: ContractorId
    site: Site
    operator: Viewer
    office: Viewer  # 大和建設's
    subcontractor: Viewer  # 佐藤工業's


@pytest.fixture
def town(database: Database, sealer: PhoneSealer) -> Town:
    with database.write() as session:
        daiwa, sato = (factories.contractor(session, name) for name in ("大和建設", "佐藤工業"))
        site = factories.site(session, sealer, prime=daiwa)
    return Town(
        daiwa.contractor_id,
        sato.contractor_id,
        site,
        person(database, "operator", R.OPERATOR),
        person(database, "office", R.PRIME_OFFICE, daiwa.contractor_id),
        person(database, "subcontractor", R.SUBCONTRACTOR_OFFICE, sato.contractor_id),
    )


Invite = Callable[..., tuple[Invitation, str]]


@pytest.fixture
def invite(database: Database, clock: FixedClock, town: Town) -> Invite:
    def call(
        viewer: Viewer | None = None,
        role: Role = R.READ_ONLY,
        contractor_id: ContractorId | None = town.daiwa,
        *site_ids: object,
        name: str = "森一郎",
    ) -> tuple[Invitation, str]:
        viewer = viewer or town.office
        drafted = invitations.draft(viewer, name, "", role, contractor_id, site_ids, clock.now())  # type: ignore[arg-type]
        with database.write() as session:
            return invitations.invite(session, viewer, drafted, clock.now())

    return call


def test_only_an_operator_makes_operators(town: Town, invite: Invite) -> None:
    with pytest.raises(NotAllowed):
        invite(town.office, R.OPERATOR, None)


def test_the_invited_one_chooses_login_and_password_and_belongs(
    database: Database, clock: FixedClock, town: Town, invite: Invite
) -> None:
    invitation, token = invite(town.office, R.SITE_MANAGER, town.daiwa, town.site.site_id)
    with database.write() as session:
        assert token not in repr(session.execute(sa.select(table)).all())
        account, _ = invitations.accept_as_new(session, token, "mori", "森一郎", PASSWORD, clock.now())
        joined = service.get_viewer(session, account.account_id).memberships
    assert [(one.role, one.contractor_id, one.site_ids) for one in joined] == [
        (R.SITE_MANAGER, town.daiwa, {town.site.site_id})
    ]
    assert joined[0].membership_id == invitation.invitation_id


def test_a_link_works_once(database: Database, clock: FixedClock, invite: Invite) -> None:
    _, token = invite()
    with database.write() as session:
        invitations.accept_as_new(session, token, "mori", "森一郎", PASSWORD, clock.now())
        assert invitations.find_open(session, token, clock.now()) is None
        with pytest.raises(NotAllowed):
            invitations.accept_as_new(session, token, "hara", "原", PASSWORD, clock.now())


def test_a_link_is_dead_after_a_week_or_when_taken_back(
    database: Database, clock: FixedClock, town: Town, invite: Invite
) -> None:
    first, token = invite()
    second, other = invite()
    with database.write() as session:
        invitations.revoke(session, second.invitation_id, clock.now())
        assert invitations.find_open(session, other, clock.now()) is None
        assert invitations.find_open(session, token, clock.now() + timedelta(days=7, seconds=-1)) is not None
        assert invitations.find_open(session, token, clock.now() + timedelta(days=7)) is None
        scope = town.office.scope(Permission.MANAGE_ACCOUNTS)
        waiting = invitation_store.list_open(session, scope, clock.now())
        assert [one.invitation_id for one in waiting] == [first.invitation_id]
        with pytest.raises(NotFound):
            invitations.revoke(session, second.invitation_id, clock.now())


def test_a_new_link_replaces_the_old_one(database: Database, clock: FixedClock, town: Town, invite: Invite) -> None:
    invitation, old = invite()
    with database.write() as session:
        new = invitations.renew(session, town.office, invitation, clock.now())
        assert [invitations.find_open(session, token, clock.now()) is None for token in (old, new)] == [True, False]


@pytest.mark.parametrize("end", ["disabled", "left"])
def test_a_link_lasts_no_longer_than_the_power_of_who_gave_it(
    database: Database, clock: FixedClock, town: Town, invite: Invite, end: str
) -> None:
    _, token = invite()
    with database.write() as session:
        if end == "disabled":
            service.disable_account(session, "office", clock.now())
        else:
            service.leave(session, town.office.memberships[0].membership_id)
        assert invitations.find_open(session, token, clock.now()) is None


def test_one_account_joins_several_contractors(
    database: Database, clock: FixedClock, town: Town, invite: Invite
) -> None:
    _, token = invite(town.office, R.READ_ONLY)
    _, again = invite(town.office, R.READ_ONLY)
    own = town.subcontractor.account.account_id
    with database.write() as session:
        invitations.accept_as(session, token, own, clock.now())
        viewer = service.get_viewer(session, own)
        with pytest.raises(NotAllowed):
            invitations.accept_as(session, again, own, clock.now())
    assert {(one.role, one.contractor_id) for one in viewer.memberships} == {
        (R.SUBCONTRACTOR_OFFICE, town.sato),
        (R.READ_ONLY, town.daiwa),
    }
    assert viewer.scope(Permission.EDIT_PEOPLE).viewers == {town.sato}


@pytest.mark.parametrize(("role", "name", "field"), [(R.READ_ONLY, " ", "name"), (R.SITE_MANAGER, "森", "site_ids")])
def test_an_unfit_invitation_is_not_taken(invite: Invite, town: Town, role: Role, name: str, field: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        invite(town.office, role, name=name)
    assert raised.value.field == field


def test_who_acts_for_another_contractor_too_is_not_handed_over(database: Database, town: Town) -> None:
    inner = person(database, "inner", R.READ_ONLY, town.daiwa)
    both = person(database, "both", R.READ_ONLY, town.daiwa)
    with database.write() as session:
        service.join(session, both.account.account_id, R.SUBCONTRACTOR_OFFICE, town.sato)
        both = service.get_viewer(session, both.account.account_id)
    assert [rules.may_reset(town.office, one) for one in (inner, both, town.operator, town.office)] == [
        True,
        False,
        False,
        False,
    ]
    assert rules.may_reset(town.operator, both)


def test_the_last_operator_stays(database: Database, clock: FixedClock, town: Town) -> None:
    with database.write() as session:
        with pytest.raises(NotAllowed):
            service.disable_account(session, "operator", clock.now())
        with pytest.raises(NotAllowed):
            service.leave(session, town.operator.memberships[0].membership_id)
    second = person(database, "second", R.OPERATOR)
    with database.write() as session:
        service.disable_account(session, "operator", clock.now())
        with pytest.raises(NotAllowed):
            service.leave(session, second.memberships[0].membership_id)


def test_each_sees_the_people_of_his_contractors(database: Database, town: Town) -> None:
    def listed(viewer: Viewer, **wanted: object) -> list[str]:
        with database.read() as session:
            scope = viewer.scope(Permission.MANAGE_ACCOUNTS)
            found = invitation_store.list_people(session, scope, PeopleFilter(**wanted))  # type: ignore[arg-type]
            assert invitation_store.count_people(session, scope, PeopleFilter(**wanted)) == len(found)  # type: ignore[arg-type]
        return [one.login for one in found]

    assert listed(town.operator) == ["office", "operator", "subcontractor"]
    assert listed(town.office) == ["office"]
    assert listed(town.operator, role=R.SUBCONTRACTOR_OFFICE) == ["subcontractor"]
    assert listed(town.operator, text="OFF") == ["office"]
    assert listed(town.operator, disabled=True) == []
