"""The server's end: what devices and partner systems send, and what devices are told."""
