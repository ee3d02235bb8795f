"""Canonical JSON (RFC 8785) and the strict reading of JSON that comes from outside.

What govern writes holds no floating-point numbers, and whole numbers only as far as every JSON reader keeps them
exactly (|n| <= 2^53 - 1, RFC 7493): a measured number travels as decimal text.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, NoReturn, cast

import rfc8785

from govern.domain.evidence import JsonValue
from govern.errors import DocumentError

MAX_DEPTH: Final = 32
"""Levels of arrays and objects; ours need six, and a deep document exhausts a reader's stack."""
MAX_INTEGER: Final = 2**53 - 1
"""Beyond it, readers that keep numbers as binary64 see another number (RFC 7493, section 2.2)."""
_PLAIN: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def canonical_bytes(value: JsonValue) -> bytes:
    """Write `value` as RFC 8785 JSON.

    Raises `DocumentError` for a floating-point number, a whole number beyond 2^53 - 1, a lone surrogate, a key that is
    no text, or more than `MAX_DEPTH` levels.
    """
    ascii_keys = _check(value, MAX_DEPTH)
    try:
        # Both writers give the same bytes as long as keys sort alike by code point and by UTF-16 unit.
        return _PLAIN.encode(value).encode() if ascii_keys else rfc8785.dumps(cast("Any", value))
    except (UnicodeEncodeError, rfc8785.CanonicalizationError) as error:
        raise DocumentError("a text holds half a surrogate pair", "Give texts as valid Unicode.") from error


def _check(value: Any, depth: int) -> bool:  # noqa: C901 - one branch a kind of JSON
    """Refuse what the writer's rule forbids; say whether all keys are ASCII."""
    kind = type(value)
    if kind is str or value is None or kind is bool:
        return True
    if kind is int:
        if not -MAX_INTEGER <= value <= MAX_INTEGER:
            raise DocumentError(f"the whole number {value} is beyond 2^53 - 1", "Write it as text.")
        return True
    if depth == 0:
        raise DocumentError(f"a value is nested more than {MAX_DEPTH} levels deep", "Flatten it.")
    if isinstance(value, Mapping):
        plain = True
        for key, item in value.items():
            if not isinstance(key, str):
                raise DocumentError(f"the key {key!r} is not text", "Keys of JSON objects are text.")
            plain = _check(item, depth - 1) and plain and key.isascii()
        return plain
    if isinstance(value, list | tuple):
        return all([_check(item, depth - 1) for item in value])  # noqa: C419 - every item has to be looked at
    if isinstance(value, float):
        raise DocumentError(
            f"{value!r} is a floating-point number", "Write measured numbers as decimal text (govern.domain.text)."
        )
    if isinstance(value, str | int):
        return True
    raise DocumentError(f"a {kind.__name__} has no place in JSON", "Only texts, whole numbers, lists and mappings do.")


def parse_json(data: bytes, *, where: str = "") -> JsonValue:
    """Read JSON strictly; `where` names the document in errors.

    Raises `DocumentError` for anything that two readers could take for different values: invalid UTF-8, a byte order
    mark, duplicate keys, NaN, infinities, floating-point numbers, whole numbers beyond 2^53 - 1, lone surrogates, and
    for more than `MAX_DEPTH` levels.
    """
    return cast("JsonValue", _read(data, where, _STRICT))


def canonicalize(data: bytes) -> bytes:
    """Give any I-JSON document (floating-point numbers too) its RFC 8785 form. Raises `DocumentError`.

    Nothing of ours needs it: it is how other people's vectors reach this code.
    """
    value = _read(data, "", _WIDE)
    try:
        return rfc8785.dumps(cast("Any", value))
    except rfc8785.CanonicalizationError as error:
        raise DocumentError(f"no canonical form: {error}", "Only I-JSON (RFC 7493) has one.") from error


def parse_foreign_json(data: bytes, *, where: str = "") -> object:
    """Read other people's JSON as strictly, but with floating-point numbers. Raises `DocumentError`."""
    return cast("object", _read(data, where, _WIDE))


def _refuse_float(text: str) -> NoReturn:
    raise DocumentError(f"{text[:40]} is a floating-point number", "Write measured numbers as decimal text.")


def _refuse_constant(text: str) -> NoReturn:
    raise DocumentError(f"{text} is not JSON", "NaN and infinities are not accepted.")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Build an object; Python's reader would silently keep the last of two equal keys."""
    read = dict(pairs)
    if len(read) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise DocumentError(f"the key “{twice[:80]}” stands twice in one object", "Remove one of them.")
    return read


def _whole(text: str) -> int:
    if len(text) > len("-9007199254740991") or not -MAX_INTEGER <= int(text) <= MAX_INTEGER:
        raise DocumentError(f"the whole number {text[:40]} is beyond 2^53 - 1", "Write it as text.")
    return int(text)


def _finite(text: str) -> float:
    number = float(text)
    if number in {float("inf"), float("-inf")}:
        raise DocumentError(f"{text[:40]} is too large for a number", "RFC 8785 knows binary64 numbers only.")
    return number


def _wide(text: str) -> int | float:
    """Read a whole number as ECMAScript does: beyond 2^53 - 1 as the nearest binary64."""
    return int(text) if len(text) <= 16 and -MAX_INTEGER <= int(text) <= MAX_INTEGER else _finite(text)  # noqa: PLR2004


_STRICT: Final = json.JSONDecoder(
    object_pairs_hook=_unique, parse_float=_refuse_float, parse_int=_whole, parse_constant=_refuse_constant
)
_WIDE: Final = json.JSONDecoder(
    object_pairs_hook=_unique, parse_float=_finite, parse_int=_wide, parse_constant=_refuse_constant
)


def _read(data: bytes, where: str, decoder: json.JSONDecoder) -> Any:
    try:
        if len(data) > MAX_DEPTH and data.count(b"[") + data.count(b"{") > MAX_DEPTH:
            _check_depth(data)
        value = decoder.decode(data.decode("utf-8"))
        if b"\\u" in data:
            _check_text(value)
    except UnicodeDecodeError as error:
        raise DocumentError(f"byte {error.start} is not UTF-8", "Save it as UTF-8.", where=where) from error
    except json.JSONDecodeError as error:
        place = f"{where}:{error.lineno}:{error.colno}" if where else f"line {error.lineno}, column {error.colno}"
        raise DocumentError(f"not JSON: {error.msg}", "Correct the document.", where=place) from error
    except DocumentError as error:
        raise (DocumentError(error.message, error.hint, where=where) if where else error) from error.__cause__
    return value


def _check_depth(data: bytes) -> None:
    """Count levels without building anything: a hostile document must not reach the recursive reader."""
    depth = 0
    inside = False
    escaped = False
    for byte in data:
        if inside:
            if escaped:
                escaped = False
            elif byte == 0x5C:  # noqa: PLR2004 - reverse solidus
                escaped = True
            elif byte == 0x22:  # noqa: PLR2004 - quotation mark
                inside = False
        elif byte == 0x22:  # noqa: PLR2004
            inside = True
        elif byte in b"[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise DocumentError(f"nested more than {MAX_DEPTH} levels deep", "Flatten the document.")
        elif byte in b"]}":
            depth -= 1


def _check_text(value: Any) -> None:
    """Refuse half of a surrogate pair, which no UTF-8 can hold."""
    if isinstance(value, str):
        if any("\ud800" <= character <= "\udfff" for character in value):
            raise DocumentError("a text holds half a surrogate pair", "Give texts as valid Unicode.")
    elif isinstance(value, dict):
        for key, item in value.items():
            _check_text(key)
            _check_text(item)
    elif isinstance(value, Sequence):
        for item in value:
            _check_text(item)
