"""The triggers that note, in the transaction that changes a fact, what subscribers are to be told of it.

They are the database's own because days change in many ways (a call, a late touch, a correction, an undo, another
judgement of a whole phone) and none may be forgotten; and because the ledger knows nothing of partners. On PostgreSQL
they run once for each statement, over all its rows: a call pays next to nothing for them.

A later migration that makes one of these tables anew on SQLite (batch mode) calls create_triggers() afterwards.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import sqlalchemy as sa

_DAY_IS = ("contractor_id", "first_entry_at", "last_exit_at", "missing_exit", "is_direct")
DAY = ("work_date", "site_id", "worker_id", *_DAY_IS)
_TOLD = (*_DAY_IS, "is_void")
# Something that was told before is not so any more; an exit that was added, or a later one, is no correction.
_CORRECTED = (
    "(old.first_entry_at is not null and {first}) or (old.contractor_id is not null and {contractor}) "
    "or (old.last_exit_at is not null and (new.last_exit_at is null or new.last_exit_at < old.last_exit_at))"
)


@dataclass(frozen=True, slots=True)
class Trigger:
    """That a row is told of after insert or update, where a condition holds: as which kind, with which facts.

    key names the row before and after; in when and kind the two are called old and new.
    """

    table: str
    key: tuple[str, ...]
    event: str
    when: str
    kind: str
    columns: tuple[str, ...]

    @property
    def name(self) -> str:
        return f"{self.table}_told_on_{self.event}"


def triggers(*, on_postgresql: bool) -> Iterator[Trigger]:
    """Yield the triggers, in the spelling of a database."""
    differs = "new.{0} is distinct from old.{0}" if on_postgresql else "new.{0} is not old.{0}"

    def changed(*columns: str) -> str:
        return " or ".join(differs.format(column) for column in columns)

    false, true = ("false", "true") if on_postgresql else ("0", "1")
    corrected = _CORRECTED.format(first=changed("first_entry_at"), contractor=changed("contractor_id"))
    day_kind = (
        f"case when new.is_void = {true} then 'attendance.withdrawn' when old.is_void = {true} then "
        f"'attendance.recorded' when {corrected} then 'attendance.corrected' else 'attendance.recorded' end"
    )
    day_key = ("worker_id", "site_id", "work_date")
    yield Trigger("attendance_days", day_key, "insert", f"new.is_void = {false}", "'attendance.recorded'", DAY)
    when = f"({changed(*_TOLD)}) and (new.is_void = {false} or old.is_void = {false})"
    yield Trigger("attendance_days", day_key, "update", when, day_kind, DAY)
    link = ("site_id", "link_id", "contractor_id", "upper_contractor_id", "valid_from", "valid_until")
    held, holds = "coalesce(old.state, '') = 'accepted'", "new.state = 'accepted'"
    yield Trigger("tier_links", ("link_id",), "insert", holds, "'tiers.approved'", link)
    when = f"({changed('state')}) and ({held} or {holds})"
    kind = f"case when {holds} then 'tiers.approved' else 'tiers.ended' end"
    yield Trigger("tier_links", ("link_id",), "update", when, kind, link)
    submission = ("site_id", "submission_id", "contractor_id", "people")
    yield Trigger("roster_submissions", ("submission_id",), "insert", "1 = 1", "'roster.submitted'", submission)
    entry = ("site_id", "roster_entry_id", "contractor_id", "worker_id", "valid_from", "valid_until")
    yield Trigger("roster_entries", ("roster_entry_id",), "insert", holds, "'roster.accepted'", entry)
    kind = f"case when {holds} then 'roster.accepted' else 'roster.removed' end"
    yield Trigger("roster_entries", ("roster_entry_id",), "update", when, kind, entry)


def create_triggers(connection: sa.Connection) -> None:
    """Create the triggers that are not there."""
    on_postgresql = connection.dialect.name == "postgresql"
    for trigger in triggers(on_postgresql=on_postgresql):
        for statement in _on_postgresql(trigger) if on_postgresql else _on_sqlite(trigger):
            connection.exec_driver_sql(statement)


def _on_postgresql(trigger: Trigger) -> Iterator[str]:
    # The phone and the devices read no subscriptions: the function does so in the owner's name.
    pairs = ", ".join(f"'{name}', new.{name}" for name in trigger.columns)
    rows, given = "new_rows new", "new table as new_rows"
    if trigger.event == "update":
        rows += f" join old_rows old using ({', '.join(trigger.key)})"
        given += " old table as old_rows"
    told = (
        f"select new.prime_contractor_id as prime, {trigger.kind} as kind, json_build_object({pairs})::text as facts "
        f"from {rows} where {trigger.when}"
    )
    body = (
        "insert into webhook_events (event_id, subscription_id, kind, facts, at) "
        f"select gen_random_uuid(), s.subscription_id, told.kind, told.facts, now() from ({told}) told "
        "join webhook_subscriptions s on s.prime_contractor_id = told.prime "
        "where not s.is_sandbox and position(' ' || told.kind || ' ' in ' ' || s.kinds || ' ') > 0"
    )
    # In a function of PL/pgSQL new and old are the row's, which a statement's trigger has not.
    body = re.sub(r"\b(?:new|old)\b", lambda found: found[0][0], body)
    yield (
        f"create or replace function {trigger.name}() returns trigger language plpgsql security definer "
        f"set search_path from current as $$ begin {body}; return null; end $$"
    )
    yield f"drop trigger if exists {trigger.name} on {trigger.table}"
    yield (
        f"create trigger {trigger.name} after {trigger.event} on {trigger.table} referencing {given} "
        f"for each statement execute function {trigger.name}()"
    )


def _on_sqlite(trigger: Trigger) -> Iterator[str]:
    pairs = ", ".join(f"'{name}', new.{name}" for name in trigger.columns)
    kind = trigger.kind
    yield (
        f"create trigger if not exists {trigger.name} after {trigger.event} on {trigger.table} for each row "
        f"when {trigger.when} begin "
        "insert into webhook_events (event_id, subscription_id, kind, facts, at) "
        f"select lower(hex(randomblob(16))), s.subscription_id, {kind}, json_object({pairs}), "
        "strftime('%Y-%m-%dT%H:%M:%f', 'now') || '000+00:00' "
        "from webhook_subscriptions s where s.prime_contractor_id = new.prime_contractor_id and not s.is_sandbox "
        f"and instr(' ' || s.kinds || ' ', ' ' || {kind} || ' ') > 0; end"
    )
