"""The banner's words: mode, state of the chain, who signs, what is due; shorter where there is less room."""

from typing import Final, Literal

from govern_tui.text import Tone

Mode = Literal["lost", "read", "write"]
WRITE_WIDTH: Final = 80
"""Columns below which nothing can be signed."""
BANNER_WIDTH: Final = 108
"""Columns below which the banner is in short words, so that none of it is cut off."""
MODES: Final[dict[Mode, tuple[str, str, str, Tone]]] = {
    "lost": ("LOST", "DATABASE LOST", "DATABASE LOST", "bad"), "read": ("RO", "READ-ONLY", "READ-ONLY", "warn"),
    "write": ("RW", "READ-WRITE", "READ-WRITE", "good"),
}
SHORT_CHAINS: Final[dict[Tone, tuple[str, str]]] = {
    "good": ("OK", "chain OK"), "bad": ("BROKEN", "CHAIN BROKEN"), "warn": ("?", "chain ?"), "dim": ("?", "unverified"),
}
"""The banner's words by room: below 80 columns, below `BANNER_WIDTH`."""


def banner(mode: Mode, chain: tuple[str, Tone], signer: str, due: int | None, *, width: int) -> list[tuple[str, Tone]]:
    """The pieces from left to right; `due` is None until the queue was read."""
    size = 0 if width < WRITE_WIDTH else 1 if width < BANNER_WIDTH else 2
    *words, tone = MODES[mode]
    text, shade = chain
    short = SHORT_CHAINS.get(shade, (text, text))
    who: list[tuple[str, Tone]] = [(signer or "no signer", "" if signer else "dim")] if size else []
    return [
        (words[size], tone), ((*short, text)[size], shade), *who,
        ("… due" if due is None else f"{due} due", "warn" if due else "dim"),
    ]
