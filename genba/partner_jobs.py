"""Background work for partner systems: webhooks, and forgetting what was answered and sent."""

from core.partners import service as partners
from core.partners import webhook_sending
from core.partners.webhook_sending import Sender
from core.work.model import Mark
from genba.runtime import Runtime


def mark_due(runtime: Runtime) -> None:
    """Mark the subscriptions for which something may be sent."""
    with runtime.database.write() as session:
        webhook_sending.mark_due(session, runtime.clock.now())


def send(runtime: Runtime, marks: list[Mark]) -> None:
    """Send what waits for the marks' subscriptions."""
    settings = runtime.settings
    sender = Sender(runtime.database, settings.sealer, runtime.clock, settings.webhooks)
    webhook_sending.send_marked(sender, marks)


def forget_answers(runtime: Runtime) -> None:
    with runtime.database.write() as session:
        partners.forget_answers(session, runtime.clock.now())


def forget_deliveries(runtime: Runtime) -> None:
    with runtime.database.write() as session:
        webhook_sending.forget_old(session, runtime.clock.now())
