"""Simulated building sites, and what is learned from them and measured on them for `core.tiering`."""
