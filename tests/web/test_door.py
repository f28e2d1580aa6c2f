"""What the door lets in, tried as those would who should not come in."""

import json
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from gradio_client import Client  # type: ignore[import-untyped]

from qa import QA
from tests.hashing_encoder import HashingEncoder
from tests.web.conftest import free_port
from web.access import Access
from web.admission import LARGEST_UPLOAD, Admission, Unreadable
from web.mounted import uploaded_folder
from web.origins import Hosts, is_loopback
from web.server import Server

STEPS = "How many steps does Mira Holm climb every evening?"
API = "gradio_api"
UNTOLD = "the lamp is lit by hand"


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A page that all of these knock at."""
    folder = tmp_path_factory.mktemp("door")
    (folder / "data").mkdir()
    (folder / "data" / "guide.md").write_text("Mira Holm climbs 212 steps every evening.", encoding="utf-8")
    bot = QA.open(folder / "data", folder / "index", encoder=HashingEncoder(), uploads=folder / "uploads")
    served = Server(bot, port=free_port())
    yield served
    served.close()


@pytest.fixture
def http(standing: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=standing.url, timeout=20) as client:
        yield client


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A file that nobody may read through the page."""
    file = tmp_path / "secret.md"
    file.write_text(UNTOLD, encoding="utf-8")
    return file


WAYS = [
    "gradio_api/file={}", "file={}", "gradio_api/file/{}", "file/{}", "gradio_api/file=..%2f..%2f{}",
    "gradio_api/proxy=file://{}", "proxy=file://{}", "static/{}", "static/..%2f..%2f..%2f..%2f..%2f..{}",
    "static/%2e%2e/%2e%2e/%2e%2e{}", "assets/..%2f..%2f..%2f..%2f..%2f..%2f..%2f..{}", "assets/{}",
    "assets/..%5c..%5c..%5c{}", "svelte/..%2f..%2f..%2f..%2f..%2f..%2f..%2f..%2f..{}", "svelte/{}",
    "gradio_api/custom_component/1/client/component/..%2f..%2f..{}", "theme/{}", "theme.css/{}",
    "gradio_api/stream/..%2f..{}/1/1/playlist-file", "gradio_api/stream/s/1/1/playlist.m3u8?path={}",
    "favicon.ico/..{}", "?deep_link=..%2f..{}", "gradio_api/deep_link?session_hash=..{}", "/{}", "..%2f..{}",
    "gradio_api/file=file%3A%2F%2F{}", "gradio_api/file=%00{}", "static/%00{}", "assets/....//....//{}",
]  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_no_file_can_be_read_by_its_path(way: str, http: httpx.Client, secret: Path) -> None:
    answer = http.get(way.format(secret))

    assert UNTOLD not in answer.text
    assert answer.status_code in (400, 403, 404) or (
        answer.status_code == 200 and "gradio_config" in answer.text
    )


@pytest.mark.parametrize("fields", [{"data": ["{}", None, None]}, {"data": [{"path": "{}"}, None, None]}])
def test_no_file_can_be_read_by_asking_for_it(
    fields: dict[str, object], http: httpx.Client, secret: Path
) -> None:
    body = json.dumps(fields).replace("{}", str(secret))
    joined = http.post(f"{API}/call/ask", content=body, headers={"content-type": "application/json"})
    event = joined.json().get("event_id", "none")

    assert UNTOLD not in http.get(f"{API}/call/ask/{event}").text
    assert not any(file.name == secret.name for file in uploaded_folder().rglob("*"))


NAMED = [
    '{"data": [{"path": "%s", "meta": {"_type": "gradio.FileData"}}], "fn_index": 0, "session_hash": "s"}',
    '{"data": [[{"a": {"path": "%s", "meta": {"_type": "gradio.FileData"}}}]], "session_hash": "s"}',
    '{"data": [{"path": "%s", "m\\u0065ta": {"_type": "gradio.\\u0046ileData"}}], "session_hash": "s"}',
]


@pytest.mark.parametrize("body", NAMED)
@pytest.mark.parametrize(
    "path", ["/etc/passwd", "http://127.0.0.1:1/x", "https://evil.test/x", "../x", "a\\u0000", "x\\ud800"]
)
def test_only_what_was_uploaded_can_be_named_as_a_file(body: str, path: str, http: httpx.Client) -> None:
    answer = http.post(f"{API}/queue/join", content=body % path, headers={"content-type": "application/json"})

    assert (answer.status_code, answer.json()) == (400, {"detail": "This request cannot be read."})


def test_a_body_in_another_encoding_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Unreadable):
        Admission(tmp_path).check((NAMED[0] % "/etc/passwd").encode("utf-16"))
    with pytest.raises(Unreadable):
        Admission(tmp_path).check(b'{"FileData": ' + b"[" * 200_000)
    with pytest.raises(Unreadable):
        Admission(tmp_path).check(b'{"FileData": ' + b"1" * 5_000 + b"}")


CLOSED = [
    ("GET", f"{API}/proxy=http://127.0.0.1:1/"), ("GET", f"{API}/file=http://127.0.0.1:1/x"),
    ("POST", f"{API}/component_server"), ("POST", f"{API}/run/ask"), ("POST", f"{API}/api/ask"),
    ("POST", f"{API}/process_recording"), ("POST", f"{API}/vibe-edit"), ("GET", f"{API}/vibe-code"),
    ("GET", f"{API}/runs"), ("GET", f"{API}/dev/reload"), ("GET", f"{API}/startup-events"),
    ("POST", f"{API}/stream/1"), ("GET", f"{API}/token"), ("GET", "monitoring"),
    ("GET", "monitoring/summary"),
    ("GET", f"{API}/openapi.json"), ("GET", f"{API}/mcp/"), ("GET", "docs"), ("GET", "openapi.json"),
    ("POST", "login"), ("GET", "pwa_icon"), ("PUT", "config"), ("DELETE", f"{API}/queue/join"),
    ("OPTIONS", f"{API}/queue/join"), ("GET", "gradio_api/queue/status"), ("GET", "gradio_api/app_id"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path"), CLOSED)
def test_what_is_not_the_page_is_not_there(method: str, path: str, http: httpx.Client) -> None:
    assert http.request(method, path, json={}).status_code == 404


FOREIGN = [
    {"origin": "http://evil.test"},
    {"origin": "null"},
    {"origin": "http://127.0.0.1:1"},
    {"sec-fetch-site": "cross-site", "sec-fetch-mode": "cors"},
    {"sec-fetch-site": "same-site", "sec-fetch-mode": "no-cors"},
    {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe"},
]


@pytest.mark.parametrize("headers", FOREIGN)
@pytest.mark.parametrize("path", [f"{API}/queue/join", f"{API}/call/ask", f"{API}/upload", f"{API}/cancel"])
def test_another_sites_page_can_send_nothing(headers: dict[str, str], path: str, http: httpx.Client) -> None:
    answer = http.post(path, headers=headers, json={"data": [STEPS, None, None]})

    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("headers", FOREIGN)
@pytest.mark.parametrize("path", ["config", f"{API}/info", f"{API}/queue/data?session_hash=s"])
def test_another_sites_page_can_read_nothing(headers: dict[str, str], path: str, http: httpx.Client) -> None:
    assert http.get(path, headers=headers).status_code == 403


def test_a_link_from_another_site_opens_the_page_and_nothing_else(http: httpx.Client) -> None:
    followed = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}

    assert http.get("?q=lamp", headers=followed).status_code == 200
    assert http.get("config", headers=followed).status_code == 403
    assert http.post("", headers=followed).status_code == 403


@pytest.mark.parametrize(
    "host", ["evil.test", "evil.test:7860", "localhost.evil.test", "127.0.0.1.nip.io", "", "10.0.0.1"]
)
def test_a_name_that_points_here_is_not_our_name(host: str, http: httpx.Client) -> None:
    assert http.get("config", headers={"host": host}).status_code in (400, 421)


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:1", "127.0.0.1", "127.0.0.2:80", "[::1]:7860", "localhost."]
)
def test_this_machine_has_these_names(host: str) -> None:
    assert Hosts("127.0.0.1").answers_to(host)


def test_a_server_of_the_network_has_its_addresses_and_the_names_it_was_given() -> None:
    hosts = Hosts("10.0.0.5", ["docs.example.org"])

    assert hosts.answers_to("10.1.2.3:7860")
    assert hosts.answers_to("docs.example.org")
    assert not hosts.answers_to("evil.test")
    assert [is_loopback(each) for each in ("127.0.0.1", "::1", "localhost", "10.0.0.5", "::", "host")] == [
        True, True, True, False, False, False
    ]  # fmt: skip


def test_every_answer_carries_the_headers_that_keep_browsers_in(http: httpx.Client) -> None:
    for path in ("", "config", "health", "nothing", f"{API}/info", "theme.css"):
        headers = http.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["x-frame-options"] == "DENY"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["cache-control"] == "no-store"
        assert "server" not in headers


def test_the_pages_policy_allows_no_script_but_its_own(http: httpx.Client) -> None:
    policy = http.get("").headers["content-security-policy"]
    scripts = next(part for part in policy.split("; ") if part.startswith("script-src"))

    assert "unsafe-inline" not in scripts
    assert "http" not in policy
    assert scripts.count("sha256-") == 6


@pytest.mark.parametrize(
    ("path", "values", "answer"),
    [
        ("ask", [STEPS], "212"),
        ("retrieve", [STEPS], "212"),
        ("retrieve", [STEPS, 1], "212"),
        ("ask", [STEPS, []], "212"),
        ("ask", [], "the question is no text"),
    ],
)
def test_what_a_program_leaves_out_has_its_default_and_nothing_asked_is_printed(
    path: str, values: list[object], answer: str, http: httpx.Client, capfd: pytest.CaptureFixture[str]
) -> None:
    event = http.post(f"{API}/call/{path}", json={"data": values}).json()["event_id"]

    assert answer in http.get(f"{API}/call/{path}/{event}").text
    assert STEPS not in "".join(capfd.readouterr())


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "call/nope", {"data": []}),
        ("POST", "queue/join", {"data": [], "fn_index": 999, "session_hash": "x"}),
        ("POST", "queue/join", {"data": [], "fn_index": -1, "session_hash": "x"}),
    ],
)
def test_a_name_that_the_api_does_not_have_is_not_found_and_leaves_no_traceback(
    method: str,
    path: str,
    body: dict[str, object],
    http: httpx.Client,
    caplog: pytest.LogCaptureFixture,
) -> None:
    answer = http.request(method, f"{API}/{path}", json=body)

    assert (answer.status_code, answer.json()) == (404, {"detail": "There is nothing here."})
    assert not [record for record in caplog.records if record.exc_info]


@pytest.mark.parametrize("depth", [5_000, 200_000])
def test_a_body_that_is_nested_without_end_is_refused(
    depth: int, http: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    answer = http.post(f"{API}/call/ask", content='{"data": ' + "[" * depth + "]" * depth + "}")

    assert (answer.status_code, answer.json()) == (400, {"detail": "This request cannot be read."})
    assert not [record for record in caplog.records if record.exc_info]


@pytest.mark.parametrize("path", ["call/nope/abc", "call/ask/abc", "queue/data?session_hash=abcd"])
def test_an_answer_that_nobody_asked_for_is_not_found_and_leaves_no_traceback(
    path: str, http: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    answer = http.get(f"{API}/{path}")

    assert "404: Not Found" in answer.text
    assert not [record for record in caplog.records if record.exc_info]


def test_an_upload_lands_in_a_folder_of_its_own_and_cannot_be_read_back(http: httpx.Client) -> None:
    names = [
        "../../evil.md",
        "/etc/evil.md",
        "..\\..\\evil.md",
        ".bashrc",
        "a" * 300 + ".md",
        "灯\u202e塔.md",
    ]
    for name in names:
        answer = http.post(f"{API}/upload", files={"files": (name, b"The parrot sings.")})
        (path,) = answer.json()
        assert uploaded_folder() in Path(path).resolve().parents
        assert http.get(f"{API}/file={path}").status_code == 404
    assert oct(uploaded_folder().stat().st_mode & 0o777) == "0o700"


def test_an_upload_has_a_size(http: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.door.LARGEST_UPLOAD", 2_000)

    answer = http.post(f"{API}/upload", files={"files": ("a.md", b"x" * 3_000)})
    unsaid = http.post(f"{API}/upload", content=iter([b"x" * 100]))

    assert (answer.status_code, unsaid.status_code) == (413, 413)
    assert answer.json() == {"detail": "That is more than can be sent here at once. Send less."}


def test_of_types_that_nobody_reads_nothing_is_kept(http: httpx.Client) -> None:
    names = ("evil.exe", ".bashrc", "page.svg", "noending", "good.md")
    files = [("files", (name, b"MZ of nobody's")) for name in names]
    paths = [Path(path) for path in http.post(f"{API}/upload", files=files).json()]
    assert [path.name for path in paths if path.stat().st_size] == ["good.md"]


def test_uploads_past_the_room_for_them_are_put_off(
    http: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.admission._MOST_LYING", 1_000)

    answer = http.post(f"{API}/upload", files={"files": ("a.md", b"x" * 3_000)})

    assert (answer.status_code, answer.headers["retry-after"]) == (429, "601")
    assert "ten minutes" in answer.json()["detail"]


def test_an_upload_in_chunks_cannot_say_that_it_is_short(standing: Server) -> None:
    with socket.create_connection(("127.0.0.1", standing.port), timeout=20) as wire:
        wire.sendall(
            f"POST /{API}/upload HTTP/1.1\r\nHost: 127.0.0.1:{standing.port}\r\nContent-Length: 10\r\n"
            "Content-Type: multipart/form-data; boundary=b\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
        )
        assert wire.recv(1_000).startswith(b"HTTP/1.1 413 ")


def test_uploads_go_by_themselves_however_long_they_took_to_arrive(
    http: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place in ("web.door.LIES", "web.admission.LIES"):
        monkeypatch.setattr(place, 0.2)

    def slowly() -> Iterator[bytes]:
        yield b'--b\r\nContent-Disposition: form-data; name="files"; filename="slow.md"\r\n\r\n'
        time.sleep(1.5)
        yield b"The parrot arrives slowly.\r\n--b--\r\n"

    length = str(sum(map(len, [*slowly()])))
    headers = {"content-type": "multipart/form-data; boundary=b", "content-length": length}
    (path,) = http.post(f"{API}/upload", content=slowly(), headers=headers).json()
    assert Path(path).exists()
    time.sleep(1.8)
    assert not Path(path).exists()


def test_uploads_that_nobody_takes_in_go_and_do_not_pile_up(tmp_path: Path) -> None:
    old, new = tmp_path / "a" / "old.md", tmp_path / "b" / "new.md"
    for file in (old, new):
        file.parent.mkdir()
        file.write_bytes(b"x" * 1_000)
    os.utime(old, (1, 1))

    assert Admission(tmp_path).has_room(2 * LARGEST_UPLOAD - 1_000)
    assert not old.exists()
    assert not Admission(tmp_path).has_room(2 * LARGEST_UPLOAD)


def test_a_body_has_a_size(http: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.door.LARGEST_BODY", 1_000)

    answer = http.post(f"{API}/call/ask", json={"data": ["lamp " * 500]}, headers={"accept-language": "zh"})

    assert (answer.status_code, answer.json()) == (413, {"detail": "一次发送的内容过多，请减少后重试。"})


def test_health_and_ready_tell_what_is_so_while_it_begins_serves_and_ends(bot: QA) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    seen: list[httpx.Response] = []

    def opening() -> QA:
        for path in ("health", "ready", "", f"{API}/info"):
            seen.append(httpx.get(f"{url}/{path}"))
        return bot

    server = Server(opening, port=port)
    serves = [httpx.get(f"{url}/{path}") for path in ("health", "ready")]
    server._door.stopping = True
    ends = httpx.get(f"{url}/ready")
    server.close()

    assert [answer.status_code for answer in seen] == [200, 503, 503, 503]
    assert seen[1].json() == {"ready": False, "reason": "the index is being prepared"}
    assert "The documents are being read" in seen[2].text
    assert [answer.json() for answer in serves] == [
        {"status": "alive"},
        {"ready": True, "generation": 1, "documents": len(bot.documents())},
    ]
    assert (ends.status_code, ends.json()["reason"]) == (503, "the server is being stopped")


def test_ready_counts_a_document_whose_file_can_no_longer_be_read(
    bot: QA, server: Server, data: Path
) -> None:
    (data / "guide.md").write_bytes(b"\xff\xfe\x00broken\xff")
    bot.refresh()

    told = httpx.get(f"{server.url}ready").json()

    assert (told["generation"], told["documents"]) == (bot.report.generation, len(bot.documents()))


def test_a_program_keeps_coming_in(server: Server) -> None:
    assert "212" in Client(server.url, verbose=False).predict(STEPS, api_name="/ask")["text"]


def test_behind_a_proxy_the_page_has_its_path_and_other_names_stay_out(bot: QA) -> None:
    access = Access(port=free_port(), hosts=("docs.example.org",), root_path="/docs")
    server = Server(bot, access=access)
    spoofed = {"host": "docs.example.org", "x-forwarded-host": "evil.test", "x-forwarded-proto": "gopher"}
    stripped = httpx.get(f"{server.url}config", headers=spoofed)
    kept = httpx.get(f"{server.url}docs/config", headers=spoofed)
    server.close()

    assert stripped.json()["root"] == kept.json()["root"] == "http://docs.example.org/docs"
