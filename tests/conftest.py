"""A tiny true world for every test: six documents, a deterministic encoder, no network."""

import ipaddress
import socket
from pathlib import Path

import pytest

from qa import QA
from tests.hashing_encoder import HashingEncoder

KEEPER = """---
title: Assistant keeper
kind: job
city: Skagen
country: Denmark
language: English
employment: full-time
sections: [What you do, Who you are]
---

DK, Skagen

We look for an assistant keeper. What you do * Clean the lens every morning * Log passing ships Who you are \
You like storms and silence.
"""
WORLD = {
    "guide.md": """---
title: The lighthouse guide
kind: guide
language: English
---

# The lighthouse guide

Lighthouses warn ships of rocks. The lamp turns once in nine seconds.

## The keeper

Mira Holm has kept the lamp since 1987. She climbs 212 steps every evening.

> Aside: a storm broke the old lens in 1953.

## Tools

The keeper's software is written in C++ and .NET. It counts ships.
""",
    "jobs/keeper.md": KEEPER,
    "jobs/keeper-again.md": KEEPER,
    "jobs/cook.md": """---
title: Island cook
kind: job
city: Bergen
country: Norway
language: English
employment: internship
---

NO, Bergen

The island cook bakes bread before dawn. The kitchen has two ovens.
""",
    "灯塔.md": """---
title: 灯塔实习生
kind: job
city: 大连
country: China
language: Chinese
employment: internship
---

灯塔实习生负责记录每天的天气。入职日期是2026年6月；宿舍免费提供。你会使用C++吗？
""",
    "notes.txt": """Harbour notes

The ferry leaves at 7.45 every morning. Tickets cost 12 euros.
""",
}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder of six documents; two are word-for-word repeats, one is Chinese."""
    folder = tmp_path / "data"
    for name, text in WORLD.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def index(tmp_path: Path) -> Path:
    return tmp_path / "index"


@pytest.fixture
def encoder() -> HashingEncoder:
    return HashingEncoder()


@pytest.fixture
def bot(data: Path, index: Path, encoder: HashingEncoder) -> QA:
    return QA.open(data, index, encoder=encoder, uploads=data.parent / "uploads")


@pytest.fixture(autouse=True)
def own_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of the test's own for what is kept of the user, in this process and those it starts."""
    folder = tmp_path / "own"
    monkeypatch.setenv("XDG_DATA_HOME", str(folder))
    monkeypatch.setattr("platformdirs.user_data_path", lambda _: folder)
    return folder


@pytest.fixture(autouse=True)
def only_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every connection that would leave the machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: object) -> None:
        if isinstance(address, tuple) and not _is_loopback(str(address[0])):
            raise OSError(f"a test tried to reach {address[0]}")
        connect(self, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", guarded)


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
