"""Ask the advisory databases whether a locked package is known to be vulnerable.

    python3 .ci/audit.py

Exit codes: 0 nothing is known, or what is known was accepted; 1 something is known. Where no database
answers, nothing is known either way: that is said in one line, and is no failure, so that a machine
without a network can run the rest. ``audit-accepted.json`` maps the name of an advisory that does not
concern this project to the reason.
"""

import json
import subprocess
import tempfile
import venv
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
LOCKED = ("requirements.txt", "torch-cuda.txt", "tools.txt")
# Asked in this order, until one of them knows the packages.
SERVICES = ("pypi", "osv")
ACCEPTED = HERE / "audit-accepted.json"


@dataclass
class Findings:
    """What a database said: ``known`` of (package, advisory), and the packages it could not tell of."""

    audited: int = 0
    untold: list[str] = field(default_factory=list)
    known: list[tuple[str, str]] = field(default_factory=list)


def main() -> int:
    """Audit all that is locked; return the exit code."""
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        bin_ = Path(folder, "bin")
        install = [bin_ / "pip", "install", "-q", "--require-hashes", "--no-deps", "-r", HERE / "tools.txt"]
        services = () if subprocess.run([*map(str, install)]).returncode else SERVICES
        answers = [found for service in services if (found := ask(bin_ / "pip-audit", service)) is not None]
    best = max(answers, key=lambda found: found.audited, default=Findings())
    lines, code = verdict(best, json.loads(ACCEPTED.read_text(encoding="utf-8")))
    print("\n".join(lines))
    return code


def ask(pip_audit: Path, service: str) -> Findings | None:
    """Return what one database says of all that is locked; none where it cannot be reached."""
    files = [word for name in LOCKED for word in ("-r", str(HERE / name))]
    options = ["--service", service, "--disable-pip", "--require-hashes", "--format", "json"]
    done = subprocess.run(
        [str(pip_audit), *options, "--progress-spinner", "off", *files], capture_output=True, text=True
    )
    return read(done.stdout)


def read(report: str) -> Findings | None:
    """Read a report of pip-audit; none where it ended before it wrote one."""
    try:
        packages = json.loads(report)["dependencies"]
    except (ValueError, KeyError):
        return None
    found = Findings()
    for package in packages:
        if "skip_reason" in package:
            found.untold.append(package["name"])
            continue
        found.audited += 1
        found.known += [(f"{package['name']} {package['version']}", each["id"]) for each in package["vulns"]]
    return found


def verdict(found: Findings, accepted: dict[str, str]) -> tuple[Sequence[str], int]:
    """Return what to print, and the exit code."""
    if not found.audited:
        asked = f"of {len(found.untold)} packages nothing was told" if found.untold else "none can be reached"
        return [f"audit: NOT AUDITED, no advisory database answers here ({asked}); run it where one does"], 0
    lines = [f"audit: {found.audited} packages looked up"]
    if found.untold:
        lines.append(f"audit: no answer about {', '.join(sorted(found.untold))}")
    new = [(package, advisory) for package, advisory in found.known if advisory not in accepted]
    lines += [
        f"audit: {package}: {advisory}, accepted: {accepted[advisory]}"
        for package, advisory in found.known
        if advisory in accepted
    ]
    lines += [
        f"audit: {package}: {advisory}; update it, or accept it with a reason" for package, advisory in new
    ]
    return lines, 1 if new else 0


if __name__ == "__main__":
    raise SystemExit(main())
