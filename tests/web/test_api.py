"""The endpoints for programs, each driven by its real client."""

from pathlib import Path

import pytest
from gradio_client import Client  # type: ignore[import-untyped]
from gradio_client.exceptions import AppError  # type: ignore[import-untyped]

from qa import QA
from web.server import Server

QUESTION = "How many steps does Mira Holm climb every evening?"


@pytest.fixture
def client(server: Server) -> Client:
    return Client(server.url, verbose=False)


def test_ask_returns_what_python_returns(client: Client, bot: QA) -> None:
    assert client.predict(QUESTION, api_name="/ask") == bot.ask(QUESTION).to_dict()


def test_ask_takes_history_and_filters(client: Client, bot: QA) -> None:
    found = client.predict(
        "When does it leave?", history=["The ferry"], where={"kind": ["job"]}, api_name="/ask"
    )

    assert found == bot.ask("When does it leave?", ["The ferry"], {"kind": ["job"]}).to_dict()


def test_retrieve_returns_what_python_returns(client: Client, bot: QA) -> None:
    found = client.predict("lamp", k=2, where={"kind": "guide"}, api_name="/retrieve")

    assert found == [hit.to_dict() for hit in bot.retrieve("lamp", 2, {"kind": "guide"})]


def test_refresh_takes_in_a_new_file(client: Client, data: Path) -> None:
    (data / "new.md").write_text("The pilot steers.\n", encoding="utf-8")

    report = client.predict(api_name="/refresh")

    assert (report["added"], report["kept"], report["failed"]) == (1, 6, [])


def test_a_passages_id_keeps_its_63_bits_wherever_json_is_read(bot: QA) -> None:
    hit = bot.retrieve("lamp", k=1)[0]

    assert hit.to_dict()["passage_id"] == str(hit.passage_id)
    assert bot.ask(QUESTION).citations[0].to_dict()["passage_id"] == str(
        bot.ask(QUESTION).citations[0].passage_id
    )


def test_what_is_wrong_is_told_in_one_line(client: Client) -> None:
    with pytest.raises(AppError, match="the question is blank"):
        client.predict(" ", api_name="/ask")


def test_nothing_else_is_offered(client: Client) -> None:
    described = client.view_api(return_format="dict")

    assert isinstance(described, dict)
    assert set(described["named_endpoints"]) == {"/ask", "/retrieve", "/refresh"}
    assert described["unnamed_endpoints"] == {}
