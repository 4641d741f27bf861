"""Background work: telling people of devices that somebody has to look after, within a quarter of a minute."""

from core.attendance.noticing import subject_names
from core.devices import store, watching
from core.notices import service as notices
from genba.runtime import Runtime


def watch(runtime: Runtime) -> None:
    """Tell of devices in trouble; the mail goes out at once, as far as its readers may be mailed now."""
    now, settings = runtime.clock.now(), runtime.settings
    with runtime.database.read() as session:
        facts = watching.find_facts(session, now)
    if not facts:
        return
    with runtime.database.write() as session:
        is_news = notices.tell(session, facts, now) > 0
        if is_news and settings.smtp_url is not None:
            names = subject_names(session) | store.labels(session)
            notices.post_digests(session, settings.sealer, names, settings.public_url, now)
