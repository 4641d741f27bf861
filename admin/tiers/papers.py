"""The papers of 施工体制 as PDF and Excel: 施工体系図, 施工体制台帳, 再下請負通知書 and 作業員名簿."""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response

from admin.access import needs, reading, scope_of, writing
from admin.exports import attachment
from admin.pages import render
from admin.tiers import forms
from admin.tiers.acting import note
from admin.tiers.rosters import PATH as ROSTER_PATH
from admin.tiers.rosters import reach_both
from core.accounts.model import Permission
from core.clock import JST, work_date
from core.documents.form_book import FormSheet, form_book
from core.documents.model import Paper
from core.documents.printing import print_pdf
from core.errors import NotFound
from core.ids import SiteId
from core.registry.model import Site
from core.registry.reach import employs, is_prime_of, reach_whole_site
from core.scope import Scope
from core.tiering.papers import Placed, StructurePaper, people_on_paper, structure_on_paper
from core.tiering.submitting import read_submission

router = APIRouter()
BASE = "/sites/{site_id}/tiers/papers"
EXPORT = [needs(Permission.EXPORT)]
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class PaperKind(StrEnum):
    """What of a whole structure is printed; the values stand in addresses."""

    CHART = "chart"
    LEDGER = "ledger"
    NOTICES = "notices"


class FileKind(StrEnum):
    """As what it is taken out; the values are endings of files."""

    PDF = "pdf"
    EXCEL = "xlsx"


_TITLES = {PaperKind.CHART: "施工体系図", PaperKind.LEDGER: "施工体制台帳", PaperKind.NOTICES: "再下請負通知書"}


@router.get(BASE, dependencies=EXPORT)
def show_papers(request: Request, site_id: UUID) -> Response:
    """Show which papers there are, and what would be missing on them."""
    scope = scope_of(request, Permission.EXPORT)
    with reading(request, Permission.EXPORT) as session:
        paper = structure_on_paper(session, scope, SiteId(site_id))
    crews = list(dict.fromkeys((each.contractor.contractor_id, each.contractor.name) for each in paper.placed))
    return render(
        request,
        "tiers/papers.html",
        site=paper.site,
        base=f"/sites/{site_id}/tiers/papers",
        left_out=paper.left_out,
        placed=len(paper.placed),
        notices=len(forms.notice_sheets(paper, _reporting(scope, paper))),
        crews=crews,
        is_whole=is_prime_of(scope, paper.site),
    )


@router.get(f"{BASE}/{{kind}}.{{form}}", dependencies=EXPORT)
def take_paper(request: Request, site_id: UUID, kind: PaperKind, form: FileKind, paper: Paper = Paper.A3) -> Response:
    """Answer with a paper of the accepted structure. The ledger is the prime contractor's."""
    scope = scope_of(request, Permission.EXPORT)
    with reading(request, Permission.EXPORT) as session:
        if kind is PaperKind.LEDGER:
            reach_whole_site(session, scope, SiteId(site_id))
        found = structure_on_paper(session, scope, SiteId(site_id))
    title = _TITLES[kind]
    if kind is PaperKind.CHART:
        content = _chart(request, found, form, paper)
    else:
        is_ledger = kind is PaperKind.LEDGER
        sheets = forms.ledger_sheets(found) if is_ledger else forms.notice_sheets(found, _reporting(scope, found))
        content = _forms(request, title, sheets, form, paper)
    return _answer(request, found.site, content, f"{title}_{found.site.name}", form)


@router.get(f"{ROSTER_PATH}/paper.{{form}}", dependencies=EXPORT)
def take_roster(
    request: Request, site_id: UUID, contractor_id: UUID, form: FileKind, paper: Paper = Paper.A3
) -> Response:
    """Answer with 作業員名簿 as it is now."""
    scope, today = scope_of(request, Permission.EXPORT), _today(request)
    with reading(request, Permission.EXPORT) as session:
        site, contractor = reach_both(session, scope, site_id, contractor_id)
        found = structure_on_paper(session, scope, site.site_id)
        people = people_on_paper(session, scope, site.site_id, contractor.contractor_id, today)
    facts = forms.roster_facts(found, contractor, "", today)
    content = _roster(request, facts, people, form, paper)
    return _answer(request, site, content, f"作業員名簿_{contractor.name}", form)


@router.get(f"{ROSTER_PATH}/submissions/{{submission_id}}.{{form}}", dependencies=EXPORT)
def take_submission(
    request: Request,
    site_id: UUID,
    contractor_id: UUID,
    submission_id: UUID,
    form: FileKind,
    paper: Paper = Paper.A3,
) -> Response:
    """Answer with a roster as it was handed in."""
    scope, sealer = scope_of(request, Permission.EXPORT), request.app.state.settings.sealer
    with reading(request, Permission.EXPORT) as session:
        site, contractor = reach_both(session, scope, site_id, contractor_id)
        submission, people = read_submission(session, scope, sealer, submission_id)
        if (submission.site_id, submission.contractor_id) != (site.site_id, contractor.contractor_id):
            raise NotFound("no such submission of the roster", submission_id=submission_id)
        found = structure_on_paper(session, scope, site.site_id)
    on = work_date(submission.at)
    facts = forms.roster_facts(found, contractor, f"{on:%Y/%m/%d}", on)
    content = _roster(request, facts, people, form, paper)
    return _answer(request, site, content, f"作業員名簿_{contractor.name}_{on:%Y%m%d}提出", form)


def _chart(request: Request, found: StructurePaper, form: FileKind, paper: Paper) -> bytes:
    if form is FileKind.EXCEL:
        sheet = FormSheet(
            name="施工体系図",
            title=f"施工体系図　{found.site.name}",
            facts=[("元請", found.prime.name), ("工期", forms.period(found.site.starts_on, found.site.ends_on))],
            grid=forms.chart_grid(found),
            widths=(30,) * 6,
        )
        return form_book([sheet], paper.value)
    names, pages = forms.chart_pages(found, paper.value)
    data = {
        "title": "施工体系図",
        "site": found.site.name,
        "period": f"工期 {forms.period(found.site.starts_on, found.site.ends_on)}",
        "columns": names,
        "pages": pages,
        "note": f"承認されていない{found.left_out}社は載せていません　現場コール" if found.left_out else "現場コール",
        **_common(request, paper),
    }
    return print_pdf("tier_chart", data)


def _forms(request: Request, title: str, sheets: Sequence[FormSheet], form: FileKind, paper: Paper) -> bytes:
    if form is FileKind.EXCEL:
        return form_book(sheets or [FormSheet(title, title)], paper.value)
    shown = [
        {
            "title": sheet.title,
            "note": sheet.name,
            "halves": [{"heading": half.heading, "boxes": [list(box) for box in half.boxes]} for half in sheet.halves],
        }
        for sheet in sheets
    ]
    return print_pdf("tier_form", {"title": title, "sheets": shown, **_common(request, paper)})


def _roster(
    request: Request, facts: Sequence[tuple[str, str]], people: Sequence[Any], form: FileKind, paper: Paper
) -> bytes:
    rows, headings = forms.roster_rows(people), [name for name, _ in forms.ROSTER_COLUMNS]
    if form is FileKind.EXCEL:
        widths = [max(8.0, 9 * share) for _, share in forms.ROSTER_COLUMNS]
        sheet = FormSheet("作業員名簿", "作業員名簿", facts, headings=headings, rows=rows, widths=widths)
        return form_book([sheet], paper.value)
    data = {
        "title": "作業員名簿",
        "note": "全建統一様式第5号に準じた書式",
        "facts": [list(fact) for fact in facts],
        "columns": [{"heading": name, "share": share} for name, share in forms.ROSTER_COLUMNS],
        "rows": rows,
        **_common(request, paper),
    }
    return print_pdf("tier_roster", data)


def _common(request: Request, paper: Paper) -> dict[str, str]:
    now = request.app.state.clock.now().astimezone(JST)
    return {"paper": paper.value, "printed": f"印刷 {now:%Y年%-m月%-d日 %H:%M}"}


def _answer(request: Request, site: Site, content: bytes, name: str, form: FileKind) -> Response:
    """Return a file under its name, and note in the audit log that it was taken out."""
    with writing(request) as session:
        note(request, session, "tiers.paper_taken", site)
    is_pdf = form is FileKind.PDF
    disposition = attachment(f"{name}.{form.value}", "tiers", disposition="inline" if is_pdf else "attachment")
    media_type = "application/pdf" if is_pdf else EXCEL
    return Response(content, media_type=media_type, headers={"Content-Disposition": disposition})


def _reporting(scope: Scope, paper: StructurePaper) -> list[Placed]:
    """Return the contractors whose notices the viewer may take: all for who sees the site whole, else its own."""
    if is_prime_of(scope, paper.site):
        return list(paper.placed)
    return [each for each in paper.placed if employs(scope, each.contractor.contractor_id)]


def _today(request: Request) -> date:
    return work_date(request.app.state.clock.now())
