"""Devices at the gates: which there are, what they say of themselves, and how one comes to be."""
