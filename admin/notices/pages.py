"""「お知らせ」: what people are told without having asked, and how each wants to be told."""

import re
from itertools import groupby
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, RedirectResponse, Response
from starlette.datastructures import FormData

from admin.access import needs, reading, scope_of, viewer_of, writing
from admin.pages import language_of, render
from admin.words import word
from core.accounts.model import Permission
from core.attendance.noticing import sites_told_of, subject_names
from core.devices import store as device_store
from core.ids import SiteId
from core.notices import service as notices
from core.notices.digest import PATHS
from core.notices.model import NoticeKind, Preferences, Way

router = APIRouter()

TIMES = ("exits_min", "callers_min", "quiet_from_min", "quiet_until_min")
MOST_SITES = 100


@router.get("/notices", dependencies=[needs(Permission.SEE)])
def show_notices(request: Request) -> Response:
    now = request.app.state.clock.now()
    with request.app.state.database.read() as session:
        told = notices.list_notices(session, viewer_of(request).account.account_id, now)
        names = subject_names(session) | device_store.labels(session)
    days = [(day, list(of_day)) for day, of_day in groupby(told, key=lambda notice: notice.on)]
    has_unseen = any(notice.seen_at is None for notice in told)
    return render(request, "notices/list.html", days=days, names=names, paths=PATHS, has_unseen=has_unseen)


@router.get("/notices/count", dependencies=[needs(Permission.SEE)])
def count_notices(request: Request) -> Response:
    """Answer with the number beside the entry of the navigation; with nothing when there is none."""
    now = request.app.state.clock.now()
    with request.app.state.database.read() as session:
        count = notices.count_unseen(session, viewer_of(request).account.account_id, now)
    return PlainTextResponse(str(count) if count else "")


@router.post("/notices/seen", dependencies=[needs(Permission.SEE)])
def mark_seen(request: Request) -> Response:
    with writing(request) as session:
        notices.mark_seen(session, viewer_of(request).account.account_id, request.app.state.clock.now())
    return RedirectResponse("/notices", 303)


@router.get("/notices/settings", dependencies=[needs(Permission.SEE)])
def show_settings(request: Request, saved: str = "") -> Response:
    with request.app.state.database.read() as session:
        wanted = notices.preferences_of(session, viewer_of(request).account.account_id)
    return _settings(request, wanted, {name: time_text(getattr(wanted, name)) for name in TIMES}, is_saved=bool(saved))


@router.post("/notices/settings", dependencies=[needs(Permission.SEE)])
async def choose(request: Request) -> Response:
    form = await request.form()
    texts = {name: str(form.get(name, "")) for name in TIMES}
    minutes = {name: minutes_of(text) for name, text in texts.items()}
    wrong = word("notices.bad_time", language_of(request))
    errors = {name: wrong for name, minute in minutes.items() if minute is None}
    wanted = Preferences(
        ways={kind: Way(str(form.get(kind.value))) for kind in NoticeKind if form.get(kind.value) in list(Way)},
        mail_weekdays=frozenset(int(str(day)) for day in form.getlist("weekday") if str(day) in "0123456"),
        muted_sites=_muted(form),
        **{name: minute for name, minute in minutes.items() if minute is not None},
    )
    if errors:
        return _settings(request, wanted, texts, errors=errors)
    with writing(request) as session:
        notices.choose(session, viewer_of(request).account.account_id, wanted)
    return RedirectResponse("/notices/settings?saved=1", 303)


def _settings(
    request: Request,
    wanted: Preferences,
    times: dict[str, str],
    *,
    errors: dict[str, str] | None = None,
    is_saved: bool = False,
) -> Response:
    scope = scope_of(request, Permission.SETTLE)
    with reading(request, Permission.SETTLE) as session:
        sites = [] if scope.everything else sites_told_of(session, scope, MOST_SITES)
    return render(
        request,
        "notices/settings.html",
        status_code=422 if errors else 200,
        wanted=wanted,
        times=times,
        errors=errors or {},
        is_saved=is_saved,
        kinds=list(NoticeKind),
        ways=list(Way),
        sites=sites,
        has_mail=request.app.state.settings.smtp_url is not None,
    )


def _muted(form: FormData) -> frozenset[SiteId]:
    muted = set()
    for text in form.getlist("muted"):
        try:
            muted.add(SiteId(UUID(str(text))))
        except ValueError:
            continue
    return frozenset(muted)


def minutes_of(text: str) -> int | None:
    """Return the minutes after midnight of a time such as 18:30; None when it is none."""
    found = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", text.strip(), re.ASCII)
    return int(found[1]) * 60 + int(found[2]) if found else None


def time_text(minutes: int) -> str:
    """Return minutes after midnight as 18:30."""
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
