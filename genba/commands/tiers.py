"""`genba tiers`: propose a site's tiers from its entries or a file of them, and learn anew what proposals rest on."""

import json
import time
from pathlib import Path

import click

from core.tiering.wording import LANGUAGES


@click.group()
def tiers() -> None:
    """Propose who works under whom (施工体制)."""


@tiers.command()
@click.option(
    "--input",
    "source",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="JSON: the site's companies, entries and known relations.",
)
@click.option(
    "--output",
    "target",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="JSON: the proposed edges.",
)
@click.option("--lang", "language", type=click.Choice(LANGUAGES), default="ja", show_default=True, help="Of evidence.")
def infer(source: Path, target: Path, language: str) -> None:
    """Propose an upper for every company that entered, with confidence and reasons.

    A file that is not as it should be ends with exit status 2 and one line that says where.
    """
    from core.tiering import inference  # noqa: PLC0415
    from core.tiering.weights import load_weights  # noqa: PLC0415
    from genba.tiers.outside import edges_of, read_facts  # noqa: PLC0415

    proposal = inference.infer(read_facts(source), load_weights())
    content = json.dumps(edges_of(proposal, language), ensure_ascii=False, indent=1)
    try:
        target.write_text(content + "\n", encoding="utf-8")
    except OSError as error:
        raise click.UsageError(f"{target} cannot be written: {error.strerror}") from None


@tiers.command()
@click.argument("site", metavar="SITE")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def build(site: str, as_json: bool) -> None:
    """Bring the proposal for SITE (a name, id or code) up to date from its entries, and show its structure.

    What people have decided stays as it is; rosters and the credit of days follow.
    """
    from genba.commands.tiers_build import build_site  # noqa: PLC0415

    build_site(site, as_json=as_json)


@tiers.command()
@click.option(
    "--output",
    "target",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The weights' file; default: the one the program reads.",
)
def train(target: Path | None) -> None:
    """Learn the weights anew from simulated sites; the same Python gives the same file."""
    from core.tiering.weights import WEIGHTS_FILE  # noqa: PLC0415
    from genba.tiers.training import Worlds  # noqa: PLC0415
    from genba.tiers.training import train as learn  # noqa: PLC0415

    started = time.perf_counter()
    content = learn(Worlds(), lambda step: click.echo(f"{time.perf_counter() - started:7.1f} s  {step}", err=True))
    path = target or WEIGHTS_FILE
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    click.echo(f"{time.perf_counter() - started:7.1f} s  {path}", err=True)


commands: dict[str, click.Command] = {"tiers": tiers}
