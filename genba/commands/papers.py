"""`genba papers`: posters, leaflets and the manual of a site as PDF files."""

from datetime import datetime
from pathlib import Path

import click

from core.audit import service as audit
from core.documents.leaflet import leaflet
from core.documents.manual import site_manual
from core.documents.model import DayCode, Paper
from core.documents.poster import Sheet, card_poster, site_poster
from core.documents.poster_texts import TEXTS
from core.documents.printing import print_pdf
from core.registry import naming, places
from core.registry.papers import PaperSite, read_paper_site
from core.scope import EVERYTHING
from genba.runtime import open_runtime

_PAPER = click.option("--paper", type=click.Choice([paper.value for paper in Paper]), default="a4", show_default=True)
_OUTPUT = click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), required=True, help="The PDF file to write."
)
_SITE = click.argument("named", metavar="SITE")


@click.group("papers")
def papers() -> None:
    """Posters, leaflets and the manual of a SITE (by name, CCUS id or id) as PDF."""


@papers.command("poster")
@_SITE
@_PAPER
@click.option("--code-on", type=click.DateTime(["%Y-%m-%d"]), help="Print the gate's code of that day.")
@_OUTPUT
def poster(named: str, paper: str, code_on: datetime | None, output: Path) -> None:
    """Write the poster with the number to call."""
    site, code = _read(named, code_on)
    _write(site_poster(site.paper, Paper(paper), day_code=code), output)


@papers.command("card")
@_SITE
@_PAPER
@_OUTPUT
def card(named: str, paper: str, output: Path) -> None:
    """Write the poster that hangs beside a card reader."""
    site, _code = _read(named)
    _write(card_poster(site.paper, Paper(paper)), output)


@papers.command("leaflet")
@_SITE
@click.option("--language", type=click.Choice(list(TEXTS)), default="ja", show_default=True)
@_OUTPUT
def leaflet_(named: str, language: str, output: Path) -> None:
    """Write the leaflet for workers."""
    site, _code = _read(named)
    _write(leaflet(site.paper, language), output)


@papers.command("manual")
@_SITE
@_OUTPUT
def manual(named: str, output: Path) -> None:
    """Write the manual for whoever runs the site (in Japanese)."""
    site, _code = _read(named)
    _write(site_manual(site.paper), output)


def _read(named: str, code_on: datetime | None = None) -> tuple[PaperSite, DayCode | None]:
    with open_runtime() as runtime, runtime.database.write() as session:
        site = read_paper_site(session, EVERYTHING, naming.site_named(session, named))
        if code_on is None or not site.site.day_code_required:
            return site, None
        day = code_on.date()
        code = places.day_code_of(session, runtime.settings.sealer, site.site.site_id, day)
        audit.record(
            session,
            at=runtime.clock.now(),
            by=None,
            action="site.day_code_printed",
            subject=("site", site.site.site_id),
            contractor_id=site.site.prime_contractor_id,
            details={"date": day.isoformat()},
        )
        return site, DayCode(code, day)


def _write(sheet: Sheet, output: Path) -> None:
    output.write_bytes(print_pdf(sheet.template, sheet.data, sheet.pictures))
    click.echo(f"wrote {output}")


commands: dict[str, click.Command] = {"papers": papers}
