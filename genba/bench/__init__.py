"""Measurements of this machine, by `genba bench`. Timings live here, never in a test."""
