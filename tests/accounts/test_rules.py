"""Who may give which role: nobody gives more than he has. Pure."""

import pytest

from core.accounts import rules
from core.accounts.model import Account, Membership, Role, Viewer
from core.errors import InvalidInput
from core.ids import AccountId, ContractorId, uuid7

R = Role
DAIWA, SATO = ContractorId(uuid7()), ContractorId(uuid7())


def viewer(*roles: tuple[Role, ContractorId | None]) -> Viewer:
    account = Account(AccountId(uuid7()), "mori", "森一郎", "")
    return Viewer(account, tuple(Membership(uuid7(), account.account_id, role, whose) for role, whose in roles))


@pytest.mark.parametrize(
    ("own", "whose", "roles"),
    [
        (R.OPERATOR, DAIWA, set(R) - {R.OPERATOR}),
        (R.OPERATOR, None, {R.OPERATOR}),
        (R.PRIME_OFFICE, DAIWA, {R.PRIME_OFFICE, R.SITE_MANAGER, R.SUBCONTRACTOR_OFFICE, R.READ_ONLY}),
        (R.PRIME_OFFICE, SATO, set()),
        (R.PRIME_OFFICE, None, set()),
        (R.REGISTRATION_MANAGER, DAIWA, {R.REGISTRATION_MANAGER, R.ACCOUNTANT, R.READ_ONLY}),
        (R.SUBCONTRACTOR_OFFICE, DAIWA, {R.SUBCONTRACTOR_OFFICE}),
        (R.SITE_MANAGER, DAIWA, set()),
        (R.ACCOUNTANT, DAIWA, set()),
        (R.READ_ONLY, DAIWA, set()),
    ],
)
def test_nobody_gives_more_than_he_has(own: Role, whose: ContractorId | None, roles: set[Role]) -> None:
    giver = viewer((own, None if own is R.OPERATOR else DAIWA))
    assert set(rules.givable_roles(giver, whose)) == roles


def test_two_roles_for_one_contractor_add_up_and_those_for_two_do_not() -> None:
    both = viewer((R.PRIME_OFFICE, DAIWA), (R.REGISTRATION_MANAGER, DAIWA))
    assert R.ACCOUNTANT in rules.givable_roles(both, DAIWA)
    apart = viewer((R.PRIME_OFFICE, DAIWA), (R.REGISTRATION_MANAGER, SATO))
    assert R.SITE_MANAGER not in rules.givable_roles(apart, SATO)


def test_nobody_ends_his_own_membership_or_one_he_could_not_have_given() -> None:
    office, other, manager = (viewer((role, DAIWA)) for role in (R.PRIME_OFFICE, R.READ_ONLY, R.REGISTRATION_MANAGER))
    asked = (office, other, manager)
    assert [rules.may_end(office, one.memberships[0]) for one in asked] == [False, True, False]


@pytest.mark.parametrize("role", list(R))
def test_who_reaches_most_needs_a_second_factor(role: Role) -> None:
    needed = role in {R.OPERATOR, R.PRIME_OFFICE, R.REGISTRATION_MANAGER}
    assert rules.needs_second_factor(viewer((role, DAIWA)).memberships) == needed


@pytest.mark.parametrize("text", ["", "mori@example.jp", " mori@example.jp "])
def test_a_mail_address_is_taken_without_outer_spaces(text: str) -> None:
    assert rules.parse_email(text) == text.strip()


@pytest.mark.parametrize("text", ["mori", "mori@", "a@b.jp\nBcc: x@y.jp", "a b@c.jp", "x" * 250 + "@b.jp"])
def test_what_is_no_mail_address_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        rules.parse_email(text)
