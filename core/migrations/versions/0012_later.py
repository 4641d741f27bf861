"""Month checks and the attendance sheet."""

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    pass
