"""What /gate/ serves to anybody: files alone, whole, under strict headers, naming no other host."""

import re

import pytest
from starlette.testclient import TestClient

from reader_bridge.tablet.app import create_app
from reader_bridge.tablet.files import load_bundle


@pytest.fixture(scope="module")
def client() -> TestClient:
    return TestClient(create_app(is_https=True), base_url="https://genba.test", follow_redirects=False)


def test_whatever_the_app_asks_for_is_there_and_no_script_or_style_stands_in_the_page(client: TestClient) -> None:
    page = client.get("/gate/").text
    icons = [icon["src"] for icon in client.get("/gate/manifest.webmanifest").json()["icons"]]
    linked = re.findall(r'(?:href|src)="([^"]+)"', page) + icons
    for name, content in load_bundle().content.items():
        if name.endswith(".js"):
            folder = name.rpartition("/")[0]
            imported = re.findall(r'(?:from|import\()\s*"\./([^"]+)"', content.body.decode())
            linked += [f"{folder}/{each}" for each in imported]
    assert {name: client.get(f"/gate/{name}").status_code for name in linked} == dict.fromkeys(linked, 200)
    assert not re.search(r"<script>|<style|\son[a-z]+=|\sstyle=", page)


def test_headers_are_strict_and_an_unchanged_file_is_not_sent_again(client: TestClient) -> None:
    answer = client.get("/gate/")
    assert answer.headers["content-security-policy"].startswith("default-src 'self'; ")
    assert "max-age=" in answer.headers["strict-transport-security"]
    assert "set-cookie" not in answer.headers
    again = client.get("/gate/static/gate.js", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert [client.get(f"/gate/{path}").status_code for path in ("static/../app.py", "static/", "x")] == [404] * 3


def test_the_app_names_no_other_host() -> None:
    files = load_bundle().content.items()
    texts = {name: file.body.decode() for name, file in files if not name.endswith(".png") and "vendor" not in name}
    assert {
        name: found for name, text in texts.items() if (found := re.findall(r"https?://(?!www\.w3\.org/)\S+", text))
    } == {}
