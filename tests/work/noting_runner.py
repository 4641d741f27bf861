"""A job runner as a process of its own, whose one handler notes the subjects it is given in a file.

Run as `python -m tests.work.noting_runner FILE [--stuck]`. Stuck, it first writes its process id to FILE and hangs.
"""

import os
import sys
import threading
from pathlib import Path

from core.work import service as work
from core.work.model import Mark
from genba import jobs
from genba.job_runners import run_runner
from genba.runtime import Runtime, load_settings

FILE = Path(sys.argv[1])
KIND = "noted"


def note(runtime: Runtime, marks: list[Mark]) -> None:
    if "--stuck" in sys.argv:
        FILE.write_text(str(os.getpid()))
        threading.Event().wait()
    with runtime.database.write() as session:
        work.finish(session, marks)
    with FILE.open("a") as file:
        file.writelines(f"{mark.subject}\n" for mark in marks)


if __name__ == "__main__":
    jobs.HANDLERS = (jobs.Handler(KIND, note),)
    run_runner(load_settings().redis_url or "")
