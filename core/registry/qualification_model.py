"""Qualifications of workers, and the tasks of a site with the qualifications they need. Values only."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from core.ids import SiteId, WorkerId
from core.registry.model import Position


class QualificationKind(StrEnum):
    """免許, 技能講習, 特別教育, and anything else. Values are stored and never renamed."""

    LICENCE = "licence"
    SKILLS_TRAINING = "skills_training"
    SPECIAL_EDUCATION = "special_education"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Qualification:
    """What a worker may do, by the name on its paper; one without expires_on does not run out."""

    qualification_id: UUID
    worker_id: WorkerId
    kind: QualificationKind
    name: str
    number: str = ""
    obtained_on: date | None = None
    expires_on: date | None = None


@dataclass(frozen=True, slots=True)
class SiteTask:
    """作業内容 of a site; needs are the names of the qualifications that whoever does it must hold."""

    site_task_id: UUID
    site_id: SiteId
    name: str
    hazardous_substances: str = ""
    needs: tuple[str, ...] = ()


class GapKind(StrEnum):
    """What is wrong with a qualification that a task needs."""

    MISSING = "missing"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Gap:
    """A qualification that a task needs and the worker does not hold."""

    name: str
    kind: GapKind
    expired_on: date | None = None


@dataclass(frozen=True, slots=True)
class Technician:
    """One worker of a contractor at a site, with what he may do and what his task needs."""

    worker_id: WorkerId
    name: str
    name_kana: str
    ccus_worker_id: str | None
    occupations: tuple[str, ...]
    position: Position | None
    assignment_id: UUID | None
    task: SiteTask | None
    qualifications: tuple[Qualification, ...]
    gaps: tuple[Gap, ...]
    last_came_on: date | None
