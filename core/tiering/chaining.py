"""What the links of a site add up to for each contractor: since when its chain is whole, and else whose move it is.

It is kept because a worker, or a contractor deep below, may see why a day does not count, and not the links above.
"""

from datetime import date

from core.attendance.counting import Mover
from core.db import Session
from core.registry.model import Site
from core.tiering import link_store as store
from core.tiering.link_model import Chain, LinkState
from core.tiering.link_rules import Chains

FIRST_DAY = date(1970, 1, 1)  # the prime's own chain is whole from the beginning


def refresh_chains(session: Session, site: Site) -> None:
    """Keep what the links of a site add up to by now. A contractor without links has no chain, and no row."""
    links = [link for link in store.links_at(session, site.site_id) if link.state.holds or link.state.is_open]
    chains = Chains(site, links)
    invited = {link.contractor_id for link in links if link.state is LinkState.INVITED}
    prime = site.prime_contractor_id
    found = [Chain(site.site_id, prime, prime, FIRST_DAY, None, Mover.PRIME)]
    for contractor_id in sorted({link.contractor_id for link in links}):
        spans = chains.spans(contractor_id)
        gap = chains.gap(contractor_id)
        mover = Mover.PRIME if gap not in invited else Mover.EMPLOYER if gap == contractor_id else Mover.UPPER
        found.append(
            Chain(
                site_id=site.site_id,
                contractor_id=contractor_id,
                prime_contractor_id=site.prime_contractor_id,
                whole_from=min(span.valid_from for span in spans) if spans else None,
                whole_until=spans[-1].valid_until if spans else None,
                mover=mover,
            )
        )
    store.replace_chains(session, site.site_id, found)
