"""The pages of 要確認: what they show, what their forms do, and whom they refuse."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from core.accounts import service as accounts
from core.accounts.model import Role
from core.attendance import correcting, records
from core.attendance.correcting import Entered
from core.attendance.model import CorrectionCode, Direction
from core.audit import store as audit_store
from core.clock import FixedClock
from core.db import Database
from core.ids import ContractorId
from core.registry import proposal_store
from core.registry.model import Contractor
from core.scope import EVERYTHING
from tests import factories
from tests.admin.conftest import PASSWORD, new_client
from tests.admin.world import TODAY, World, at

STRANGER = "+819099990001"


@pytest.fixture
def world(world: World, clock: FixedClock) -> World:
    """山田 has called; a stranger twice; somebody hid the number."""
    clock.at = at("10:00")
    world.add("山田太郎", world.sato)
    world.add("鈴木一郎", world.sato)
    world.call("山田太郎", at("07:52"))
    world.call(STRANGER, at("08:00"))
    world.call(STRANGER, at("08:10"))
    world.call("", at("08:12"))
    return world


def signed_in(app: FastAPI, database: Database, role: Role, contractor: Contractor | None) -> TestClient:
    """Return a browser signed in with an account of that role."""
    login = f"{role}-{contractor.name if contractor else ''}".encode().hex()[:40]
    with database.write() as session:
        account = accounts.create_account(session, login, "佐々木", PASSWORD)
        owner: ContractorId | None = contractor.contractor_id if contractor else None
        accounts.join(session, account.account_id, role, owner)
    client = new_client(app)
    assert client.post("/sign-in", data={"login": login, "password": PASSWORD}).status_code == 303
    return client


@pytest.fixture
def prime(app: FastAPI, world: World) -> TestClient:
    return signed_in(app, world.database, Role.PRIME_OFFICE, world.prime)


@pytest.fixture
def sub(app: FastAPI, world: World) -> TestClient:
    return signed_in(app, world.database, Role.SUBCONTRACTOR_OFFICE, world.sato)


def punch_ids(world: World) -> dict[str, str]:
    """Return the punches by their time of day."""
    with world.database.read() as session:
        lines = records.list_punches(session)
    return {f"{line.occurred_at + timedelta(hours=9):%H:%M}": str(line.punch_id) for line in lines}


def held(world: World) -> Iterator[str]:
    with world.database.read() as session:
        for line in sorted(records.list_punches(session), key=lambda line: line.occurred_at):
            yield f"{line.verdict} {line.worker or '-'} {line.direction or '-'}"


def text_of(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_the_list_says_what_is_unclear_in_plain_words(prime: TestClient, world: World) -> None:
    page = prime.get("/review")
    assert page.status_code == 200
    shown = text_of(page.text)
    assert "090****0001" in shown
    assert "2回（08:00～08:10）" in shown
    assert "登録のない番号です。だれの電話か確かめて登録してください。" in shown
    assert "番号が非通知でした。" in shown
    assert STRANGER[3:] not in page.text
    assert prime.get("/review/count").text == "2"
    assert "該当" not in shown


def test_the_filters_stand_in_the_address(prime: TestClient, world: World) -> None:
    only = text_of(prime.get("/review?kind=withheld_number").text)
    assert "090****0001" not in only
    assert "条件に合うものはありません。" in text_of(prime.get(f"/review?site={world.harbour.site_id}").text)
    assert "090****0001" in text_of(prime.get(f"/review?on={TODAY}").text)
    assert prime.get("/review?site=nonsense&kind=nonsense&on=nonsense").status_code == 200


def test_an_unknown_caller_is_attached_and_everything_is_undone(office: TestClient, world: World) -> None:
    ids = punch_ids(world)
    worker = world.workers["鈴木一郎"].worker_id
    who = office.get(f"/review/punches/{ids['08:10']}/who", headers={"HX-Request": "true"})
    assert "鈴木一郎さんの記録にする" not in text_of(who.text)
    found = office.get(f"/review/punches/{ids['08:10']}/who?q=鈴木", headers={"HX-Request": "true"})
    assert "鈴木一郎さんの記録にする" in text_of(found.text)
    form = {"worker_id": str(worker), "keep_number": "1", "seq": "1"}
    answer = office.post(f"/review/punches/{ids['08:10']}/attach", data=form)
    assert (answer.status_code, answer.headers["location"].startswith("/review?done=")) == (303, True)
    assert list(held(world))[1:3] == ["accepted 鈴木一郎 entry", "duplicate 鈴木一郎 entry"]
    page = office.get(answer.headers["location"])
    assert "鈴木一郎の番号として登録しました。 ほかの1件も記録しました。" in text_of(page.text)
    batch = re.search(r'name="batch" value="([^"]+)"', page.text)
    assert batch is not None
    assert office.post("/review/undo", data={"batch": batch[1]}).status_code == 303
    assert list(held(world))[1:3] == ["needs_review - -"] * 2
    again = office.post("/review/undo", data={"batch": batch[1]})
    assert (again.status_code, "すでに元に戻されています。" in again.text) == (409, True)
    assert "鈴木一郎" in text_of(office.get("/review/history").text)


def test_a_prime_attaches_but_the_employer_is_asked_to_register_the_number(prime: TestClient, world: World) -> None:
    ids = punch_ids(world)
    with world.database.write() as session:
        factories.participation(session, world.central, world.sato)
        factories.assignment(session, world.central, world.workers["鈴木一郎"])
    form = {"worker_id": str(world.workers["鈴木一郎"].worker_id), "keep_number": "1", "seq": "1"}
    answer = prime.post(f"/review/punches/{ids['08:10']}/attach", data=form)
    assert answer.status_code == 303
    assert "所属会社に確認を依頼しました。" in text_of(prime.get(answer.headers["location"]).text)
    assert list(held(world))[1:3] == ["accepted 鈴木一郎 entry", "duplicate 鈴木一郎 entry"]
    world.call(STRANGER, at("17:00"))
    assert list(held(world))[-1] == "needs_review - -"


def attach_as_a_prime(prime: TestClient, world: World) -> str:
    """Attach the stranger's calls to 鈴木一郎 so that his employer is asked for the number, and return the batch."""
    with world.database.write() as session:
        factories.participation(session, world.central, world.sato)
        factories.assignment(session, world.central, world.workers["鈴木一郎"])
    form = {"worker_id": str(world.workers["鈴木一郎"].worker_id), "keep_number": "1", "seq": "1"}
    answer = prime.post(f"/review/punches/{punch_ids(world)['08:10']}/attach", data=form)
    return answer.headers["location"].partition("done=")[2].partition("&")[0]


def proposals(world: World) -> list[tuple[str, str]]:
    with world.database.read() as session:
        rows = proposal_store.list_proposals(session, EVERYTHING, TODAY)
    return [(row.proposal.state.value, str(row.proposal.valid_from)) for row in rows]


def test_undoing_withdraws_what_was_proposed_with_it(prime: TestClient, sub: TestClient, world: World) -> None:
    batch = attach_as_a_prime(prime, world)
    accept = re.search(r"/proposals/[0-9a-f-]{36}/accept", sub.get("/proposals").text)
    assert accept is not None
    assert prime.post("/review/undo", data={"batch": batch}).status_code == 303
    assert proposals(world) == [("withdrawn", str(TODAY))]
    assert sub.get("/proposals/count").text == ""
    assert "取り下げ" in text_of(sub.get("/proposals").text)
    assert sub.post(accept[0]).status_code == 404
    assert list(held(world))[1:3] == ["needs_review - -"] * 2
    with world.database.read() as session, audit_store.streaming(session) as entries:
        told = [entry.action for entry in entries if entry.action.startswith(("worker", "review"))]
    assert told == ["worker.proposed", "review.attached", "review.undone", "worker.proposal_withdrawn"]


def test_what_the_owner_has_accepted_is_not_undone(prime: TestClient, sub: TestClient, world: World) -> None:
    batch = attach_as_a_prime(prime, world)
    accept = re.search(r"/proposals/[0-9a-f-]{36}/accept", sub.get("/proposals").text)
    assert accept is not None
    assert sub.post(accept[0]).headers["location"] == "/proposals?done=proposal_accepted"
    refused = prime.post("/review/undo", data={"batch": batch})
    assert (refused.status_code, "所属会社が番号の登録を承認したため" in refused.text) == (409, True)
    assert list(held(world))[1:3] == ["accepted 鈴木一郎 entry", "duplicate 鈴木一郎 entry"]


def test_who_proposed_withdraws_it_and_nobody_else(prime: TestClient, sub: TestClient, world: World) -> None:
    attach_as_a_prime(prime, world)
    withdraw = re.search(r"/proposals/[0-9a-f-]{36}/withdraw", prime.get("/proposals").text)
    assert withdraw is not None
    assert "/withdraw" not in sub.get("/proposals").text
    assert sub.post(withdraw[0]).status_code == 404
    assert prime.post(withdraw[0]).headers["location"] == "/proposals?done=proposal_withdrawn"
    assert proposals(world) == [("withdrawn", str(TODAY))]
    assert prime.post(withdraw[0]).status_code == 404
    assert "提案を取り下げました。" in prime.get("/proposals?done=proposal_withdrawn").text


def test_a_proposed_number_begins_with_its_first_call_that_waits(
    prime: TestClient, sub: TestClient, world: World
) -> None:
    three_days_before, a_week_before = TODAY - timedelta(days=3), TODAY - timedelta(days=7)
    with world.database.write() as session:
        other = factories.site(session, world.sealer, "東ビル", prime=factories.contractor(session, "東建設"))
        factories.line(session, "+815012349999", sites=[other])
    world.call(STRANGER, at("08:00", a_week_before), line="+815012349999")  # of which this prime must not learn
    world.call(STRANGER, at("08:00", three_days_before), world.harbour)
    attach_as_a_prime(prime, world)
    assert proposals(world) == [("open", str(three_days_before))]
    accept = re.search(r"/proposals/[0-9a-f-]{36}/accept", sub.get("/proposals").text)
    assert accept is not None
    assert sub.post(accept[0]).status_code == 303
    assert list(held(world))[:2] == ["needs_review - -", "accepted 鈴木一郎 entry"]


def test_with_a_script_the_card_becomes_a_line_that_can_be_undone(office: TestClient, world: World) -> None:
    ids = punch_ids(world)
    hx = {"HX-Request": "true"}
    answer = office.post(
        f"/review/punches/{ids['08:12']}/dismiss", data={"dismissal": "wrong_call", "seq": "1"}, headers=hx
    )
    assert answer.status_code == 200
    assert "記録しないことにしました。" in answer.text
    assert answer.headers["hx-trigger"] == "count-changed"
    assert "<html" not in answer.text
    batch = re.search(r'name="batch" value="([^"]+)"', answer.text)
    assert batch is not None
    assert "元に戻しました。" in office.post("/review/undo", data={"batch": batch[1]}, headers=hx).text
    stale = office.post(
        f"/review/punches/{ids['08:10']}/dismiss", data={"dismissal": "wrong_call", "seq": "9"}, headers=hx
    )
    assert "ほかの人が先に片付けました。" in stale.text


def test_several_are_settled_together(office: TestClient, world: World) -> None:
    ids = punch_ids(world)
    keys = [f"{ids['08:10']}:1", f"{ids['08:12']}:1"]
    answer = office.post("/review/bulk", data={"act": "dismiss", "dismissal": "test_call", "item": keys})
    assert "2件を片付けました。" in text_of(office.get(answer.headers["location"]).text)
    assert office.get("/review/count").text == ""
    nothing = office.post("/review/bulk", data={"act": "accept"})
    assert "まとめて片付けるものを選んでください。" in text_of(office.get(nothing.headers["location"]).text)


def test_the_page_of_a_punch_tells_its_story(office: TestClient, world: World) -> None:
    ids = punch_ids(world)
    cancelled = {"correction": "not_present", "note": "休みだった", "seq": "1"}
    assert office.post(f"/review/punches/{ids['07:52']}/cancel", data=cancelled).status_code == 303
    shown = text_of(office.get(f"/review/punches/{ids['07:52']}").text)
    for told in (
        "自動",
        "記録済み",
        "11/16 07:52",
        "木村花子",
        "現場にいなかった",
        "「休みだった」",
        "記録を取り消しました。",
    ):
        assert told in shown
    form = {"direction": "entry", "seq": "2"}
    assert office.post(f"/review/punches/{ids['07:52']}/direction", data=form).status_code == 303
    assert next(held(world)) == "accepted 山田太郎 entry"


def test_a_missing_exit_is_entered_or_left(app: FastAPI, world: World, clock: FixedClock) -> None:
    clock.at = at("08:00", TODAY + timedelta(days=1))
    prime = signed_in(app, world.database, Role.PRIME_OFFICE, world.prime)
    with world.database.write() as session:
        records.close_days(session, clock.at)
    path = f"/review/days/missing_exit/{world.workers['山田太郎'].worker_id}/{world.central.site_id}/{TODAY}"
    assert path in prime.get("/review").text
    assert "この現場の終業は20:00です。" in prime.get(path).text
    wrong = prime.post(f"{path}/time", data={"time": "06:00"})
    assert (wrong.status_code, 'value="06:00"' in wrong.text) == (422, True)
    assert "その日の記録と合わない時刻です。" in wrong.text
    assert prime.post(f"{path}/time", data={"time": ""}).status_code == 422
    assert prime.post(f"{path}/time", data={"time": "17:10"}).status_code == 303
    assert list(held(world))[-1] == "accepted 山田太郎 exit"
    assert path not in prime.get("/review").text
    for again, form in (("time", {"time": "17:30"}), ("leave", {})):
        assert "ほかの人が先に片付けました。" in prime.post(f"{path}/{again}", data=form).text
    assert [line for line in held(world) if "exit" in line] == ["accepted 山田太郎 exit"]


def test_what_does_not_say_what_the_page_showed_is_refused(office: TestClient, world: World) -> None:
    form = {"worker_id": str(world.workers["鈴木一郎"].worker_id)}
    path = f"/review/punches/{punch_ids(world)['08:10']}/attach"
    answers = [office.post(path, data=form | seq) for seq in ({}, {"seq": "1"}, {"seq": "1"}, {})]
    assert [answer.status_code for answer in answers] == [409, 303, 409, 409]
    assert "ほかの人が先に片付けました。" in answers[-1].text


def test_who_may_only_ask_for_a_missing_exit_finds_the_way_to_ask(
    app: FastAPI, world: World, clock: FixedClock
) -> None:
    clock.at = at("08:00", TODAY + timedelta(days=1))
    with world.database.write() as session:
        records.close_days(session, clock.at)
        factories.participation(session, world.central, world.sato)
    sub = signed_in(app, world.database, Role.SUBCONTRACTOR_OFFICE, world.sato)
    other = signed_in(app, world.database, Role.PRIME_OFFICE, world.ito)
    worker, site = world.workers["山田太郎"].worker_id, world.central.site_id
    query = f"worker={worker}&site={site}&on={TODAY}&direction=exit"
    page = sub.get("/review").text
    assert f'href="/review/request-missed?{query.replace("&", "&amp;")}"' in page
    assert "/review/days/" not in page
    assert "本人に時刻を確かめて、打刻漏れを申請してください。" in page
    assert (sub.get("/review/count").text, other.get("/review/count").text) == ("1", "")
    form = sub.get(f"/review/request-missed?{query}").text
    assert all(f'value="{chosen}" selected' in form for chosen in (worker, site))
    assert re.search(r'value="exit" checked', form)
    assert f'value="{TODAY}"' in form
    told = {"worker_id": str(worker), "site_id": str(site), "date": str(TODAY), "direction": "exit", "time": "17:10"}
    assert sub.post("/review/request-missed", data=told).status_code == 303
    assert sub.get("/review/count").text == ""
    assert "打刻漏れを申請済みで、元請の承認を待っています。" in sub.get("/review").text
    assert "/review/request-missed?worker" not in sub.get("/review").text


@pytest.mark.parametrize("role", [Role.READ_ONLY, Role.ACCOUNTANT, Role.REGISTRATION_MANAGER])
def test_who_only_reads_gets_no_link_that_he_may_not_open(
    app: FastAPI, world: World, clock: FixedClock, role: Role
) -> None:
    clock.at = at("08:00", TODAY + timedelta(days=1))
    with world.database.write() as session:
        records.close_days(session, clock.at)
    reader = signed_in(app, world.database, role, world.prime)
    page = reader.get("/review").text
    assert "この日の退場が記録されていません。 " in text_of(page)
    links = set(re.findall(r'(?:href|action)="(/review/[^"]+)"', page))
    assert [link for link in links if reader.get(link.replace("&amp;", "&")).status_code != 200] == []
    assert reader.get("/review/count").text == ""


def test_who_may_sets_the_missing_affiliation_before_anything_else(
    office: TestClient, prime: TestClient, world: World
) -> None:
    world.add("田中実", None)
    world.call("田中実", at("08:20"))
    path = f"/workers/{world.workers['田中実'].worker_id}/propose/affiliation?valid_from={TODAY}"
    for browser, label in ((office, "所属を登録する"), (prime, "")):
        page = browser.get("/review?kind=affiliation_expired").text
        assert (path in page, label in page) == (bool(label), True)
        first = re.search(r'class="(?:button )?small primary"[^>]*>([^<]+)<', page)
        assert first is not None
        assert first[1] == (label or "記録する")
    assert f'value="{TODAY}"' in office.get(path).text
    assert path in office.get(f"/review/punches/{punch_ids(world)['08:20']}").text
    with world.database.write() as session:  # who is expected at the prime's site is within its reach
        factories.assignment(session, world.central, world.workers["田中実"])
        factories.affiliation(session, world.workers["田中実"], world.sato, valid_until=TODAY - timedelta(days=1))
    assert "所属を提案する" in prime.get("/review?kind=affiliation_expired").text


def test_after_the_deadline_only_the_operator_enters_a_missing_exit(
    app: FastAPI, world: World, clock: FixedClock
) -> None:
    clock.at = at("08:00", TODAY.replace(month=12, day=31) + timedelta(days=1))
    prime = signed_in(app, world.database, Role.PRIME_OFFICE, world.prime)
    operator = signed_in(app, world.database, Role.OPERATOR, None)
    with world.database.write() as session:
        records.close_days(session, clock.at)
    path = f"/review/days/missing_exit/{world.workers['山田太郎'].worker_id}/{world.central.site_id}/{TODAY}"
    page = prime.get(path).text
    assert ("時刻を入れられるのは運営者だけです。" in page, f"{path}/time" in page) == (True, False)
    late = prime.post(f"{path}/time", data={"time": "17:00"})
    assert (late.status_code, "期限（12月31日" in late.text) == (422, True)
    assert f"{path}/time" in operator.get(path).text
    assert operator.post(f"{path}/time", data={"time": "17:00"}).status_code == 303
    assert list(held(world))[-1] == "accepted 山田太郎 exit"


def ask(world: World, time: str = "07:50") -> dict[str, str]:
    return {
        "worker_id": str(world.workers["鈴木一郎"].worker_id),
        "site_id": str(world.central.site_id),
        "date": TODAY.isoformat(),
        "time": time,
        "direction": "entry",
        "correction": "forgotten",
        "note": "電池切れ",
    }


def test_a_subcontractor_asks_and_the_prime_approves(prime: TestClient, sub: TestClient, world: World) -> None:
    with world.database.write() as session:
        factories.participation(session, world.central, world.sato)
    assert "鈴木一郎" in sub.get("/review/request-missed").text
    assert sub.post("/review/request-missed", data=ask(world)).headers["location"] == "/review/requests?say=requested"
    waiting = text_of(sub.get("/review/requests").text)
    assert ("電池切れ" in waiting, "元請の承認待ち" in waiting) == (True, True)
    page = prime.get("/review/requests").text
    request_id = re.search(r"/review/requests/([0-9a-f-]{36})/approve", page)
    assert request_id is not None
    assert sub.post(f"/review/requests/{request_id[1]}/approve").status_code == 403
    assert prime.post(f"/review/requests/{request_id[1]}/approve?next=/review/requests").status_code == 303
    assert next(held(world)) == "accepted 鈴木一郎 entry"
    assert "すでに処理されています。" in prime.post(f"/review/requests/{request_id[1]}/reject").text


def test_what_was_typed_wrong_is_said_beside_the_field_and_kept(prime: TestClient, world: World) -> None:
    with world.database.write() as session:
        factories.assignment(session, world.central, world.workers["鈴木一郎"])
    future = prime.post("/review/request-missed", data=ask(world, "23:00"))
    assert (future.status_code, "これからの時刻は入れられません。" in future.text) == (422, True)
    assert 'value="23:00"' in future.text
    nobody = prime.post("/review/request-missed", data=ask(world) | {"worker_id": ""})
    assert (nobody.status_code, "技能者を選んでください。" in nobody.text) == (422, True)


def test_after_the_deadline_the_prime_sees_that_only_the_operator_approves(
    office: TestClient, prime: TestClient, world: World, clock: FixedClock
) -> None:
    with world.database.write() as session:
        who = world.workers["鈴木一郎"].worker_id
        told = Entered(who, world.central.site_id, at("07:50"), Direction.ENTRY, CorrectionCode.FORGOTTEN)
        asked = correcting.request_missed_touch(session, told, "佐藤工業", at("10:00"))
    clock.at = at("00:10", TODAY.replace(month=12, day=31) + timedelta(days=1))
    again = new_client(prime.app)  # type: ignore[arg-type]  # the sessions of November are over
    assert again.get("/review/requests").status_code == 303
    form = {"login": f"{Role.PRIME_OFFICE}-{world.prime.name}".encode().hex()[:40], "password": PASSWORD}
    assert again.post("/sign-in", data=form).status_code == 303
    assert "運営者だけが承認できます。" in again.get("/review/requests").text
    late = again.post(f"/review/requests/{asked.missed_touch_id}/approve")
    assert (late.status_code, "承認の期限を過ぎています。" in late.text) == (409, True)


def test_nobody_settles_what_lies_beyond_his_reach(app: FastAPI, sub: TestClient, world: World) -> None:
    with world.database.write() as session:
        other = factories.contractor(session, "東建設")
    stranger = signed_in(app, world.database, Role.PRIME_OFFICE, other)
    ids = punch_ids(world)
    assert "090****0001" not in stranger.get("/review").text
    assert stranger.get("/review/count").text == ""
    assert stranger.get(f"/review/punches/{ids['08:10']}").status_code == 404
    for act, form in (
        ("accept", {}),
        ("dismiss", {"dismissal": "other"}),
        ("attach", {"worker_id": str(world.workers["鈴木一郎"].worker_id)}),
        ("direction", {"direction": "exit"}),
        ("cancel", {"correction": "other"}),
    ):
        assert stranger.post(f"/review/punches/{ids['08:10']}/{act}", data=form).status_code == 404
        assert sub.post(f"/review/punches/{ids['08:10']}/{act}", data=form).status_code == 403
    assert stranger.post("/review/bulk", data={"item": [f"{ids['08:10']}:1"]}).status_code == 404
    assert stranger.post("/review/request-missed", data=ask(world)).status_code == 404
    assert list(held(world))[1] == "needs_review - -"


def test_what_a_prime_settled_is_undone_by_no_other(app: FastAPI, prime: TestClient, world: World) -> None:
    ids = punch_ids(world)
    done = prime.post(f"/review/punches/{ids['08:10']}/dismiss", data={"dismissal": "wrong_call", "seq": "1"})
    batch = done.headers["location"].removeprefix("/review?done=")
    with world.database.write() as session:
        other = factories.contractor(session, "東建設")
    stranger = signed_in(app, world.database, Role.PRIME_OFFICE, other)
    assert stranger.post("/review/undo", data={"batch": batch}).status_code == 404
    assert "記録しないことにしました。" not in stranger.get(f"/review?done={batch}").text
