"""A participation that the registry ends or lets go on, with the accepted link that stands for it."""

from datetime import date
from uuid import UUID

from core.db import Session
from core.registry.places import end_participation
from core.tiering import link_store, service
from core.tiering.link_model import Batch, LinkState
from core.tiering.service import Done


def end_part(session: Session, batch: Batch, participation_id: UUID, last_day: date | None) -> Done | None:
    """Let a contractor take part until a last day, None: on and on again; its link ends, or holds again, with it.

    Returns what it meant for the tiers; None where no link stands for the participation. Raises as places.
    end_participation() and service.end() do, NotAllowed when something newer builds on the end that is taken back.
    """
    link = link_store.find_link_of(session, participation_id)
    if link is None or (last_day is None and link.state is not LinkState.ENDED):
        end_participation(session, participation_id, last_day)
        return None
    done = None
    if link.state is LinkState.ENDED:
        done = service.undo(session, batch, link_store.newest_event(session, link).batch_id)
    if last_day is not None:  # an act of its own: what takes something back is not taken back itself
        done = service.end(session, Batch(batch.by, batch.now), link.link_id, last_day)
    return done
