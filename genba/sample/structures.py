"""Who works under whom in the sample world: accepted on all sites but the first, where it waits for somebody."""

from collections.abc import Sequence
from datetime import datetime

from core.db import Database, Session
from core.ids import SiteId
from core.scope import EVERYTHING
from core.tiering import proposing, service
from core.tiering.link_model import Batch, Linker, Place
from core.tiering.structure import read_structure

OFFICE = "見本 元請事務"


def propose_and_settle(database: Database, site_ids: Sequence[SiteId], now: datetime) -> None:
    """Propose the structure of every site, and accept what is proposed on all but the first."""
    for number, site_id in enumerate(site_ids):
        with database.read() as session:
            thought = proposing.think(session, site_id, now)
        with database.write() as session:
            service.bring_up_to_date(session, *thought, now)
            if number > 0:
                _settle(session, site_id, now)


def _settle(session: Session, site_id: SiteId, now: datetime) -> None:
    nodes = read_structure(session, EVERYTHING, site_id).nodes
    places = [Place(node.contractor_id, node.upper_contractor_id) for node in nodes]
    service.settle(session, Batch(Linker(None, OFFICE, EVERYTHING), now), site_id, places)
