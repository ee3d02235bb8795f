"""Settings that the user writes (`tui.toml`) and state that the application keeps (`tui-state.json`); no secrets."""

import json
import tomllib
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from textual.theme import Theme

from govern.errors import DocumentError
from govern_tui.actions import BY_ID, FORBIDDEN_KEYS

COLOURS = frozenset({
    "primary", "secondary", "warning", "error", "success", "accent", "foreground", "background", "surface", "panel", "boost",
})


@dataclass(slots=True, kw_only=True)
class Settings:
    """What `tui.toml` says."""

    theme: str = ""
    ascii: bool = False
    key: str = ""
    """The key of the keyring to sign with."""
    keys: dict[str, str] = field(default_factory=dict)
    """Action id to Textual key names."""
    themes: tuple[Theme, ...] = ()


@dataclass(slots=True, kw_only=True)
class Remembered:
    """What the next start takes up again; references only, never what they hold."""

    page: str = "dashboard"
    theme: str = "govern-dark"
    ascii: bool = False
    key: str = ""
    filter: str = ""
    newest_first: bool = True
    cursor: int = 0
    ref: str = ""
    direction: str = "both"


def read_settings(path: Path) -> Settings:
    """Read `tui.toml`; nothing there means defaults. Raises `DocumentError`."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Settings()
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise DocumentError(str(error), "Mend the file, or move it away.", where=str(path)) from error
    if unknown := set(data) - {"theme", "ascii", "key", "keys", "themes"}:
        raise DocumentError(
            f"unknown key “{min(unknown)}”", "The keys are theme, ascii, key, [keys] and [themes.NAME].", where=str(path)
        )
    return Settings(
        theme=str(data.get("theme", "")), ascii=bool(data.get("ascii", False)), key=str(data.get("key", "")),
        keys=_key_map(data.get("keys", {}), path), themes=_themes(data.get("themes", {}), path),
    )


def _key_map(table: Any, path: Path) -> dict[str, str]:
    if not isinstance(table, dict):
        raise DocumentError("[keys] has to be a table", 'Write lines such as "review.approve" = "f12".', where=str(path))
    for name, keys in table.items():
        if name not in BY_ID:
            raise DocumentError(f"there is no action “{name}”", "`?` in the application lists them.", where=str(path))
        if not isinstance(keys, str) or FORBIDDEN_KEYS & {part.strip() for part in keys.split(",")}:
            raise DocumentError(
                f"“{name}” can't be bound to {keys!r}", "ctrl+h, ctrl+i and ctrl+m are Backspace, Tab and Enter to a terminal.",
                where=str(path),
            )
    return dict(table)


def _themes(table: Any, path: Path) -> tuple[Theme, ...]:
    made = []
    for name, colours in table.items() if isinstance(table, dict) else ():
        if not isinstance(colours, dict) or "primary" not in colours or set(colours) - COLOURS - {"dark"}:
            raise DocumentError(
                f"theme “{name}” is not one", f"A theme has `primary`, and may have `dark` and {', '.join(sorted(COLOURS))}.",
                where=str(path),
            )
        made.append(Theme(name=str(name), **colours))
    return tuple(made)


def read_state(path: Path, origin: str) -> Remembered:
    """Read what this ledger was left with; anything unreadable is simply forgotten."""
    with suppress(OSError, ValueError, TypeError, AttributeError):
        known = json.loads(path.read_text(encoding="utf-8")).get(origin, {})
        fresh = asdict(Remembered())
        taken = {name: value for name, value in known.items() if name in fresh and type(value) is type(fresh[name])}
        return Remembered(**taken)
    return Remembered()


def write_state(path: Path, origin: str, state: Remembered) -> None:
    """Keep the state for the next start; a folder that can't be written is no reason to complain while leaving."""
    everything: dict[str, Any] = {}
    with suppress(OSError, ValueError):
        read = json.loads(path.read_text(encoding="utf-8"))
        everything = read if isinstance(read, dict) else {}
    everything[origin] = asdict(state)
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps(everything, indent=1), encoding="utf-8")
        fresh.replace(path)
