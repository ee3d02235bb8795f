"""Read a pickle's instructions without carrying them out, to say what loading it would have called."""

import bz2
import gzip
import io
import lzma
import pickletools
import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

MAX_SCANNED: Final = 64 * 2**20
"""Bytes that are looked at: names that a pickle calls stand before the data they are called with."""
MAX_NAMES: Final = 40
"""Names that an error shows."""
MAX_OPCODES: Final = 2_000_000
"""A hostile file must not keep the scan busy for ever."""
_STRINGS: Final = {
    "STRING", "BINSTRING", "SHORT_BINSTRING", "UNICODE", "SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8",
}
_MEMOIZES: Final = {"MEMOIZE", "PUT", "BINPUT", "LONG_BINPUT"}
_RECALLS: Final = {"GET", "BINGET", "LONG_BINGET"}
_PROTO: Final = 0x80
_FIRST_OF_OLD: Final = frozenset(b"(]}c")
"""What pickles of protocols 0 and 1 begin with; newer ones begin with PROTO."""
MAX_MEMBERS: Final = 20_000
"""Files of a zip that are looked at; a forest saved by skops has a few thousand."""
_NUMPY: Final = b"\x93NUMPY"
_OBJECTS: Final = re.compile(rb"['\"][|<>=]?O\d*['\"]")
"""A data type of objects in an array's header, by itself or as a field."""
PICKLE_SUFFIXES: Final = (".pkl", ".pickle", ".joblib", ".pck", ".pcl", ".dill", ".cloudpickle", ".pt", ".pth", ".ckpt")


def called_by(path: Path) -> tuple[str, ...] | None:
    """Return what loading the file would import and call, sorted; None where it is not a pickle.

    Looks inside the wrappings of joblib (gzip, bzip2, xz, zlib), into zips (PyTorch's, numpy's `.npz`) and into numpy's
    arrays of objects. An empty tuple is a pickle in which no name was found.
    """
    with path.open("rb") as file:
        head = file.read(MAX_SCANNED)
    if zipfile.is_zipfile(path):
        return inside_zip(path)
    names = _names(_unwrapped(head))
    if names is None and path.suffix.lower() in PICKLE_SUFFIXES:
        return ()
    return names


def inside_zip(path: Path) -> tuple[str, ...] | None:
    """Return what the pickles in a zip would call, whatever its members are called; None where there is none.

    A skops file is a zip too: nobody has to load a pickle that lies in it, and nobody has a reason to put one there.
    """
    found: set[str] = set()
    pickles = 0
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist()[:MAX_MEMBERS]:
            if member.is_dir():
                continue
            with archive.open(member) as file:
                head = file.read(len(_NUMPY))
                if head == _NUMPY or (head and (head[0] == _PROTO or head[0] in _FIRST_OF_OLD)):
                    names = _names(head + file.read(MAX_SCANNED), whole=True)
                else:
                    names = () if member.filename.lower().endswith(PICKLE_SUFFIXES) else None
            if names is not None:
                found |= set(names)
                pickles += 1
    return tuple(sorted(found)) if pickles else None


def _unwrapped(head: bytes) -> bytes:
    try:
        if head.startswith(b"\x1f\x8b"):
            return gzip.GzipFile(fileobj=io.BytesIO(head)).read(MAX_SCANNED)
        if head.startswith(b"BZh"):
            return bz2.BZ2File(io.BytesIO(head)).read(MAX_SCANNED)
        if head.startswith(b"\xfd7zXZ\x00"):
            return lzma.LZMAFile(io.BytesIO(head)).read(MAX_SCANNED)
        if head[:2] in {b"\x78\x01", b"\x78\x9c", b"\x78\xda", b"\x78\x5e"}:
            return zlib.decompressobj().decompress(head, MAX_SCANNED)
    except (OSError, EOFError, lzma.LZMAError, zlib.error):
        pass
    return head


def _names(data: bytes, *, whole: bool = False) -> tuple[str, ...] | None:
    """What a pickle calls; None where it is none. `whole` wants it to be one to its end, as bytes in an archive may begin so."""
    if data.startswith(_NUMPY):
        return _in_array(data)
    if not data or (data[0] != _PROTO and data[0] not in _FIRST_OF_OLD):
        return None
    # A text file may begin with a bracket or a “c” too: then no name and no end that makes sense is found.
    if (whole or data[0] != _PROTO) and not _complete(data):
        return None
    return tuple(sorted(set(_instructions(data))))[:MAX_NAMES]


def _in_array(data: bytes) -> tuple[str, ...] | None:
    """A `.npy` of Python objects is a header and a pickle (numpy.lib.format); one of numbers holds none."""
    long = data[6:7] != b"\x01"
    start = 12 if long else 10
    size = int.from_bytes(data[8:start], "little")
    header, rest = data[start : start + size], data[start + size :]
    if not _OBJECTS.search(header):
        return None
    return tuple(sorted(set(_instructions(rest))))[:MAX_NAMES]


def _complete(data: bytes) -> bool:
    try:
        for count, _ in enumerate(pickletools.genops(data)):
            if count > MAX_OPCODES:
                return True
    except Exception:  # noqa: BLE001 - a broken pickle has no error of its own
        return False
    return True


def _instructions(data: bytes) -> Iterator[str]:
    """Yield "module.name" for every name that would be imported.

    New pickles push both as strings, perhaps out of the memo; `top` is the string that is on top of the stack.
    """
    recent: list[str] = []
    memo: dict[int, str] = {}
    top = ""
    try:
        for count, (opcode, argument, _) in enumerate(pickletools.genops(data)):
            if count > MAX_OPCODES:
                return
            if opcode.name in {"GLOBAL", "INST"}:
                yield str(argument).replace(" ", ".", 1)
            elif opcode.name == "STACK_GLOBAL":
                yield ".".join(recent[-2:]) if len(recent) > 1 else "a name made on the way"
            elif opcode.name in _STRINGS:
                recent.append(str(argument))
                top = recent[-1]
                continue
            elif opcode.name in _MEMOIZES:
                memo[len(memo) if argument is None else int(str(argument))] = top
                continue
            elif opcode.name in _RECALLS and memo.get(int(str(argument))):
                recent.append(memo[int(str(argument))])
            top = ""
    except Exception:  # noqa: BLE001 - numpy's raw bytes in a joblib file end the scan; what was found stays found
        return
