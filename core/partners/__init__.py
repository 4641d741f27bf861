"""Partner systems: who they are, the keys they come with, and what they may do."""
