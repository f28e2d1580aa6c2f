"""How often a password may be tried: three times at once, then ever more slowly; never shut for good.

Each address waits by itself: 1 s after the third wrong try, then 2, 4, 8 and so on, five minutes at the
most; an hour without a wrong try is forgiven. All addresses together have so many tries in ten minutes,
so that a thousand of them are no faster than a few; those that knew the password before are not held up by
that. A try counts as wrong from its beginning, so many at the same time gain nothing.
"""

import ipaddress
import time
from collections import OrderedDict, deque
from collections.abc import Callable

_FREE = 3
_LONGEST = 300.0
_FORGIVEN = 3_600.0
_WINDOW = 600.0
_IN_ALL = 100
# Addresses remembered; the one that tried longest ago is forgotten first.
_REMEMBERED = 10_000


class Attempts:
    """The wrong tries of late. ``clock`` tells seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._wrong: OrderedDict[str, tuple[int, float]] = OrderedDict()
        self._all: deque[float] = deque()
        self._welcome: OrderedDict[str, None] = OrderedDict()

    def begin(self, address: str) -> float:
        """Return 0 where a try may be made, which is counted, or else the seconds to wait."""
        now, who = self._clock(), _network(address)
        while self._all and self._all[0] <= now - _WINDOW:
            self._all.popleft()
        times, last = self._wrong.get(who, (0, now))
        if now - last >= _FORGIVEN:
            times = 0
        if times >= _FREE and (wait := last + min(_LONGEST, 2.0 ** (times - _FREE)) - now) > 0:
            return wait
        if len(self._all) >= _IN_ALL and who not in self._welcome:
            return self._all[0] + _WINDOW - now
        self._wrong[who] = (times + 1, now)
        self._wrong.move_to_end(who)
        self._all.append(now)
        if len(self._wrong) > _REMEMBERED:
            self._wrong.popitem(last=False)
        return 0.0

    def succeeded(self, address: str) -> None:
        """Forget the wrong tries of an address: it knew the password."""
        who = _network(address)
        self._wrong.pop(who, None)
        self._welcome[who] = None
        self._welcome.move_to_end(who)
        if len(self._welcome) > _REMEMBERED:
            self._welcome.popitem(last=False)
        if self._all:
            self._all.pop()


def _network(address: str) -> str:
    """Return what one user has to himself: an IPv4 address, or 64 bits of IPv6."""
    try:
        read = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(read, ipaddress.IPv4Address):
        return address
    if read.ipv4_mapped is not None:
        return str(read.ipv4_mapped)
    return str(ipaddress.ip_network((read, 64), strict=False))
