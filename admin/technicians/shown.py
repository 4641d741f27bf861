"""How the technicians of a contractor at a site are written in files."""

from collections.abc import Iterable, Iterator
from datetime import date

from admin.words import word
from core.documents.sheets import Column, Kind, Row
from core.registry.model import Contractor, InsuranceStatus
from core.registry.qualification_model import Gap, GapKind, Qualification, Technician
from core.registry.qualification_rules import is_valid

HEADINGS = (
    Column("氏名"),
    Column("フリガナ"),
    Column("技能者ID", Kind.CODE),
    Column("職種"),
    Column("立場"),
    Column("作業内容"),
    Column("有害物質の取扱い"),
    Column("社会保険", Kind.LONG_TEXT),
    Column("建退共"),
    Column("保有資格", Kind.LONG_TEXT),
    Column("不足している資格", Kind.LONG_TEXT),
    Column("最後の入場日", Kind.DATE),
)


def technician_rows(found: Iterable[Technician], contractor: Contractor, today: date) -> Iterator[Row]:
    """Give a row for each technician under HEADINGS; insurance and mutual aid are those of the contractor."""
    for technician in found:
        task = technician.task
        yield (
            technician.name,
            technician.name_kana,
            technician.ccus_worker_id,
            "、".join(technician.occupations),
            word(f"months.position.{technician.position}", "ja") if technician.position else "",
            task.name if task else "",
            task.hazardous_substances if task else "",
            insurance_text(contractor),
            word(f"technicians.mutual_aid.{contractor.mutual_aid}", "ja"),
            "、".join(_held(qualification, today) for qualification in technician.qualifications),
            "、".join(_lacking(gap) for gap in technician.gaps),
            technician.last_came_on,
        )


def insurance_text(contractor: Contractor) -> str:
    """Return 健保 加入・年金 加入・雇用 適用除外."""
    statuses = (
        ("健保", contractor.health_insurance),
        ("年金", contractor.pension_insurance),
        ("雇用", contractor.employment_insurance),
    )
    return "・".join(f"{name} {status_text(status)}" for name, status in statuses)


def status_text(status: InsuranceStatus | None, lang: str = "ja") -> str:
    return word(f"technicians.insurance.{status or 'unknown'}", lang)


def _held(qualification: Qualification, today: date) -> str:
    if is_valid(qualification, today):
        return qualification.name
    return f"{qualification.name}（期限切れ {qualification.expires_on}）"


def _lacking(gap: Gap) -> str:
    return f"{gap.name}（期限切れ {gap.expired_on}）" if gap.kind is GapKind.EXPIRED else f"{gap.name}（なし）"
