"""Who may speak to the page: this machine's own names, and the page's own scripts.

A browser sends requests to 127.0.0.1 for any web page that its user has open. Two checks keep those out:

Host       must be a name that this page has. A page elsewhere can let its own name point to 127.0.0.1
           (DNS rebinding) and then read what it gets; the name gives it away.
origin     a request made by another site's page is refused, but following a link to the page itself.
           Programs send neither Origin nor Sec-Fetch-Site, and are let through.
"""

import ipaddress
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.datastructures import Headers

_LOCAL_NAMES = ("localhost",)


class Hosts:
    """The names that the page answers to: those of this machine, its own address, and those given."""

    def __init__(self, bound: str, named: Sequence[str] = ()) -> None:
        """Take the address the page is bound to, and further names of it."""
        self.local = is_loopback(bound)
        self._names = {_bare(name) for name in (*_LOCAL_NAMES, bound, *named)}

    def answers_to(self, host: str) -> bool:
        """Tell whether a Host header names this page. Bound to more than this machine, any address does."""
        name = _bare(host)
        if name in self._names:
            return True
        try:
            address = ipaddress.ip_address(name)
        except ValueError:
            return False
        return address.is_loopback or not self.local


def is_loopback(host: str) -> bool:
    """Tell whether only this machine can reach what is bound to this address."""
    try:
        return ipaddress.ip_address(_bare(host)).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def is_foreign(method: str, path: str, headers: "Headers") -> bool:
    """Tell whether another site's page made this request; a link to the page itself may be followed."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        if site in ("same-origin", "none"):
            return False
        followed = headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
        return not (followed and method in ("GET", "HEAD") and path in ("/", "/login"))
    origin = headers.get("origin")
    if origin is None:
        return False
    return origin.partition("://")[2].lower() != headers.get("host", "").lower()


def _bare(host: str) -> str:
    """Return a name or address without port, brackets and a last dot, in small letters."""
    name = host.strip().lower()
    if name.startswith("["):
        return name[1:].partition("]")[0]
    if name.count(":") == 1:
        name = name.partition(":")[0]
    return name.removesuffix(".")
