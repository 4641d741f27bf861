"""Which rows somebody may see: said once for each request, held by the queries' own filters and by the database.

A contractor sees its sites whole as their prime, and its own people (with the tiers below it) wherever they work. Which
sites, workers and contractors that reaches is kept in the grant table of the registry.
"""

from dataclasses import dataclass

from core.ids import ContractorId, SiteId, WorkerId


@dataclass(frozen=True, slots=True)
class Scope:
    """What one viewer may see. Empty sets reach nothing."""

    everything: bool = False  # the operator
    primes: frozenset[ContractorId] = frozenset()  # whose sites are seen whole
    sites: frozenset[SiteId] = frozenset()  # single sites that are seen whole: a site manager's
    employers: frozenset[ContractorId] = frozenset()  # whose people are seen, and those of the tiers below
    worker_id: WorkerId | None = None  # a worker who looks at his own record

    def __or__(self, other: "Scope") -> "Scope":
        return Scope(
            self.everything or other.everything,
            self.primes | other.primes,
            self.sites | other.sites,
            self.employers | other.employers,
            self.worker_id or other.worker_id,
        )

    @property
    def viewers(self) -> frozenset[ContractorId]:
        """The contractors in whose name somebody looks."""
        return self.primes | self.employers


EVERYTHING = Scope(everything=True)
NOTHING = Scope()
