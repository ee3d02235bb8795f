"""Layer 5, first half: the pages say what the attached HTML says, nothing less and nothing more.

A page's text is drawn in the HTML's order, then its charts' words. Beside these a page may only have what layout adds:
repeated table heads, list marks, dots and numbers in the contents, and its head and foot. Text is compared without white
space. Direction changes draw a line in another order, so lines with right-to-left letters are compared as bags.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Final

from govern.domain.text import Digest
from govern.errors import VerificationError
from govern.exchange.pdf import opened
from govern.exchange.pdf_html import Words, packed
from govern.exchange.pdf_text import Run, page_runs

FOOT: Final = 62.0
HEAD: Final = 68.0
"""Points at the lower and upper edge that hold feet and heads: the page margins of report.css (22 and 24 mm)."""
MARK: Final = re.compile(r"(•|◦|▪|\d{1,3}\.)")
CONTENTS: Final = re.compile(r"\.+|\d{1,5}")
MAX_STEPS_BACK: Final = 20_000
"""Where a run fits in two places both are tried; a pack needs a handful of steps back, a hostile file could ask for more."""


@dataclass(frozen=True, slots=True)
class _Place:
    """How far the pages have told the HTML: page, line, run, and places in body and charts."""

    run: int
    body: int
    chart: int


def check_pages(path: Path, words: Words, manifest: Digest) -> str:
    """Compare the pages with the HTML's words; return a sentence. Raises `VerificationError` (step 5)."""
    with opened(path) as pdf:
        pages = [(page_runs(page), float(page.mediabox[3])) for page in pdf.pages]
    lines: list[list[str]] = []
    firsts: set[int] = set()
    where: list[int] = []
    for number, (runs, height) in enumerate(pages, start=1):
        inside = [run for run in runs if FOOT < run.y < height - HEAD]
        _check_margins([run for run in runs if not FOOT < run.y < height - HEAD], words, manifest, number, len(pages))
        firsts.add(len(lines))
        for line in _lines(inside):
            lines.append(line)
            where.append(number)
    _Matcher(lines, firsts, where, words).match()
    return f"{len(pages)} pages say what the attached HTML says"


def _lines(runs: Sequence[Run]) -> list[list[str]]:
    """Group runs that are drawn one after the other at one height; empty ones fall out."""
    grouped = [[packed(run.text) for run in group] for _, group in groupby(runs, key=lambda run: round(run.y, 1))]
    return [kept for group in grouped if (kept := [text for text in group if text])]


def _check_margins(runs: Sequence[Run], words: Words, manifest: Digest, number: int, total: int) -> None:
    """Let heads and feet say only what packs say there."""
    said = [packed(run.text) for run in runs]
    digits = manifest.removeprefix("sha256:")[:32]
    foot = {f"Page{number}of{total}", f"manifest{digits}"}
    missing = foot - set(said)
    if missing:
        raise _wrong(f"The foot of page {number} does not say “{min(missing)}”.")
    known = "\n".join(words.running | foot)
    for text in said:
        if text and text not in known:
            raise _wrong(f"Head or foot of page {number} says “{text[:60]}”, which the pack does not.")


def _wrong(message: str) -> VerificationError:
    """Make this layer's error."""
    return VerificationError(message, "Rely on the attachments, not on the print; ask the issuer.", step=5, kind="pages")


class _Matcher:
    """Walks lines and words side by side, trying a second way where a line fits in two places."""

    def __init__(self, lines: list[list[str]], firsts: set[int], where: list[int], words: Words) -> None:
        self.lines, self.firsts, self.where, self.words = lines, firsts, where, words
        self.heads = "\n".join(words.heads)

    def match(self) -> None:
        """Raise unless the lines tell the words from the first to the last."""
        ways: list[_Place] = [_Place(0, 0, 0)]
        furthest = _Place(0, 0, 0)
        steps = 0
        while ways:
            place = ways.pop()
            steps += 1
            if steps > len(self.lines) * 4 + MAX_STEPS_BACK:
                break
            if place.run > furthest.run:
                furthest = place
            if place.run == len(self.lines):
                if place.body == len(self.words.body) and place.chart == len(self.words.charts):
                    return
                continue
            ways.extend(reversed(self._ways(place)))
        raise self._difference(furthest)

    def _difference(self, place: _Place) -> VerificationError:
        """Say where pages and HTML part."""
        if place.run < len(self.lines):
            said = " ".join(self.lines[place.run])[:60]
            wanted = self.words.body[place.body:place.body + 40]
            return _wrong(f"Page {self.where[place.run]} says “{said}” where the attached HTML says “{wanted}”.")
        left = self.words.body[place.body:place.body + 40] or self.words.charts[place.chart:place.chart + 40]
        return _wrong(f"The pages leave out “{left}”, which the attached HTML says.")

    def _ways(self, place: _Place) -> list[_Place]:
        """Return how one line can be read from here, likeliest first."""
        line = self.lines[place.run]
        found = self._straight(line, place)
        whole = "".join(line)
        if self._bag(whole, self.words.body, place.body):
            found.append(_Place(place.run + 1, place.body + len(whole), place.chart))
        elif self._bag(whole, self.words.charts, place.chart):
            found.append(_Place(place.run + 1, place.body, place.chart + len(whole)))
        if self._repeated(place.run, line):
            found.append(_Place(place.run + 1, place.body, place.chart))
        return found

    def _straight(self, line: list[str], place: _Place) -> list[_Place]:
        """Read a line run by run: body, charts, or a mark that layout adds; more of the body first."""
        places = {(place.body, place.chart)}
        for text in line:
            reached = set()
            for body, chart in places:
                if self.words.body.startswith(text, body):
                    reached.add((body + len(text), chart))
                if self.words.charts.startswith(text, chart):
                    reached.add((body, chart + len(text)))
                if MARK.fullmatch(text) or (body <= self.words.contents and CONTENTS.fullmatch(text)):
                    reached.add((body, chart))
            places = reached
        return [_Place(place.run + 1, body, chart) for body, chart in sorted(places, reverse=True)]

    def _bag(self, text: str, words: str, at: int) -> bool:
        """Whether a line with right-to-left letters has the letters that the words have here."""
        if text.isascii() or not any(unicodedata.bidirectional(letter) in {"R", "AL", "AN"} for letter in text):
            return False
        return Counter(text) == Counter(words[at:at + len(text)])

    def _repeated(self, number: int, line: list[str]) -> bool:
        """Whether a line is a table head that a page break repeats: nothing but heads before it on its page."""
        if any(text not in self.heads for text in line):
            return False
        before = number
        while before not in self.firsts:
            before -= 1
            if any(text not in self.heads for text in self.lines[before]):
                return False
        return True
