"""Which readers a device uses, as they are named on its command line: pcsc, keys, or nfc:PATH with technologies."""

from reader_bridge.device.readers import Reader
from reader_bridge.device.readers.nfc import TECHNOLOGIES, NfcReader
from reader_bridge.device.readers.pcsc import PcscReader
from reader_bridge.device.readers.typed import KeyReader

PCSC, KEYS, NFC = "pcsc", "keys", "nfc:"


class NoSuchReaderError(Exception):
    """A reader that is named wrongly, or whose library is not installed."""


def open_reader(name: str) -> Reader:
    """Return a reader, e.g. for pcsc, nfc:usb, nfc:udp:127.0.0.1:54321@212F. Raises NoSuchReaderError."""
    try:
        if name == PCSC:
            return PcscReader()
        if name == KEYS:
            return KeyReader()
        if name.startswith(NFC):
            path, _, technologies = name.removeprefix(NFC).partition("@")
            return NfcReader(path, _technologies(technologies))
    except ImportError as error:
        raise NoSuchReaderError(f"{name} needs a library that is not installed: {error.name}") from error
    raise NoSuchReaderError(f"{name}: not pcsc, keys or nfc:PATH")


def _technologies(text: str) -> tuple[str, ...]:
    chosen = tuple(text.split(",")) if text else TECHNOLOGIES
    unknown = sorted(set(chosen) - set(TECHNOLOGIES))
    if unknown:
        raise NoSuchReaderError(f"no such technology: {', '.join(unknown)} (there are {', '.join(TECHNOLOGIES)})")
    return chosen
