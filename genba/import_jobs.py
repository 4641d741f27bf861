"""Imports in the background: what the registry's work needs of the ledger is put together here."""

from uuid import UUID

from core.attendance import standing
from core.attendance.rejudging import rejudge_caller
from core.ids import CardId, PhoneId, WorkerId
from core.imports import batches as import_batches
from core.imports import work as import_work
from core.work import service as work
from core.work.model import Mark
from genba.runtime import Runtime


def carry_out(runtime: Runtime, marks: list[Mark]) -> None:
    """Preview, write or undo the marks' batches, as their states ask for."""
    settings = runtime.settings
    tools = import_work.Tools(runtime.database, settings.sealer, runtime.clock, standing, settings.phone_regions)
    for mark in marks:
        import_work.carry_out(tools, mark)


def rejudge(runtime: Runtime, marks: list[Mark]) -> None:
    """Judge the earlier punches of phones, cards and workers again that an import made known."""
    for mark in marks:
        kind, _, subject = mark.subject.partition(":")
        with runtime.database.write() as session:
            if kind == "phone":
                rejudge_caller(session, runtime.clock.now(), phone_id=PhoneId(UUID(subject)))
            elif kind == "card":
                rejudge_caller(session, runtime.clock.now(), card_id=CardId(UUID(subject)))
            else:
                rejudge_caller(session, runtime.clock.now(), worker_id=WorkerId(UUID(subject)))
            work.finish(session, [mark])


def forget_old(runtime: Runtime) -> None:
    """Destroy what was read from files long ago."""
    with runtime.database.write() as session:
        import_batches.forget_old(session, runtime.clock.now())
