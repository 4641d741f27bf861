"""Dates, pages and numbers that nobody means: they are refused or passed over, and never an error of ours."""

from datetime import date

import pytest
from starlette.testclient import TestClient

from admin.review.acting import moment
from core.attendance import records
from core.attendance.calendar_model import month_of
from core.errors import InvalidInput
from tests.admin.world import World, at

FAR = "99999999999999999999"
MONTHS = ("0001-01", "9999-12")
DAYS = ("0001-01-01", "9999-12-31")
LONG = "1" * 201
DIGITS = "9" * 5_000

ADDRESSES = [
    *(
        f"{path}?month={month}"
        for path in ("/calendar", "/sheet", "/calendar/sites/{site}", "/calendar/contractors/{contractor}")
        for month in MONTHS
    ),
    *(f"/calendar/workers/{{worker}}?month={month}" for month in MONTHS),
    *(f"/sheet?site={{site}}&contractor={{contractor}}&month={month}" for month in MONTHS),
    *(f"/review?on={day}" for day in DAYS),
    *(f"/audit?{name}={day}" for name in ("since", "until") for day in DAYS),
    *(f"/review/request-missed?on={day}" for day in DAYS),
    f"/audit?before={FAR}",
    *(
        f"{path}?page={FAR}"
        for path in (
            "/import/batches",
            "/import/{batch}",
            "/",
            "/now/fragment",
            "/review",
            "/review/history",
            "/review/requests",
            "/statistics",
            "/papers",
        )
    ),
    *(
        f"{path}offset={FAR}"
        for path in (
            "/calendar?",
            "/calendar?by=contractor&",
            "/calendar/sites/{site}?",
            "/calendar/contractors/{contractor}?",
            "/sheet?",
            "/sheet?by=contractor&",
            "/sheet?site={site}&contractor={contractor}&",
            "/sites?",
            "/workers?",
            "/contractors?",
            "/lines?",
            "/accounts?",
        )
    ),
]
MISSED = {"worker_id": "{worker}", "site_id": "{site}", "direction": "exit", "correction": "forgotten"}
FORMS = [
    *(("/review/request-missed", MISSED | {"date": day, "time": "00:00"}) for day in DAYS),
    *(("/review/bulk", {"act": "accept", "item": f"{{punch}}:{seq}"}) for seq in ("²", DIGITS)),
    *(("/review/bulk", {"act": "accept", "item": f"missing_exit.{{worker}}.{{site}}.{day}"}) for day in DAYS),
    *(
        (path, {field: text})
        for path, field in (
            ("/sites/new", "minimum_stay_min"),
            ("/sites/new", "site_code"),
            ("/workers/new", "experience_years"),
            ("/contractors/new", "capital_yen"),
        )
        for text in (LONG, DIGITS, "090-1234-5678", "²")
    ),
    *(("/import/{batch}/columns", {f"column-{index}": "name"}) for index in ("²", "9" * 200)),
]


@pytest.fixture
def ids(world: World, office: TestClient) -> dict[str, str]:
    """Whatever the addresses and forms name."""
    world.add("山田太郎", world.sato)
    world.call("", at("08:12"))
    with world.database.read() as session:
        (punch,) = records.list_punches(session)
    file = ("名簿.csv", "氏名,携帯\n山田 太郎,090-1234-5678\n".encode(), "text/csv")
    batch = office.post("/import", data={"kind": "workers"}, files={"file": file}).headers["location"].split("/")[2]
    return {
        "site": str(world.central.site_id),
        "contractor": str(world.sato.contractor_id),
        "worker": str(world.workers["山田太郎"].worker_id),
        "punch": str(punch.punch_id),
        "batch": batch,
    }


def test_odd_addresses_are_refused_or_passed_over(office: TestClient, ids: dict[str, str]) -> None:
    answers = {address: office.get(address.format(**ids)).status_code for address in ADDRESSES}
    assert {address: status for address, status in answers.items() if status not in (200, 303, 422)} == {}


def test_odd_forms_are_refused_or_passed_over(office: TestClient, ids: dict[str, str]) -> None:
    answers = {}
    for path, form in FORMS:
        filled = {name: text.format(**ids) for name, text in form.items()}
        answers[path, str(form)[:120]] = office.post(path.format(**ids), data=filled).status_code
    assert {form: status for form, status in answers.items() if status not in (303, 404, 422)} == {}


@pytest.mark.parametrize(("text", "minutes"), [("17:30", 1050), ("7:05", 425), (" 17:30:59 ", 1050)])
def test_a_time_is_read_as_a_time_field_sends_it(text: str, minutes: int) -> None:
    told = moment(date(2026, 11, 16), text, 0)
    assert (told.date(), told.hour * 60 + told.minute) == (date(2026, 11, 16), minutes)


@pytest.mark.parametrize(
    "text",
    ["１７:３０", "17：30", "١٧:٣٠", "1_7:30", "+7:30", "17: 30", "24:00", "7:60", "17:30:00:00", "17", "", DIGITS],
)
def test_a_time_in_other_digits_or_signs_is_none(text: str) -> None:
    with pytest.raises(InvalidInput):
        moment(date(2026, 11, 16), text, 0)


@pytest.mark.parametrize(
    ("text", "month"), [("2026-09", 9), ("2026-9", 9), ("２０２６-０９", 11), ("٢٠٢٦-09", 11), ("2026-13", 11)]
)
def test_a_month_is_read_in_plain_digits_only_and_else_the_present_one(text: str, month: int) -> None:
    assert month_of(text, date(2026, 11, 16)) == date(2026, month, 1)
