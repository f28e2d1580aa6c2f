"""The password: kept as a hash, asked for, tried too often, and sent by programs."""

from base64 import b64encode
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
import typer
from gradio_client import Client  # type: ignore[import-untyped]
from gradio_client.exceptions import AuthenticationError  # type: ignore[import-untyped]
from typer.testing import CliRunner

from embeddings.errors import InputError
from qa import QA
from tests.web.asking import STEPS
from tests.web.conftest import free_port
from ui import chat_command
from web.access import Access
from web.attempts import Attempts
from web.password import Password, hashed, password_command, password_from
from web.server import Server

RIGHT = "storm lens ferry"
WRITTEN = hashed(RIGHT)
HTML = {"accept": "text/html,*/*"}


class Clock:
    """Tells the seconds that a test says."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def locked(bot: QA) -> Iterator[Server]:
    served = Server(bot, access=Access(port=free_port(), password=Password(WRITTEN)))
    yield served
    served.close()


@pytest.fixture
def http(locked: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=locked.url, timeout=20) as client:
        yield client


def command(function: Callable[..., None]) -> typer.Typer:
    app = typer.Typer()
    app.command()(function)
    return app


def test_a_password_fits_its_own_hash_and_no_other() -> None:
    password = Password(WRITTEN)

    assert password.fits(RIGHT)
    assert not any(password.fits(wrong) for wrong in ("", RIGHT.upper(), RIGHT + " ", "x" * 2_000))
    assert hashed(RIGHT) != WRITTEN
    assert RIGHT not in WRITTEN


@pytest.mark.parametrize(
    "written",
    ["", "storm lens ferry", WRITTEN[:-1], "scrypt:30" + WRITTEN[9:], f"x{WRITTEN}", WRITTEN[:-1] + "é"],
)
def test_what_is_no_hash_is_refused(written: str) -> None:
    with pytest.raises(InputError, match="footnote password"):
        Password(written)


@pytest.mark.parametrize("short", ["", "seven77", "x" * 1_001])
def test_a_password_has_a_length(short: str) -> None:
    with pytest.raises(InputError, match="characters"):
        hashed(short)


def test_the_command_asks_twice_and_writes_a_file_for_its_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "password"

    done = CliRunner().invoke(command(password_command), [str(file)], input=f"{RIGHT}\n{RIGHT}\n")

    assert done.exit_code == 0
    assert RIGHT not in done.output
    assert oct(file.stat().st_mode & 0o777) == "0o600"
    assert password_from(file, {}) is not None


def test_the_command_prints_what_fits_the_environment() -> None:
    done = CliRunner().invoke(
        command(password_command), [], input=f"wrong typed\nanother\n{RIGHT}\n{RIGHT}\n"
    )
    password = password_from(None, {"FOOTNOTE_PASSWORD_HASH": done.stdout.splitlines()[-1]})

    assert password is not None
    assert password.fits(RIGHT)
    assert password_from(None, {}) is None


@pytest.mark.parametrize(
    "access",
    [
        Access("0.0.0.0"),  # noqa: S104
        Access("::"),
        Access("192.168.1.5"),
        Access(hosts=("docs.example.org",)),
        Access(proxy="127.0.0.1"),
    ],
)
def test_where_anybody_could_come_in_a_password_is_wanted(access: Access) -> None:
    with pytest.raises(InputError, match="footnote password FILE"):
        access.require_password()


@pytest.mark.parametrize(
    "access", [Access(), Access("localhost"), Access("::1"), Access("::", password=Password(WRITTEN))]
)
def test_elsewhere_none_is_wanted(access: Access) -> None:
    access.require_password()


def test_chat_on_another_address_without_a_password_says_what_to_do() -> None:
    done = CliRunner().invoke(command(chat_command), ["--host", "192.168.1.5"])

    assert isinstance(done.exception, InputError)
    assert "--no-password" in str(done.exception)


def test_tries_grow_slower_and_are_forgiven() -> None:
    clock = Clock()
    attempts = Attempts(clock)
    waits = []
    for _ in range(15):
        wait = attempts.begin("10.0.0.1")
        waits.append(wait)
        clock.now += wait

    assert [round(wait) for wait in waits if wait] == [1, 2, 4, 8, 16, 32]
    assert attempts.begin("10.0.0.2") == 0
    clock.now += 3_601
    assert attempts.begin("10.0.0.1") == 0


def test_no_wait_is_longer_than_five_minutes() -> None:
    clock = Clock()
    attempts = Attempts(clock)
    longest = 0.0
    for _ in range(60):
        wait = attempts.begin("10.0.0.1")
        longest, clock.now = max(longest, wait), clock.now + wait

    assert longest == 300


def test_a_thousand_addresses_are_not_faster_than_a_few() -> None:
    attempts = Attempts(Clock())
    attempts.begin("10.9.9.9")
    attempts.succeeded("10.9.9.9")

    let = [attempts.begin(f"10.0.{n // 250}.{n % 250}") for n in range(1_000)]

    assert let.count(0) == 100
    assert attempts.begin("10.9.9.9") == 0


def test_the_addresses_of_one_network_wait_together() -> None:
    attempts = Attempts(Clock())
    waits = [attempts.begin(f"2001:db8:1:2::{n}") for n in range(4)]

    assert waits[:3] == [0, 0, 0]
    assert waits[3] == 1
    assert attempts.begin("2001:db8:1:3::1") == 0


def test_without_the_password_nothing_is_told(http: httpx.Client) -> None:
    paths = ["config", "gradio_api/info", "theme.css", "assets/x.js", "gradio_api/queue/data", "nothing"]
    answers = [http.get(path) for path in paths]

    assert {answer.status_code for answer in answers} == {401}
    assert answers[0].json() == {"detail": "This needs the password: log in first."}


def test_the_probes_need_none(http: httpx.Client) -> None:
    assert http.get("health").json() == {"status": "alive"}
    assert http.get("ready").json()["ready"] is True


def test_a_browser_is_led_to_the_form_and_back_to_its_question(http: httpx.Client) -> None:
    led = http.get("?q=lamp", headers=HTML)
    form = http.get(led.headers["location"], headers=HTML)
    wrong = http.post("login", data={"password": "wrong"}, headers=HTML | {"accept-language": "zh"})
    right = http.post("login", data={"password": RIGHT, "then": "q=lamp"}, headers=HTML)

    assert (led.status_code, led.headers["location"]) == (303, "login?then=q%3Dlamp")
    assert 'value="q=lamp"' in form.text
    assert "script" not in form.text
    assert (wrong.status_code, "密码不正确" in wrong.text) == (401, True)
    assert (right.status_code, right.headers["location"]) == (303, "./?q=lamp")


def test_the_login_leads_nowhere_else(http: httpx.Client) -> None:
    thens = ["//evil.test", "https://evil.test", "\r\nx: y", "javascript:alert(1)"]
    led = [http.post("login", data={"password": RIGHT, "then": then}, headers=HTML) for then in thens]

    assert all(answer.headers["location"].startswith("./?") for answer in led)
    assert not any("x" in answer.headers for answer in led)


def test_a_session_is_a_cookie_that_scripts_and_other_sites_cannot_use(
    locked: Server, http: httpx.Client
) -> None:
    answer = http.post("login", data={"password": RIGHT})
    cookie = answer.headers["set-cookie"].lower()

    assert answer.json() == {"success": True}
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "max-age=43200" in cookie
    assert http.get("config").status_code == 200
    assert locked._login is not None
    assert not any(http.cookies[locked._login.cookie].encode() in key for key in locked._login._sessions)


def test_logging_out_ends_the_session_for_good(locked: Server, http: httpx.Client) -> None:
    http.post("login", data={"password": RIGHT})
    held = dict(http.cookies)

    http.post("logout", headers=HTML)

    assert httpx.get(f"{locked.url}config", cookies=held).status_code == 401


def test_a_session_ends_by_itself(locked: Server, http: httpx.Client) -> None:
    clock = Clock()
    assert locked._login is not None
    locked._login._clock = clock
    http.post("login", data={"password": RIGHT})
    clock.now += 12 * 3_600 + 1

    assert http.get("config").status_code == 401


def test_too_many_tries_are_told_how_long_to_wait_even_with_the_right_word(http: httpx.Client) -> None:
    tried = [http.post("login", data={"password": f"wrong {n}"}).status_code for n in range(3)]
    locked_out = http.post("login", data={"password": RIGHT})
    by_header = http.get("config", headers={"authorization": f"Bearer {RIGHT}"})

    assert tried == [401, 401, 401]
    assert (locked_out.status_code, locked_out.headers["retry-after"]) == (429, "1")
    assert locked_out.json()["detail"] == "There were too many wrong tries. Try again in 1 seconds."
    assert by_header.status_code == 429


def test_a_program_may_send_the_password_with_each_request(http: httpx.Client) -> None:
    sent = [f"Bearer {RIGHT}", "Basic eDpzdG9ybSBsZW5zIGZlcnJ5", f"Bearer {RIGHT}x", "Basic not base64"]
    answers = [http.get("config", headers={"authorization": each}).status_code for each in sent]

    assert answers == [200, 200, 401, 401]


@pytest.mark.parametrize("sent", ["Basic é", "Basic =", "Bearer é\x80", "Basic gA==", "é", "Bearer"])
def test_a_header_that_holds_no_password_is_told_so(sent: str, http: httpx.Client) -> None:
    answer = http.get("config", headers={b"authorization": sent.encode("latin-1")})

    assert (answer.status_code, answer.json()) == (401, {"detail": "This needs the password: log in first."})


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_a_program_may_send_a_password_with_accents(bot: QA, encoding: str) -> None:
    word = "lampe brûlée là"
    server = Server(bot, access=Access(port=free_port(), password=Password(hashed(word))))
    sent = [b"Bearer " + word.encode(encoding), b"Basic " + b64encode(f"x:{word}".encode(encoding))]

    answers = [httpx.get(f"{server.url}config", headers={b"authorization": each}) for each in sent]
    server.close()

    assert [answer.status_code for answer in answers] == [200, 200]


def test_many_programs_that_begin_at_once_with_the_right_password_all_come_in(locked: Server) -> None:
    assert at_once(locked, RIGHT) == [200] * 8
    assert at_once(locked, RIGHT) == [200] * 8


def test_many_wrong_tries_at_once_gain_nothing(locked: Server) -> None:
    assert sorted(at_once(locked, "wrong")) == [401] * 3 + [429] * 5


def at_once(server: Server, said: str) -> list[int]:
    """Send eight requests with a password at the same time; return their statuses."""
    headers = {"authorization": f"Bearer {said}"}
    with ThreadPoolExecutor(8) as pool:
        sent = [pool.submit(httpx.get, f"{server.url}config", headers=headers, timeout=20) for _ in range(8)]
        return [each.result().status_code for each in sent]


def test_the_login_has_one_address(http: httpx.Client) -> None:
    before = [http.get("login/", headers=HTML).status_code, http.post("login/login").status_code]
    http.post("login", data={"password": RIGHT})
    after = [http.get(path, headers=HTML).status_code for path in ("login/", "logout/", "login//")]

    assert (before, after) == ([401, 401], [404, 404, 404])


def test_gradios_client_logs_in(locked: Server) -> None:
    client = Client(locked.url, auth=("anybody", RIGHT), verbose=False)

    assert "212" in client.predict(STEPS, api_name="/ask")["text"]
    with pytest.raises(AuthenticationError):
        Client(locked.url, auth=("anybody", "wrong"), verbose=False)


def test_an_mcp_client_sends_the_password(bot: QA) -> None:
    pytest.importorskip("mcp", reason="needs the extra [mcp]")
    access = Access(port=free_port(), password=Password(WRITTEN))
    server = Server(bot, access=access, mcp=True)
    call = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": {"name": "ask", "arguments": {"question": STEPS}},
    }
    accept = {"accept": "application/json, text/event-stream"}

    closed = httpx.post(server.mcp_url, json=call, headers=accept)
    opened = httpx.post(
        server.mcp_url, json=call, headers=accept | {"authorization": f"Bearer {RIGHT}"}, timeout=20
    )
    server.close()

    assert closed.status_code == 401
    assert "212 steps" in opened.text
