"""What the loop's tests arrange with: work that notes what it was given, and marks for it."""

from core.work import service as work
from core.work.model import Mark
from genba.runtime import Runtime


class Noting:
    """Handlers and tasks that note what they were given."""

    def __init__(self, failing: str = "") -> None:
        self.failing = failing
        self.subjects: list[str] = []
        self.runs = 0

    def work(self, runtime: Runtime, marks: list[Mark]) -> None:
        if self.failing in [mark.subject for mark in marks]:
            raise RuntimeError("broken")
        with runtime.database.write() as session:
            work.finish(session, marks)
        self.subjects += [mark.subject for mark in marks]

    def run(self, _runtime: Runtime) -> None:
        self.runs += 1
        if self.failing:
            raise RuntimeError("broken")


def mark(runtime: Runtime, *subjects: str) -> None:
    with runtime.database.write() as session:
        work.mark(session, "noted", subjects, runtime.clock.now())


def marks_left(runtime: Runtime) -> int:
    with runtime.database.read() as session:
        return sum(waiting.marks for waiting in work.waiting(session))
