"""Whether what Footnote runs on is there: Python, packages, room on the disk, the page's port."""

import importlib
import os
import shutil
import socket
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import TYPE_CHECKING

from qa.finding import Finding

if TYPE_CHECKING:
    from packaging.requirements import Requirement

_PROJECT = "footnote-qa"
# Compiled modules and their packages: there, and yet broken, where they were made for another machine.
# Without some others (numpy, yaml, sqlite3) nobody gets here.
_COMPILED = {
    "faiss": "faiss-cpu",
    "rapidfuzz": "rapidfuzz",
    "Stemmer": "pystemmer",
    "tokenizers": "tokenizers",
}
_EXTRAS = {"mcp": "footnote chat --mcp"}
# Less than this, in bytes, and the next refresh may find the disk full.
_LITTLE, _LEAST = 1_000_000_000, 100_000_000


def check_python() -> Iterator[Finding]:
    """Tell which Python this is; pip installs the project into none that is too old."""
    yield Finding("python", "ok", f"Python {'.'.join(map(str, sys.version_info[:3]))}")


def check_packages() -> Iterator[Finding]:
    """Compare what is installed with what the project asks for, and import what is compiled."""
    from packaging.requirements import Requirement

    try:
        wanted = [Requirement(each) for each in requires(_PROJECT) or []]
    except PackageNotFoundError:
        yield Finding(
            "packages", "warning", "run from a checkout that is not installed", "Run: pip install -e ."
        )
        return
    core = [each for each in wanted if each.marker is None or each.marker.evaluate({"extra": ""})]
    found = [told for each in core if (told := _compared(each))]
    broken = [told for each in _COMPILED.items() if (told := _broken(*each))]
    yield from [*found, *broken]
    if not found and not broken:
        yield Finding("packages", "ok", f"all {len(core)} are installed, in versions that fit")
    for extra, use in _EXTRAS.items():
        own = [e for e in wanted if e.marker and not e.marker.evaluate({"extra": ""})]
        own = [e for e in own if e.marker and e.marker.evaluate({"extra": extra})]
        lacking = [one for each in own if (one := _lacking(each))]
        state = f"not installed, which only {use} needs" if lacking else "installed"
        yield Finding(f"extra {extra}", "ok", state)


def _compared(wanted: "Requirement") -> Finding | None:
    remedy = f"Run: pip install '{wanted.name}{wanted.specifier}'"
    try:
        found = version(wanted.name)
    except PackageNotFoundError:
        return Finding("packages", "wrong", f"{wanted.name} is not installed", remedy)
    if wanted.specifier.contains(found, prereleases=True):
        return None
    return Finding("packages", "warning", f"{wanted.name} {found} is not {wanted.specifier}", remedy)


def _lacking(wanted: "Requirement") -> str:
    """Return what an extra needs and is not there; of an extra of another package, what that needs."""
    for extra in wanted.extras:
        from packaging.requirements import Requirement

        for each in map(Requirement, requires(wanted.name) or []):
            if (
                each.marker
                and not each.marker.evaluate({"extra": ""})
                and each.marker.evaluate({"extra": extra})
            ):
                try:
                    version(each.name)
                except PackageNotFoundError:
                    return each.name
    return ""


def _broken(module: str, package: str) -> Finding | None:
    """Import a module of a package that is installed; of one that is not, ``_compared`` tells."""
    try:
        found = version(package)
        importlib.import_module(module)
    except PackageNotFoundError:
        return None
    except (ImportError, OSError) as error:
        fact = f"{package} is installed and does not load ({' '.join(str(error).split())[:160]})"
        again = f"pip install --force-reinstall --no-deps {package}=={found}"
        return Finding("packages", "wrong", fact, f"Reinstall it: {again}")
    return None


def check_folder(check: str, folder: Path, *, what: str) -> Iterator[Finding]:
    """Tell whether a folder that is written to can be, by us and by nobody else, and what room is left."""
    there = next(each for each in (folder, *folder.parents) if each.exists())
    free = shutil.disk_usage(there).free
    if not os.access(there, os.W_OK | os.X_OK):
        fact = f"{what} cannot be written: {there}"
        yield Finding(check, "warning", fact, "What is there can be used; for more, give yourself the right.")
    elif folder.exists() and folder.stat().st_mode & 0o002:
        fact = f"everybody may write to {what}, and so decide what is answered: {folder}"
        yield Finding(check, "warning", fact, f"Run: chmod o-w '{folder}'")
    elif free >= _LITTLE:
        yield Finding(check, "ok", f"{what} can be written, {free / 1e9:.0f} GB are free: {folder}")
    if free < _LITTLE:
        fact = f"only {free / 1e6:.0f} MB are free for {what}: {there}"
        yield Finding(check, "warning" if free >= _LEAST else "wrong", fact, "Make room on that disk.")


def check_port(port: int) -> Iterator[Finding]:
    """Tell whether the page's port is free."""
    with socket.socket() as page:
        page.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            page.bind(("127.0.0.1", port))
        except OSError as error:
            fact = f"{port} cannot be used ({error.strerror or error}); Footnote may be running there already"
            yield Finding("port", "warning", fact, f"Choose another: footnote chat --port {port % 65535 + 1}")
            return
    yield Finding("port", "ok", f"{port} is free")
