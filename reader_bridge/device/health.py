"""Looking, from outside, whether the program does what it is there for: its page is asked as a browser would ask it.

The page's answer needs spool, readers and page alike. Service manager and launcher are told.
"""

import http.client
import json
import logging
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from reader_bridge.device import versions
from reader_bridge.device.folder import write_whole
from reader_bridge.device.launcher import LAUNCH
from reader_bridge.device.watchdog import notify

LOOK_EVERY_S, LOOK_FIRST_EVERY_S = 10.0, 1.0
ANSWER_WITHIN_S = 20.0

log = logging.getLogger(__name__)


def launch_token() -> str | None:
    """Return the token the launcher gave; None when the program was started without it."""
    return os.environ.get(LAUNCH) or None


def end_with_launcher(stop: threading.Event) -> None:
    """Stop once the launcher is gone or wants it: then standard input ends. Returns at once without a launcher."""
    if launch_token() is None:
        return

    def listen() -> None:
        try:
            while os.read(sys.stdin.fileno(), 1024):
                continue
        except OSError:
            log.info("standard input is closed")
        stop.set()

    threading.Thread(target=listen, name="launcher", daemon=True).start()


def watch(folder: Path, port: int, missing: Callable[[], str], stop: threading.Event) -> None:
    """Look until it is stopped; missing says what else is not well yet, empty when nothing is."""
    is_told = launch_token() is None
    while not stop.is_set():
        answers = page_answers(port)
        if answers:
            notify("WATCHDOG=1")
        if not is_told:
            lacking = [each for each in ("" if answers else "the page does not answer", missing()) if each]
            is_told = _tell(folder, lacking)
        stop.wait(LOOK_EVERY_S if is_told else LOOK_FIRST_EVERY_S)


def page_answers(port: int) -> bool:
    """Whether the gate page tells its state."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_WITHIN_S)
    try:
        line.request("GET", "/state")
        answer = line.getresponse()
        return answer.status == http.client.OK and "readers" in json.loads(answer.read())
    except (OSError, http.client.HTTPException, ValueError):
        return False
    finally:
        line.close()


def _tell(folder: Path, lacking: list[str]) -> bool:
    """Tell the launcher; True when there is nothing more to tell."""
    try:
        content = json.dumps({"token": launch_token(), "missing": lacking}).encode()
        write_whole(versions.folder_of(folder) / versions.HEALTH, content)
    except OSError as error:
        log.warning("the launcher could not be told: %s", error)
        return False
    return not lacking
