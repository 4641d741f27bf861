"""The form of a training date: days and times as people write them, in Japan time."""

from collections.abc import Mapping
from datetime import UTC, datetime, time
from uuid import UUID

from admin.pages import whole_number
from core.clock import JST, parse_day
from core.errors import InvalidInput
from core.ids import uuid7
from core.training.model import TrainingDate

EMPTY: Mapping[str, str] = {
    "day": "",
    "starts": "13:30",
    "ends": "15:30",
    "place": "",
    "online_url": "",
    "capacity": "20",
    "remarks": "",
}


def values_of(date_: TrainingDate) -> dict[str, str]:
    """Return what stands in the fields of a date."""
    starts_at, ends_at = date_.starts_at.astimezone(JST), date_.ends_at.astimezone(JST)
    return {
        "day": starts_at.date().isoformat(),
        "starts": starts_at.strftime("%H:%M"),
        "ends": ends_at.strftime("%H:%M"),
        "place": date_.place,
        "online_url": date_.online_url,
        "capacity": str(date_.capacity),
        "remarks": date_.remarks,
    }


def date_of(values: Mapping[str, str], training_id: UUID | None) -> TrainingDate:
    """Return the date that was typed; it has no seats yet. Raises InvalidInput at the field that cannot be read."""
    return TrainingDate(
        training_id or uuid7(),
        _instant(values, "starts"),
        _instant(values, "ends"),
        values["place"],
        values["online_url"],
        whole_number(values["capacity"]) or 0,
        values["remarks"],
    )


def _instant(values: Mapping[str, str], name: str) -> datetime:
    day = parse_day(values["day"])
    if day is None:
        raise InvalidInput("no day", field="day")
    try:
        return datetime.combine(day, time.fromisoformat(values[name]), JST).astimezone(UTC)
    except ValueError:
        raise InvalidInput("no time", field=name) from None
