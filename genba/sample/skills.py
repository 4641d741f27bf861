"""What the sample world's people may do, and what their tasks need: with a few gaps, as any site has them."""

from dataclasses import dataclass
from datetime import date, timedelta

from core.db import Session
from core.ids import SiteId, WorkerId, uuid7
from core.registry import qualifying
from core.registry.qualification_model import Qualification, QualificationKind, SiteTask

FIVE_YEARS = timedelta(days=5 * 365)


@dataclass(frozen=True, slots=True)
class SampleTask:
    """A task, the majors of the occupations that do it, and the qualifications it needs."""

    name: str
    majors: tuple[str, ...]
    needs: tuple[tuple[QualificationKind, str], ...]
    hazardous_substances: str = ""


_EDUCATION, _TRAINING = QualificationKind.SPECIAL_EDUCATION, QualificationKind.SKILLS_TRAINING
_LICENCE, _OTHER = QualificationKind.LICENCE, QualificationKind.OTHER
REFRESHER = "第一種電気工事士定期講習"  # within five years of the last one
TASKS = (
    SampleTask(
        "足場の組立て",
        ("06",),
        (
            (_EDUCATION, "足場の組立て等作業従事者特別教育"),
            (_EDUCATION, "フルハーネス型墜落制止用器具特別教育"),
        ),
    ),
    SampleTask("電気・通信配線", ("09",), ((_LICENCE, "第一種電気工事士"), (_OTHER, REFRESHER))),
    SampleTask("鉄筋の組立て", ("10",), ((_TRAINING, "玉掛け技能講習"),)),
    SampleTask("型枠の組立て", ("33",), ((_TRAINING, "型枠支保工の組立て等作業主任者技能講習"),)),
    SampleTask("塗装", ("12",), ((_TRAINING, "有機溶剤作業主任者技能講習"),), "有機溶剤"),
    SampleTask("配管", ("36",), ((_EDUCATION, "アーク溶接等特別教育"),)),
)


def write_tasks(session: Session, site_id: SiteId) -> dict[str, SiteTask]:
    """Give a site its tasks; return them by the majors of the occupations that do them."""
    tasks: dict[str, SiteTask] = {}
    for sample in TASKS:
        needs = tuple(name for _, name in sample.needs)
        task = SiteTask(uuid7(), site_id, sample.name, sample.hazardous_substances, needs)
        qualifying.write_task(session, task)
        tasks |= dict.fromkeys(sample.majors, task)
    return tasks


def qualify(session: Session, worker_id: WorkerId, n: int, major: str, today: date) -> None:
    """Give the nth worker what his trade needs; one in eight lacks something, some refreshers have run out."""
    for sample in TASKS:
        if major not in sample.majors:
            continue
        for kind, name in sample.needs[: -1 if n % 8 == 3 else None]:
            obtained = today - timedelta(days=200 + n * 37 % 1500)
            if name == REFRESHER and n % 4 == 1:
                obtained = today - FIVE_YEARS - timedelta(days=20)
            expires = obtained + FIVE_YEARS if name == REFRESHER else None
            number = f"{n * 7919 % 1000000:06d}"
            qualifying.add_qualification(
                session, Qualification(uuid7(), worker_id, kind, name, number, obtained, expires)
            )
