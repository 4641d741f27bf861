"""Training dates and workers' own sign-in."""

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    pass
