"""Who can reach the page, and by which names and passwords: what ``footnote chat`` is told of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from embeddings.errors import InputError
from web.origins import is_loopback
from web.password import Password


@dataclass(frozen=True, slots=True)
class Access:
    """Where the page is bound to, its further names, and what stands in front of it.

    ``hosts`` are names it has beside this machine's own, ``root_path`` is where a proxy shows it, and
    ``proxy`` the address of one that is believed what it says of the client (X-Forwarded-For, -Proto).
    """

    host: str = "127.0.0.1"
    port: int = 7860
    password: Password | None = None
    hosts: Sequence[str] = ()
    root_path: str = ""
    proxy: str = ""

    @property
    def is_open(self) -> bool:
        """True where others than this machine's users can come in without a password."""
        others = not is_loopback(self.host) or self.proxy or not all(map(is_loopback, self.hosts))
        return bool(others) and self.password is None

    def require_password(self) -> None:
        """Raise InputError where anybody could come in."""
        if self.is_open:
            raise InputError(
                "the page could be read by everybody who reaches it, since it has no password",
                place=self.host if not is_loopback(self.host) else (*self.hosts, self.proxy)[0],
                remedy="Run: footnote password FILE, and start with --password-file FILE (or --no-password).",
            )

    @property
    def url(self) -> str:
        """The address for browsers on this machine."""
        shown = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104
        return f"http://{f'[{shown}]' if ':' in shown else shown}:{self.port}/"
