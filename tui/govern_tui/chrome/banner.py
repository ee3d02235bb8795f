"""The banner's words: mode, state of the chain, who signs, what is due; as long as there is room for all of them."""

from typing import Final, Literal

from rich.cells import cell_len

from govern_tui.text import Tone, clean

Mode = Literal["lost", "read", "write"]
Pieces = list[tuple[str, Tone]]
MODES: Final[dict[Mode, tuple[str, str, Tone]]] = {
    "lost": ("LOST", "DATABASE LOST", "bad"), "read": ("RO", "READ-ONLY", "warn"), "write": ("RW", "READ-WRITE", "good"),
}
SHORT_CHAINS: Final[dict[Tone, tuple[str, str]]] = {
    "good": ("OK", "chain OK"), "bad": ("BROKEN", "CHAIN BROKEN"), "warn": ("?", "chain ?"), "dim": ("?", "unverified"),
}
BETWEEN: Final = " · "


def banner(mode: Mode, chain: tuple[str, Tone], signer: str, due: int | None, *, room: int) -> Pieces:
    """The pieces from left to right, in the longest words of which none is cut off; `due` is None until the queue was read."""
    text, shade = chain
    shortest, short = SHORT_CHAINS.get(shade, (text, text))
    brief, words, tone = MODES[mode]
    who: Pieces = [(signer or "no signer", "" if signer else "dim")]
    waits: Pieces = [("… due" if due is None else f"{due} due", "warn" if due else "dim")]
    ways: tuple[Pieces, ...] = (
        [(words, tone), (text, shade), *who, *waits], [(words, tone), (short, shade), *who, *waits], [(brief, tone), (short, shade), *who, *waits],
        [(words, tone), (short, shade), *waits], [(brief, tone), (short, shade), *waits],
    )
    return next((pieces for pieces in ways if _cells(pieces) <= room), [(brief, tone), (shortest, shade), *waits])


def _cells(pieces: Pieces) -> int:
    return cell_len(BETWEEN.join(clean(text) for text, _ in pieces))
