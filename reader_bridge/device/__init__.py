"""The program on the PC or tablet at the gate: reads cards, keeps every touch, sends it on, and shows the gate page."""
