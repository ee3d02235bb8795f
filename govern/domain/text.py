"""Small textual values: digests, instants and decimals, and how each is written.

Entries hold no floating-point numbers (see `govern/canonical`), so every measured number travels as decimal text.
"""

import hashlib
import math
import re
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import NewType

from govern.errors import UsageError

Digest = NewType("Digest", str)
"""`sha256:` and 64 lower-case hexadecimal digits."""

DecimalText = NewType("DecimalText", str)
"""A finite decimal number as text, `-?digits[.digits][E±digits]`; never NaN, never an infinity."""

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
SIGNIFICANT_DIGITS = 15
"""Digits a binary64 always keeps through decimal text (IEEE 754: DBL_DIG); more would print noise."""


def digest_of(data: bytes) -> Digest:
    """Return the content digest of `data`."""
    return Digest("sha256:" + hashlib.sha256(data).hexdigest())


def as_digest(text: str) -> Digest:
    """Check that `text` is a whole digest. Raises `UsageError`."""
    if not _DIGEST.fullmatch(text):
        message = f"“{text[:80]}” is not a digest"
        raise UsageError(message, "A digest is written sha256: and 64 hexadecimal digits.")
    return Digest(text)


def short(digest: str) -> str:
    """Return the first eight hexadecimal digits, for people; the prefix that references accept."""
    return digest.removeprefix("sha256:")[:8]


def instant(moment: datetime) -> str:
    """Write a moment as RFC 3339 in UTC with whole seconds, `2026-11-21T09:30:00Z`. Naive moments are refused."""
    if moment.tzinfo is None:
        message = "a moment without a time zone was given"
        raise UsageError(message, "Give times with a zone, such as 2026-11-21T09:30:00Z.")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(text: str) -> datetime:
    """Read what `instant` wrote, or any RFC 3339 moment with a zone; a bare date is midnight UTC.

    Raises `UsageError`.
    """
    try:
        read = datetime.fromisoformat(text)
    except ValueError as error:
        message = f"“{text[:40]}” is not a time"
        raise UsageError(message, "Write it as 2026-11-21 or 2026-11-21T09:30:00Z.") from error
    if read.tzinfo is None:
        if len(text) > len("2026-11-21"):
            message = f"“{text}” has no time zone"
            raise UsageError(message, "Add Z for UTC, or an offset such as +01:00.")
        read = read.replace(tzinfo=UTC)
    return read.astimezone(UTC)


def counted(number: int, one: str, many: str = "") -> str:
    """Write a count with its word: `1 entry`, `2,000 entries`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def decimal_text(number: float | Decimal, digits: int = SIGNIFICANT_DIGITS) -> DecimalText:
    """Write a finite number as decimal text with at most `digits` significant digits. Raises `ValueError` otherwise."""
    if isinstance(number, Decimal):
        if not number.is_finite():
            message = "only finite numbers can be written"
            raise ValueError(message)
        return DecimalText(format(number, "f") if abs(number.adjusted()) < digits else str(number))
    if not math.isfinite(number):
        message = "only finite numbers can be written"
        raise ValueError(message)
    return DecimalText(format(Decimal(format(number, f".{digits}g")), "f"))


def decimal_of(text: str) -> Decimal:
    """Read decimal text. Raises `UsageError` for anything that is not a finite decimal number."""
    try:
        number = Decimal(text)
    except InvalidOperation as error:
        message = f"“{text[:40]}” is not a number"
        raise UsageError(message, "Write a decimal number such as 0.8.") from error
    if not number.is_finite():
        message = f"“{text[:40]}” is not a finite number"
        raise UsageError(message, "NaN and infinities are not accepted.")
    return number
