"""`genba rosters`: what an operator does about rosters that were handed in."""

import click

from core.audit import service as audit
from core.registry import naming
from core.registry.service import require_worker
from core.tiering import submitting
from genba.runtime import open_runtime


@click.group("rosters")
def rosters() -> None:
    """Handed-in rosters (作業員名簿): erase a person from them."""


@rosters.command("forget-person")
@click.argument("named", metavar="WORKER")
@click.option("--yes", "is_sure", is_flag=True, help="Do not ask.")
def forget_person(named: str, is_sure: bool) -> None:
    """Erase the person WORKER (a name, CCUS id or id) from every roster that was handed in so far.

    His rows are sealed under a key of his own, which is destroyed: nobody can read them again, and nothing brings them
    back. In their place the papers say that the row was erased. The registry, his days and the roster of today are not
    touched. Backups hold the key until they are gone.
    """
    with open_runtime() as runtime:
        with runtime.database.read() as session:
            worker = require_worker(session, naming.worker_named(session, named))
            count = submitting.count_of_person(session, worker.worker_id)
        if not count:
            click.echo(f"{worker.name}: no handed-in roster holds anything of this person")
            return
        if not is_sure:
            click.confirm(f"Erase {worker.name} from {count} handed-in roster(s) for ever?", abort=True)
        with runtime.database.write() as session:
            submitting.forget_person(session, worker.worker_id)
            audit.record(
                session,
                at=runtime.clock.now(),
                by=None,
                action="tiers.person_forgotten",
                subject=("worker", worker.worker_id),
                details={"count": count},
            )
    click.echo(f"{worker.name}: erased from {count} handed-in roster(s)")


commands = {"rosters": rosters}
