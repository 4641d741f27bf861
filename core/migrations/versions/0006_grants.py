"""Memberships of accounts, and the grant tables: who may see which site, worker, contractor and crew."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "memberships",
        sa.Column("membership_id", sa.Uuid),
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("contractor_id", sa.Uuid),
        sa.PrimaryKeyConstraint("membership_id", name="pk_memberships"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], name="fk_memberships_account_id"),
        sa.ForeignKeyConstraint(["contractor_id"], ["contractors.contractor_id"], name="fk_memberships_contractor_id"),
        sa.CheckConstraint(
            "(role = 'operator') = (contractor_id is null)", name="ck_memberships_contractor_unless_operator"
        ),
    )
    op.create_index("ix_memberships_account_id", "memberships", ["account_id"])
    op.create_index("ix_memberships_contractor_id", "memberships", ["contractor_id"])
    op.create_table(
        "membership_sites",
        sa.Column("membership_id", sa.Uuid),
        sa.Column("site_id", sa.Uuid),
        sa.PrimaryKeyConstraint("membership_id", "site_id", name="pk_membership_sites"),
        sa.ForeignKeyConstraint(
            ["membership_id"], ["memberships.membership_id"], name="fk_membership_sites_membership_id"
        ),
        sa.ForeignKeyConstraint(["site_id"], ["sites.site_id"], name="fk_membership_sites_site_id"),
    )
    op.create_index("ix_membership_sites_site_id", "membership_sites", ["site_id"])
    # An account's own id serves as the id of its first membership.
    op.execute(
        "insert into memberships (membership_id, account_id, role, contractor_id) "
        "select account_id, account_id, role, null from accounts"
    )
    with op.batch_alter_table("accounts") as accounts:
        accounts.drop_column("role")
        accounts.add_column(sa.Column("email", sa.String(254), nullable=False, server_default=""))
    op.create_table(
        "grants",
        sa.Column("viewer_id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("subject_id", sa.Uuid, nullable=False),
        sa.PrimaryKeyConstraint("viewer_id", "kind", "subject_id", name="pk_grants"),
    )
    op.create_index("ix_grants_kind_subject_id", "grants", ["kind", "subject_id"])
    op.create_table(
        "crew_grants",
        sa.Column("viewer_id", sa.Uuid, nullable=False),
        sa.Column("site_id", sa.Uuid, nullable=False),
        sa.Column("contractor_id", sa.Uuid, nullable=False),
        sa.PrimaryKeyConstraint("viewer_id", "site_id", "contractor_id", name="pk_crew_grants"),
    )
    op.create_index("ix_crew_grants_site_id", "crew_grants", ["site_id"])
