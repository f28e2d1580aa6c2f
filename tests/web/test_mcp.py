"""The endpoints as MCP tools, driven by the protocol's own client."""

import asyncio
import json
from collections.abc import Iterator

import pytest

from embeddings.errors import InputError
from qa import QA
from tests.web.conftest import free_port
from web.server import Server

QUESTION = "How many steps does Mira Holm climb every evening?"


@pytest.fixture
def address(bot: QA) -> Iterator[str]:
    pytest.importorskip("mcp", reason="needs the extra [mcp]")
    server = Server(bot, port=free_port(), mcp=True)
    yield server.mcp_url
    server.close()


def call(address: str, name: str, **arguments: object) -> tuple[bool, str]:
    """Call a tool; return whether it failed, and its text."""
    from mcp import ClientSession
    from mcp.client.streamable_http import streamablehttp_client
    from mcp.types import TextContent

    async def once() -> tuple[bool, str]:
        async with (
            streamablehttp_client(address) as (read, write, _),
            ClientSession(read, write) as session,
        ):
            await session.initialize()
            result = await session.call_tool(name, arguments)
            return bool(result.isError), "".join(
                part.text for part in result.content if isinstance(part, TextContent)
            )

    return asyncio.run(once())


def tools(address: str) -> dict[str, set[str]]:
    """Return the names of the tools and of their parameters."""
    from mcp import ClientSession
    from mcp.client.streamable_http import streamablehttp_client

    async def once() -> dict[str, set[str]]:
        async with (
            streamablehttp_client(address) as (read, write, _),
            ClientSession(read, write) as session,
        ):
            await session.initialize()
            listed = (await session.list_tools()).tools
            return {tool.name: set(tool.inputSchema["properties"]) for tool in listed}

    return asyncio.run(once())


def test_the_tools_are_those_of_the_api(address: str) -> None:
    assert tools(address) == {
        "ask": {"question", "history", "where"},
        "retrieve": {"question", "k", "where"},
        "refresh": set(),
    }


def test_ask_answers_with_the_json_of_the_command_line(address: str, bot: QA) -> None:
    failed, text = call(address, "ask", question=QUESTION, where={"kind": ["guide"]})

    assert not failed
    assert json.loads(text) == bot.ask(QUESTION, where={"kind": ["guide"]}).to_dict()


def test_retrieve_answers_with_the_json_of_the_command_line(address: str, bot: QA) -> None:
    failed, text = call(address, "retrieve", question="lamp", k=2)

    assert not failed
    assert json.loads(text) == [hit.to_dict() for hit in bot.retrieve("lamp", 2)]


def test_refresh_tells_what_was_done(address: str) -> None:
    failed, text = call(address, "refresh")

    assert not failed
    assert json.loads(text)["kept"] == 6


def test_what_is_wrong_is_told_in_one_line(address: str) -> None:
    assert call(address, "ask", question=" ") == (True, "the question is blank. Ask something, in words.")


def test_without_the_library_it_is_said_what_to_install(bot: QA, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.server.find_spec", lambda _: None)

    with pytest.raises(InputError, match=r"footnote-qa\[mcp\]"):
        Server(bot, port=free_port(), mcp=True)
