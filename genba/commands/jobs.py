"""`genba jobs`: the background work of a production installation."""

import logging

import click

from core.db import JOBS_ROLE
from genba.job_runners import run_until_stopped
from genba.runtime import open_runtime


@click.command("jobs")
@click.option("--processes", type=click.IntRange(0, 64), default=2, show_default=True, help="RQ processes to run.")
def jobs(processes: int) -> None:
    """Run the clock and the job runners until stopped.

    May run on as many hosts as wanted: one of them holds the clock, all of them share the work. Without Redis
    (GENBA_REDIS_URL) the clock does the work itself.
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    with open_runtime(role=JOBS_ROLE) as runtime:
        click.echo(f"genba jobs: clock, and {processes if runtime.settings.redis_url else 0} job runner(s)")
        run_until_stopped(runtime, processes)


commands = {"jobs": jobs}
