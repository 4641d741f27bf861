"""What reaches the gate page by its keys: a reader that types like a keyboard, or a person who forgot the card."""

from collections.abc import Callable
from threading import Event

from core.ids import CCUS_ID_DIGITS, normalise_digits
from reader_bridge.device.readers import Seen
from reader_bridge.device.touches import Who
from reader_bridge.wire import ReaderShown

NAME = "keys"  # what such a touch has for its reader
# A keyboard reader does not say what kind of card it was: only lengths that one technology alone has tell.
_TECH_BY_SIGNS = {8: "unknown", 14: "type_a", 16: "felica", 20: "type_a"}


class KeyReader:
    """A gate whose only reader types: what it types comes by the page."""

    def watch(self, tell: Callable[[Seen], None], stop: Event) -> None:
        stop.wait()

    def shown(self) -> tuple[ReaderShown, ...]:
        return ({"name": NAME, "attached": True},)


def read_typed(text: str) -> Who | None:
    """Return whom a line of typing names: 14 digits are a CCUS id, other hexadecimal a card; None when neither."""
    plain = normalise_digits(text).replace(":", "").lower()
    if len(plain) == CCUS_ID_DIGITS and plain.isascii() and plain.isdigit():
        return Who(ccus_worker_id=plain)
    if len(plain) not in _TECH_BY_SIGNS or set(plain) - set("0123456789abcdef"):
        return None
    return Who(_TECH_BY_SIGNS[len(plain)], plain)
