"""The page's password: kept as a hash only, made by ``footnote password``.

    scrypt:15:8:3:SALT:HASH     log2 of the cost, block size, parallelism, and 16 and 32 bytes in base64url

No sign in it means anything to a shell, so it can stand in an environment variable as it is. The
password itself is never an argument, and never written anywhere.
"""

import base64
import binascii
import hashlib
import hmac
import os
import re
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from embeddings.errors import InputError

# 32 MB and about a fifth of a second a try (OWASP's advice for scrypt).
_COST, _BLOCK, _PARALLEL = 15, 8, 3
_FORM = re.compile(
    r"scrypt:(1[0-9]|20):([1-9]|1[0-6]):([1-9]|1[0-6]):([A-Za-z0-9_-]{22}):([A-Za-z0-9_-]{43})"
)
_MEMORY = 2**31 - 1
SHORTEST = 8
LONGEST = 1_000
VARIABLE = "FOOTNOTE_PASSWORD_HASH"
_REMEDY = "Make one with: footnote password"


class Password:
    """A password that can be checked and not be read."""

    def __init__(self, written: str) -> None:
        """Read what ``hashed`` wrote. Raises InputError where it is nothing of the kind."""
        found = _FORM.fullmatch(written.strip())
        if found is None:
            raise InputError("the password's hash cannot be read", remedy=_REMEDY)
        cost, block, parallel = (int(number) for number in found.groups()[:3])
        try:
            self._salt, self._hash = _decoded(found[4]), _decoded(found[5])
        except binascii.Error as error:
            raise InputError("the password's hash cannot be read", remedy=_REMEDY) from error
        self._measures = (cost, block, parallel)

    def fits(self, said: str) -> bool:
        """Tell whether this is the password, in the same time whatever of it is right."""
        if not said or len(said) > LONGEST:
            return False
        return hmac.compare_digest(_scrypt(said, self._salt, self._measures), self._hash)


def hashed(password: str) -> str:
    """Return the hash of a password, with a salt of its own. Raises InputError where it is too short."""
    if len(password) < SHORTEST:
        raise InputError(
            f"a password has at least {SHORTEST} characters", remedy="Three words that do not go together do."
        )
    if len(password) > LONGEST:
        raise InputError(f"a password has at most {LONGEST:,} characters")
    salt, measures = secrets.token_bytes(16), (_COST, _BLOCK, _PARALLEL)
    parts = (*map(str, measures), _encoded(salt), _encoded(_scrypt(password, salt, measures)))
    return ":".join(("scrypt", *parts))


def password_from(file: Path | None, environment: Mapping[str, str]) -> Password | None:
    """Return the password of a file or of FOOTNOTE_PASSWORD_HASH; None where neither is given.

    Raises InputError where the file cannot be read or holds no hash.
    """
    if file is None:
        written = environment.get(VARIABLE, "")
        return Password(written) if written.strip() else None
    try:
        return Password(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            "the password file cannot be read", place=str(file), remedy=f"Make one: footnote password {file}"
        ) from error


def password_command(
    file: Annotated[
        Path | None, typer.Argument(help="File to write it to, for your eyes only. [default: printed]")
    ] = None,
) -> None:
    """Ask for a password, twice, and keep its hash for: footnote chat --password-file FILE."""
    written = hashed(typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))
    if file is None:
        typer.echo(written)
        return
    try:
        file.unlink(missing_ok=True)
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:
            opened.write(f"{written}\n")
    except OSError as error:
        raise InputError(
            f"the password file cannot be written ({error.strerror or error})",
            place=str(file),
            remedy="Name a file in a folder of yours.",
        ) from error
    typer.echo(f"kept in {file}; start with: footnote chat --password-file {file}", err=True)


def _scrypt(password: str, salt: bytes, measures: tuple[int, int, int]) -> bytes:
    cost, block, parallel = measures
    said = password.encode("utf-8", "surrogatepass")
    return hashlib.scrypt(said, salt=salt, n=2**cost, r=block, p=parallel, maxmem=_MEMORY, dklen=32)


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
