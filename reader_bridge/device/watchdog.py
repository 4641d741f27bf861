"""Telling systemd that the program lives, so that one that hangs is started again: its protocol is one datagram.

See https://www.freedesktop.org/software/systemd/man/latest/sd_notify.html. Where nothing listens, nothing is told.
"""

import os
import socket


def notify(*said: str) -> None:
    """Tell the service manager, if there is one: READY=1, WATCHDOG=1."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")) or not hasattr(socket, "AF_UNIX"):
        return
    path = "\0" + address[1:] if address.startswith("@") else address
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
            line.sendto("\n".join(said).encode(), path)
    except OSError:
        return  # a manager that cannot be told will start the program again: no reason to end it now
