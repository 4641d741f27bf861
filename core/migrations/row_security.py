"""What row-level security on PostgreSQL is made of: the roles, and the words its policies are written in.

The policies say of each table what core.registry.visibility and core.attendance.visibility say in queries. What a
viewer reaches stands in settings of the transaction (core.db.scope_settings). A migration that adds a table with
somebody's data calls protect() for it; one that forgets leaves the table closed to the pages.
"""

import sqlalchemy as sa

from core.errors import SettingsError

WEB, INGEST, JOBS = "genba_web", "genba_ingest", "genba_jobs"
ROLES = (WEB, INGEST, JOBS)

# Each stands in a sub-select of its own, so that a statement asks once and not for every row.
EVERYTHING = "(select genba_everything())"
PRIMES = "any ((select genba_primes())::uuid[])"
SITES = "any ((select genba_sites())::uuid[])"
EMPLOYERS = "any ((select genba_employers())::uuid[])"
VIEWERS = "any ((select genba_viewers())::uuid[])"
WORKER = "(select genba_worker())"

_SETTINGS = """
create function genba_ids(name text) returns uuid[] language sql stable parallel safe as
    $$ select coalesce(nullif(current_setting(name, true), ''), '{}')::uuid[] $$;
create function genba_everything() returns boolean language sql stable parallel safe as
    $$ select coalesce(current_setting('genba.everything', true), '') = 'on' $$;
create function genba_primes() returns uuid[] language sql stable parallel safe as
    $$ select genba_ids('genba.primes') $$;
create function genba_sites() returns uuid[] language sql stable parallel safe as
    $$ select genba_ids('genba.sites') $$;
create function genba_employers() returns uuid[] language sql stable parallel safe as
    $$ select genba_ids('genba.employers') $$;
create function genba_viewers() returns uuid[] language sql stable parallel safe as
    $$ select genba_primes() || genba_sites() || genba_employers() $$;
create function genba_worker() returns uuid language sql stable parallel safe as
    $$ select nullif(current_setting('genba.worker', true), '')::uuid $$
"""

# These read past the policies of the tables they look into: a policy that asked another, which asks the first, would
# never end.
_LOOKUPS = {
    # the sites where everybody's records are seen
    "genba_whole_sites": """
        select site_id from sites where prime_contractor_id = any (genba_primes()) or site_id = any (genba_sites())
    """,
    # where a worker was or is expected, who looks at his own record
    "genba_own_sites": """
        select site_id from site_visits where worker_id = genba_worker()
        union select site_id from site_assignments where worker_id = genba_worker()
    """,
    # Who came to such a site for the first time is granted within seconds by the background work. A board, or the list
    # for an evacuation, must not miss anybody while that stands still.
    "genba_seen_lately": """
        select d.worker_id from attendance_days d
        where d.site_id in (
            select site_id from sites where prime_contractor_id = any (genba_primes()) or site_id = any (genba_sites())
        ) and d.work_date >= (now() at time zone 'Asia/Tokyo')::date - 7
    """,
    "genba_crews_seen_lately": """
        select d.contractor_id from attendance_days d
        where d.site_id in (
            select site_id from sites where prime_contractor_id = any (genba_primes()) or site_id = any (genba_sites())
        ) and d.work_date >= (now() at time zone 'Asia/Tokyo')::date - 7 and d.contractor_id is not null
    """,
    # whom a worker has to do with, who looks at his own record
    "genba_own_contractors": """
        select contractor_id from affiliations where worker_id = genba_worker()
        union select contractor_id from site_visits where worker_id = genba_worker()
        union select s.prime_contractor_id from sites s where s.site_id in (select genba_own_sites())
    """,
}


def granted(*kinds: str, viewers: str = VIEWERS) -> str:
    """Return the query of what is granted to a viewer."""
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    return f"(select subject_id from grants where viewer_id = {viewers} and kind in ({listed}))"


def whole_site(site: str = "site_id", prime: str | None = "prime_contractor_id") -> str:
    """Return the condition that everybody's records of a row's site are seen."""
    by_prime = f"{prime} = {PRIMES} or {site} = {SITES}" if prime else f"{site} in (select genba_whole_sites())"
    return f"{EVERYTHING} or {by_prime}"


def crew(site: str = "site_id", contractor: str = "contractor_id") -> str:
    """Return the condition that somebody employs or leads the crew of a row."""
    led = f"select site_id, contractor_id from crew_grants where viewer_id = {EMPLOYERS}"
    return f"{contractor} = {EMPLOYERS} or ({site}, {contractor}) in ({led})"


def employee(worker: str = "worker_id") -> str:
    """Return the condition that a row's worker is employed by the viewer, or is himself the viewer."""
    return f"{worker} = {WORKER} or {worker} in {granted('employee', viewers=EMPLOYERS)}"


def seen_worker(worker: str = "worker_id") -> str:
    """Return the condition that the record of a row's worker is seen."""
    known = f"{worker} in {granted('employee', 'visitor')} or {worker} = {WORKER}"
    return f"{EVERYTHING} or {known} or {worker} in (select genba_seen_lately())"


def seen_site(site: str = "site_id") -> str:
    """Return the condition that the facts of a row's site are seen."""
    seen = f"{site} in (select genba_whole_sites()) or {site} in {granted('site')}"
    return f"{EVERYTHING} or {seen} or {site} in (select genba_own_sites())"


def own(contractor: str = "contractor_id") -> str:
    """Return the condition that a row belongs to a contractor in whose name somebody looks."""
    return f"{EVERYTHING} or {contractor} = {VIEWERS}"


def of(parent: str, key: str, table: str) -> str:
    """Return the condition that the row a row belongs to is seen."""
    return f"exists (select from {parent} p where p.{key} = {table}.{key})"


def create_roles(connection: sa.Connection) -> None:
    """Create the roles that are missing, and let the user of this connection take them.

    Raises SettingsError when a role is missing and the user may create none.
    """
    user = connection.exec_driver_sql("select rolsuper or rolcreaterole from pg_roles where rolname = current_user")
    may_create = bool(user.scalar())
    for role in ROLES:
        found = sa.text("select pg_has_role(current_user, oid, 'member') from pg_roles where rolname = :role")
        is_member = connection.execute(found, {"role": role}).scalar()
        if is_member:
            continue
        if not may_create:
            raise SettingsError(
                "the database user may not create roles; as an administrator of the database run: "
                + "; ".join(f"create role {name} nologin" for name in ROLES)
                + f"; grant {', '.join(ROLES)} to {connection.engine.url.username}"
            )
        # Roles belong to all databases of a server: another one may be migrated at this very moment.
        connection.exec_driver_sql(
            f"do $$ begin create role {role} nologin; "
            "exception when duplicate_object or unique_violation then null; end $$"
        )
        connection.exec_driver_sql(
            f"do $$ begin grant {role} to current_user; exception when internal_error or unique_violation then null; "
            "end $$"
        )


def create_functions(connection: sa.Connection) -> None:
    """Create what the policies ask."""
    for statement in _SETTINGS.split(";"):
        connection.exec_driver_sql(statement)
    for name, query in _LOOKUPS.items():
        connection.exec_driver_sql(
            f"create function {name}() returns setof uuid language sql stable parallel safe security definer "
            f"set search_path from current as $$ {query} $$"
        )
        connection.exec_driver_sql(f"revoke execute on function {name}() from public")
        connection.exec_driver_sql(f"grant execute on function {name}() to {WEB}")


def protect(connection: sa.Connection, table: str, seen: str | None, *, ingest: str = "") -> None:
    """Let the pages read the rows of a table for which a condition is true, and the background work all of them.

    Without a condition every row may be read. ingest: what the phone and the devices may do, e.g. "select, insert".
    """
    connection.exec_driver_sql(f"grant select on {table} to {WEB}")
    connection.exec_driver_sql(f"grant select, insert, update, delete on {table} to {JOBS}")
    if ingest:
        connection.exec_driver_sql(f"grant {ingest} on {table} to {INGEST}")
    if seen is None:
        return
    connection.exec_driver_sql(f"alter table {table} enable row level security")
    connection.exec_driver_sql(f"create policy {table}_seen on {table} for select to {WEB} using ({seen})")
    everybody_else = f"{JOBS}, {INGEST}" if ingest else JOBS
    connection.exec_driver_sql(
        f"create policy {table}_worked on {table} to {everybody_else} using (true) with check (true)"
    )


def close(connection: sa.Connection, table: str, *, ingest: str = "") -> None:
    """Keep a table from the pages' reading; only the background work, and the phone with rights of its own, use it."""
    connection.exec_driver_sql(f"grant select, insert, update, delete on {table} to {JOBS}")
    if ingest:
        connection.exec_driver_sql(f"grant {ingest} on {table} to {INGEST}")
