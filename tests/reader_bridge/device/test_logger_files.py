"""Files of logging readers become touches once, whatever their columns and however often they are brought in."""

from datetime import UTC, datetime, timedelta

import pytest

from reader_bridge.device.logger_files import ColumnsError, Model, parse_columns, read_rows
from reader_bridge.device.touches import Who
from tests.reader_bridge.device.makers import MORNING

OWN = """card_tech,card_uid,ccus_worker_id,occurred_at,direction
felica,01010501B00AC30B,,2026-11-17T07:50:00+09:00,entry
,,12345678901234,2026-11-17 17:10:05,退場
"""
NOW = MORNING + timedelta(days=1)


def test_our_own_columns_are_read() -> None:
    rows = read_rows(OWN.encode(), Model(), "logger", NOW)

    assert rows.problems == ()
    assert [(each.who, each.at.astimezone(UTC), each.direction) for each in rows.touches] == [
        (Who("felica", "01010501b00ac30b"), MORNING, "entry"),
        (Who(ccus_worker_id="12345678901234"), datetime(2026, 11, 17, 8, 10, 5, tzinfo=UTC), "exit"),
    ]
    assert {each.channel for each in rows.touches} == {"logger"}


def test_the_same_row_has_the_same_id_whatever_the_encoding_and_the_order() -> None:
    lines = OWN.splitlines()
    turned = "\r\n".join((lines[0], lines[2], lines[1]))
    ids = {each.id for each in read_rows(OWN.encode("utf-8-sig"), Model(), "a", NOW).touches}

    assert {each.id for each in read_rows(turned.encode("cp932"), Model(), "b", NOW).touches} == ids
    assert len(ids) == 2


def test_another_models_columns_are_mapped_and_joined() -> None:
    content = "社員,カードID,日付,時刻,区分\n山田,01-01-05-01-B0-0A-C3-0B,2026/11/17,7:50,入\n".encode("cp932")
    model = Model(parse_columns("card_uid=カードID,occurred_at=日付+時刻,direction=区分"), "felica")
    (touch,) = read_rows(content, model, "M-1", NOW).touches

    assert (touch.who, touch.at, touch.direction, touch.reader) == (
        Who("felica", "01010501b00ac30b"),
        MORNING,
        "entry",
        "M-1",
    )


@pytest.mark.parametrize(
    "written",
    ["2026-11-17 07:50:00", "2026/11/17 7:50", "20261117075000", "2026年11月17日 7時50分", "2026.11.17 7:50:00"],
)
def test_a_time_is_read_as_loggers_write_it(written: str) -> None:
    (touch,) = read_rows(f"card_uid,occurred_at\n08a1b2c3,{written}\n".encode(), Model(), "x", NOW).touches
    assert touch.at == MORNING


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("1.01E+15,2026-11-17 07:50", "not the number of a card"),
        (",2026-11-17 07:50", "neither a card nor a CCUS id"),
        ("08a1b2c3,yesterday", "no date with a time"),
        ("08a1b2c3,2026-11-17", "has no time"),
        ("08a1b2c3,20261117", "has no time"),
        ("08a1b2c3,1999-01-01 07:50", "no touch can have been then"),
        ("08a1b2c3,2031-01-01 07:50", "no touch can have been then"),
        ("08a1b2c3,2026-11-17 07:50,sideways", "neither entry nor exit"),
        ("08a1b2c3,2026-11-17 07:50,,magnetic", "no technology"),
    ],
)
def test_a_bad_line_is_told_and_the_others_are_read(row: str, said: str) -> None:
    content = (
        f"card_uid,occurred_at,direction,card_tech\n08a1b2c3,2026-11-17 07:50\n\n{row}\n08a1b2c4,2026-11-17 07:51\n"
    )
    rows = read_rows(content.encode(), Model(), "x", NOW)

    assert len(rows.touches) == 2
    ((line, problem),) = rows.problems
    assert line == 4
    assert said in problem


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"name,occurred_at\n", "names nobody"),
        (b"card_uid,when\n", "no column occurred_at"),
        (b"\x81\xff\xfe", "neither UTF-8 nor CP932"),
        (b"", "no column occurred_at"),
        (b"a" * 200_000, "the first line is no CSV"),
    ],
)
def test_a_file_without_our_columns_is_refused_whole(content: bytes, said: str) -> None:
    with pytest.raises(ColumnsError, match=said):
        read_rows(content, Model(), "x", NOW)


@pytest.mark.parametrize("text", ["", "card=x", "card_uid", "card_uid=", "card_uid=a,,"])
def test_columns_are_named_as_ours_and_theirs(text: str) -> None:
    with pytest.raises(ColumnsError):
        parse_columns(text)
