"""What people are told without having asked: values only. A notice carries counts and a site, never a person's name."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from core.ids import AccountId, ContractorId, DeviceId, LineId, SiteId


class NoticeKind(StrEnum):
    """What a notice is about. Values are stored and never renamed."""

    MISSING_EXITS = "missing_exits"  # still inside at the hour that the reader set
    UNKNOWN_CALLERS = "unknown_callers"  # calls of the day from numbers that nobody is registered under
    LINE_SILENT = "line_silent"  # nobody called a line that was busy the working day before
    MISSED_TOUCHES = "missed_touches"  # requests that wait for a decision
    PROPOSALS = "proposals"  # proposed to records that the reader's contractor owns
    MONTH_DIFFERENCES = "month_differences"  # a checked month has changed, or was seen differently
    TIER_INVITATIONS = "tier_invitations"  # the reader's contractor is invited below another, and has not answered
    TIER_ACCEPTANCES = "tier_acceptances"  # of the day before
    TIER_REFUSALS = "tier_refusals"  # and nobody has found the contractor another place yet
    TIER_QUESTIONS = "tier_questions"  # accepted links that the entries speak against
    DEVICE_SILENT = "device_silent"  # nothing heard of a device for so many minutes while its site works
    DEVICE_NO_READER = "device_no_reader"  # a device's card reader is unplugged
    DEVICE_HELD_UP = "device_held_up"  # so many touches wait in a device
    WEBHOOKS_PAUSED = "webhooks_paused"  # so many receivers of partners take nothing any more


OF_LINES = frozenset({NoticeKind.LINE_SILENT})
OF_DEVICES = frozenset({NoticeKind.DEVICE_SILENT, NoticeKind.DEVICE_NO_READER, NoticeKind.DEVICE_HELD_UP})


class Way(StrEnum):
    """How somebody wants to be told."""

    MAIL = "mail"  # on the page, and by mail
    PAGE = "page"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Fact:
    """Something worth telling now, found once for everybody: at a site, or to whoever owns a contractor's records.

    With an owner and no prime it is told to the owner alone, whatever the site.
    """

    kind: NoticeKind
    count: int
    site_id: SiteId | None = None
    prime_contractor_id: ContractorId | None = None  # of the site
    owner_id: ContractorId | None = None
    line_id: LineId | None = None  # of the line that serves the site
    device_id: DeviceId | None = None  # of the device that stands at the site


@dataclass(frozen=True, slots=True)
class Notice:
    """What one account was told, of a site, a line or a device.

    seen_at and mailed_at are None until then; wants_mail is decided when it is made.
    """

    notice_id: UUID
    account_id: AccountId
    kind: NoticeKind
    site_id: SiteId | None
    on: date
    count: int
    made_at: datetime
    wants_mail: bool
    seen_at: datetime | None = None
    mailed_at: datetime | None = None
    line_id: LineId | None = None
    device_id: DeviceId | None = None

    @property
    def subject_id(self) -> UUID | None:
        """What it is about: the line or device, or else the site."""
        return self.line_id or self.device_id or self.site_id


MORNING_MIN, CALLERS_MIN, EXITS_MIN = 8 * 60, 9 * 60 + 30, 18 * 60 + 30
QUIET_FROM_MIN, QUIET_UNTIL_MIN = 19 * 60, 7 * 60
MAIL_WEEKDAYS = frozenset(range(6))  # Monday to Saturday: sites work on Saturdays


@dataclass(frozen=True, slots=True)
class Preferences:
    """How one person wants to be told. Times are minutes after midnight in Japan."""

    ways: Mapping[NoticeKind, Way] = field(default_factory=dict)  # what is not named is told by mail
    exits_min: int = EXITS_MIN
    callers_min: int = CALLERS_MIN
    quiet_from_min: int = QUIET_FROM_MIN
    quiet_until_min: int = QUIET_UNTIL_MIN
    mail_weekdays: frozenset[int] = MAIL_WEEKDAYS  # Monday is 0
    muted_sites: frozenset[SiteId] = frozenset()

    def way(self, kind: NoticeKind) -> Way:
        return self.ways.get(kind, Way.MAIL)
