"""What a prime contractor decided about its tiers."""

from core.db import Session
from core.ids import ContractorId
from core.registry.service import require_contractor
from core.tiering import link_store as store
from core.tiering.link_model import Policy
from core.tiering.link_rules import check_policy


def policy_of(session: Session, prime_contractor_id: ContractorId) -> Policy:
    """Return what a prime contractor decided, or what holds where it decided nothing."""
    return store.find_policy(session, prime_contractor_id) or Policy(prime_contractor_id)


def set_policy(session: Session, policy: Policy) -> Policy:
    """Store a prime contractor's policy. Raises NotFound when there is no such contractor, InvalidInput."""
    check_policy(policy)
    require_contractor(session, policy.prime_contractor_id)
    store.write_policy(session, policy)
    return policy
