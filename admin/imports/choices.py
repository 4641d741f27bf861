"""What somebody may import, and for whom: read off his memberships."""

from core.accounts.model import PERMISSIONS, Membership, Permission, Role, Viewer
from core.db import Session
from core.ids import ContractorId
from core.imports.model import ImportKind
from core.registry import store

EVERYBODY = "everybody"
_ALSO_NEEDED = {
    ImportKind.WORKERS: Permission.EDIT_PEOPLE,
    ImportKind.CONTRACTORS: Permission.OPERATE,
    ImportKind.SITES: Permission.EDIT_SITES,
    ImportKind.CARDS: Permission.EDIT_PEOPLE,
}


def kinds(viewer: Viewer) -> list[str]:
    """Return what lists the viewer may bring in."""
    return [
        kind.value for kind, permission in _ALSO_NEEDED.items() if any(_may(each, permission) for each in _of(viewer))
    ]


def contractors(session: Session, viewer: Viewer) -> list[tuple[str, str]]:
    """Return for whom the viewer may bring lists in, as (value, name); the operator's everybody has an empty name."""
    chosen: dict[str, str] = {}
    for membership in _of(viewer):
        if membership.contractor_id is None:
            chosen[EVERYBODY] = ""
        else:
            found = store.find_contractor(session, membership.contractor_id)
            chosen[str(membership.contractor_id)] = found.name if found else ""
    return list(chosen.items())


def whose(viewer: Viewer, kind: ImportKind, chosen: str) -> tuple[ContractorId | None, bool]:
    """Return for which contractor a list is brought in (None: for all), and whether those below it count too.

    What was chosen is believed only where the viewer may; otherwise the first that fits is taken.
    """
    fitting = [each for each in _of(viewer) if _may(each, _ALSO_NEEDED[kind])]
    named = [each for each in fitting if (str(each.contractor_id) if each.contractor_id else EVERYBODY) == chosen]
    membership = (named or fitting)[0]
    is_prime = any(each.role is Role.PRIME_OFFICE for each in named or fitting[:1])
    return membership.contractor_id, is_prime


def _of(viewer: Viewer) -> list[Membership]:
    return [each for each in viewer.memberships if _may(each, Permission.IMPORT)]


def _may(membership: Membership, permission: Permission) -> bool:
    return permission in PERMISSIONS[membership.role]
