"""People for the tests of the accounts: made with their roles, signed in with the right password."""

from core.accounts import service
from core.accounts.model import Account, Role, SignedIn, Viewer
from core.clock import FixedClock
from core.db import Database
from core.ids import ContractorId, SiteId

PASSWORD = "correct horse battery"


def person(
    database: Database,
    login: str,
    role: Role | None = None,
    contractor_id: ContractorId | None = None,
    *site_ids: SiteId,
    email: str = "",
) -> Viewer:
    """Add somebody with a role."""
    with database.write() as session:
        account = service.create_account(session, login, f"{login} さん", PASSWORD, email=email)
        if role is not None:
            service.join(session, account.account_id, role, contractor_id, site_ids)
        return service.get_viewer(session, account.account_id)


def signed_in(database: Database, clock: FixedClock, account: Account, *, factor_required: bool = False) -> SignedIn:
    """Give the right password."""
    with database.write() as session:
        done = service.sign_in(session, account.login, clock.now(), is_right=True, factor_required=factor_required)
    assert done is not None
    return done
