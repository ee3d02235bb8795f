"""The four themes: dark, light, colour-blind and mono; verdicts also carry a glyph and a word in each."""

from typing import Final

from textual.theme import Theme

DARK: Final = Theme(
    name="govern-dark", primary="#5B8DEF", secondary="#7A88A8", accent="#E0A458", foreground="#D9DEE8",
    background="#12161F", surface="#181D29", panel="#232A3A", success="#4CB782", warning="#E0B04C", error="#E5645F", dark=True, variables={"muted": "#8C96A8", "cursor": "#26406E"},
)
LIGHT: Final = Theme(
    name="govern-light", primary="#2457B5", secondary="#5B677E", accent="#9A5B00", foreground="#1B2330",
    background="#F5F6F8", surface="#FFFFFF", panel="#E4E8EF", success="#1E7A45", warning="#8A6100", error="#B3261E", dark=False, variables={"muted": "#5E6878", "cursor": "#C9DAF8"},
)
COLOUR_BLIND: Final = Theme(
    name="govern-cvd", primary="#0077BB", secondary="#88A0B0", accent="#CCBB44", foreground="#E4E7EC",
    background="#10141B", surface="#171C25", panel="#242B38", success="#33BBEE", warning="#CCBB44", error="#EE7733", dark=True, variables={"muted": "#93A0AE", "cursor": "#1B4A66"},
)
MONO: Final = Theme(
    name="govern-mono", primary="#8A8A8A", secondary="#9A9A9A", accent="#D0D0D0", foreground="#E0E0E0",
    background="#101010", surface="#181818", panel="#2A2A2A", success="#E0E0E0", warning="#E0E0E0", error="#FFFFFF", dark=True, variables={"muted": "#9A9A9A", "cursor": "#4A4A4A"},
)
THEMES: Final = (DARK, LIGHT, COLOUR_BLIND, MONO)
"""In the order in which the key goes through them."""

DEFAULTS: Final = {"muted": "#8C96A8", "cursor": "#26406E"}
"""Colours of ours for themes that do not name them."""
