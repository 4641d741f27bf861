"""`genba serve`: phone, readers and pages behind one port."""

import copy
from contextlib import ExitStack
from typing import Any

import click
import uvicorn
from uvicorn.config import LOGGING_CONFIG

from genba.server import enter_runtime

APP = "genba.server:app_from_env"
CONNECTIONS_MAX = 1000  # of one process; a carrier that finds more hears 503 at once and calls the fallback
STOP_WITHIN_S = 20
KEEP_ALIVE_S = 65  # longer than the usual proxy keeps its side open


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="Port to listen on.")
@click.option("--processes", type=click.IntRange(1, 64), default=1, show_default=True, help="How many share the port.")
@click.option(
    "--forwarded-allow-ips",
    metavar="ADDRESSES",
    help="Proxies whose X-Forwarded-For is believed, e.g. 10.0.0.5; by default nobody's is.",
)
def serve(host: str, port: int, processes: int, forwarded_allow_ips: str | None) -> None:
    """Serve phone and pages.

    On SQLite the background work runs here as well; with PostgreSQL run `genba jobs` beside it.
    """
    with ExitStack() as stack:  # says what is missing before any process is started
        is_embedded = enter_runtime(stack).settings.is_embedded
    click.echo(f"genba serve: http://{host}:{port}", err=True)
    if not is_embedded:
        click.echo("genba serve: the background work is done by `genba jobs`", err=True)
    uvicorn.run(APP, host=host, port=port, workers=processes, **server_options(forwarded_allow_ips))


def server_options(forwarded_allow_ips: str | None = None) -> dict[str, Any]:
    """Return how uvicorn serves: no access log (addresses hold tokens), nobody's word on who called but asked for."""
    return {
        "factory": True,
        "http": "httptools",
        "ws": "none",
        "lifespan": "on",
        "access_log": False,
        "server_header": False,
        "proxy_headers": forwarded_allow_ips is not None,
        "forwarded_allow_ips": forwarded_allow_ips or "",
        "limit_concurrency": CONNECTIONS_MAX,
        "timeout_keep_alive": KEEP_ALIVE_S,
        "timeout_graceful_shutdown": STOP_WITHIN_S,
        "timeout_worker_healthcheck": 30,
        "log_config": _log_config(),
    }


def _log_config() -> dict[str, Any]:
    """Return uvicorn's logging with our own loggers beside it."""
    config = copy.deepcopy(LOGGING_CONFIG)
    config["formatters"]["ours"] = {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}
    config["handlers"]["ours"] = {"class": "logging.StreamHandler", "formatter": "ours"}
    config["root"] = {"handlers": ["ours"], "level": "INFO"}
    config["loggers"]["alembic"] = {"level": "WARNING"}
    return config


commands = {"serve": serve}
