"""The fault run of the reader bench, in short: what was answered by a tone is in the ledger, once."""

from genba.bench.reader import ReaderPlan, measure


def test_no_touch_is_lost_or_doubled_whatever_is_killed() -> None:
    figures = measure(ReaderPlan(waiting=100, program_kills=2, server_kills=1, timed=20))

    assert figures.acknowledged > 100
    assert (figures.in_ledger, figures.lost, figures.doubled) == (figures.acknowledged, 0, 0)
