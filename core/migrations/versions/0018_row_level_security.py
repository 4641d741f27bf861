"""Database roles for pages, ingest and jobs, and row-level security of everything the pages read."""

from alembic import op

from core.migrations import row_security as rows
from core.migrations.row_security import EMPLOYERS, EVERYTHING, PRIMES, VIEWERS

revision = "0018"
down_revision = "0017"

READ, ADD, KEEP = "select", "select, insert", "select, insert, update"

# What the pages may see of each table, and what the phone and the devices may do with it.
PROTECTED: dict[str, tuple[str | None, str]] = {
    "occupations": (None, READ),
    "positions": (None, READ),
    # the registry
    "sites": (rows.seen_site(), READ),
    "workers": (rows.seen_worker(), READ),
    "contractors": (
        (
            f"{rows.own()} or contractor_id in {rows.granted('contractor')} or contractor_id in "
            "(select genba_crews_seen_lately()) or contractor_id in (select genba_own_contractors())"
        ),
        READ,
    ),
    "phones": (
        (
            f"{EVERYTHING} or {rows.of('phone_numbers', 'phone_id', 'phones')} "
            f"or {rows.of('punches', 'phone_id', 'phones')}"
        ),
        ADD,
    ),
    "phone_numbers": (rows.seen_worker(), READ),
    "worker_occupations": (rows.seen_worker(), READ),
    "worker_qualifications": (rows.seen_worker(), ""),
    "affiliations": (
        (
            f"{rows.own()} or {rows.employee()} or (worker_id in {rows.granted('visitor')} "
            f"and contractor_id in {rows.granted('contractor')}) or (worker_id in (select genba_seen_lately()) "
            "and contractor_id in (select genba_crews_seen_lately()))"
        ),
        READ,
    ),
    "lines": (f"{EVERYTHING} or {rows.of('line_sites', 'line_id', 'lines')}", READ),
    "line_sites": (rows.seen_site(), READ),
    "site_assignments": (
        (
            f"{rows.whole_site(prime=None)} or {rows.employee()} or (site_id in (select site_id from crew_grants "
            f"where viewer_id = {EMPLOYERS}) and worker_id in {rows.granted('visitor', viewers=EMPLOYERS)})"
        ),
        READ,
    ),
    "participations": (
        f"{rows.whole_site(prime=None)} or {rows.crew()} or upper_contractor_id = {EMPLOYERS}",
        READ,
    ),
    "site_visits": (rows.whole_site(prime=None), ""),
    "grants": (f"{EVERYTHING} or viewer_id = {VIEWERS}", ""),
    "crew_grants": (f"{EVERYTHING} or viewer_id = {VIEWERS}", ""),
    "site_tasks": (rows.seen_site(), ""),
    "site_task_qualifications": (rows.of("site_tasks", "site_task_id", "site_task_qualifications"), ""),
    "assignment_tasks": (rows.of("site_assignments", "assignment_id", "assignment_tasks"), ""),
    "proposals": (f"{rows.own('proposer_id')} or {rows.employee()}", ""),
    "import_batches": (rows.own(), ""),
    "import_contents": (rows.of("import_batches", "batch_id", "import_contents"), ""),
    "import_rows": (rows.of("import_batches", "batch_id", "import_rows"), ""),
    "import_effects": (rows.of("import_batches", "batch_id", "import_effects"), ""),
    "import_mappings": (rows.own("owner_id"), ""),
    # the ledger
    "punches": (
        f"{EVERYTHING} or prime_contractor_id = {PRIMES} or {rows.of('judgements', 'punch_id', 'punches')}",
        ADD,
    ),
    "judgements": (
        (
            f"{rows.whole_site()} or {rows.employee()} or exists (select from attendance_days d "
            "where d.worker_id = judgements.worker_id and d.site_id = judgements.site_id "
            f"and d.work_date = judgements.work_date and ({rows.crew('d.site_id', 'd.contractor_id')}))"
        ),
        ADD,
    ),
    "attendance_days": (f"{rows.whole_site()} or {rows.crew()} or worker_id = {rows.WORKER}", KEEP),
    "worker_months": (f"{EVERYTHING} or {rows.employee()}", KEEP),
    "site_months": (rows.whole_site(), KEEP),
    "channel_months": (rows.whole_site(), KEEP),
    "punch_conflicts": (EVERYTHING, ADD),
    "missed_touches": (f"{rows.whole_site()} or {rows.employee()}", ""),
    "review_items": (f"{rows.whole_site()} or {rows.employee()} or {rows.crew()}", KEEP),
    "settlements": (f"{rows.whole_site()} or {rows.employee()}", ""),
    "settlement_steps": (rows.of("settlements", "settlement_id", "settlement_steps"), ""),
    "month_checks": (f"{rows.whole_site()} or {rows.crew()}", ""),
    "sheet_entries": (f"{rows.whole_site()} or {rows.crew()}", ""),
    "sheet_terms": (rows.own(), ""),
    "display_links": (rows.whole_site(prime=None), ""),
    # accounts: whoever manages them sees those that act for the same contractor
    "memberships": (rows.own(), ""),
    "membership_sites": (rows.of("memberships", "membership_id", "membership_sites"), ""),
    "accounts": (f"{EVERYTHING} or {rows.of('memberships', 'account_id', 'accounts')}", ""),
    "account_sessions": (f"{EVERYTHING} or {rows.of('memberships', 'account_id', 'account_sessions')}", ""),
    "second_factors": (f"{EVERYTHING} or {rows.of('memberships', 'account_id', 'second_factors')}", ""),
    "recovery_codes": (f"{EVERYTHING} or {rows.of('memberships', 'account_id', 'recovery_codes')}", ""),
    "invitations": (rows.own(), ""),
    "invitation_sites": (rows.of("invitations", "invitation_id", "invitation_sites"), ""),
    "audit_log": (rows.own(), ""),
    "training_dates": (None, ""),
    "training_seats": (rows.own(), ""),
    "notices": (f"{EVERYTHING} or {rows.of('memberships', 'account_id', 'notices')}", ""),
    "notice_preferences": (f"{EVERYTHING} or {rows.of('memberships', 'account_id', 'notice_preferences')}", ""),
}

CLOSED = {
    "mailed_links": "",
    "sign_in_failures": "",
    "calls": KEEP,
    "call_events": ADD,
    "marks": ADD,
    "schedules": "",
    "leases": "",
}


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name != "postgresql":
        return
    rows.create_roles(connection)
    rows.create_functions(connection)
    schema = connection.exec_driver_sql("select quote_ident(current_schema())").scalar()
    connection.exec_driver_sql(f"grant usage on schema {schema} to {', '.join(rows.ROLES)}")
    for table, (seen, ingest) in PROTECTED.items():
        rows.protect(connection, table, seen, ingest=ingest)
    for table, ingest in CLOSED.items():
        rows.close(connection, table, ingest=ingest)
