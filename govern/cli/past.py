"""What held at an earlier time, and what proves it, for people; `--json` has the proof itself."""

from typing import TYPE_CHECKING

from govern.cli.text import brief, when
from govern.domain.text import counted

if TYPE_CHECKING:
    from govern.cli.speak import Voice
    from govern.workflow.past_views import PastView


def show(voice: "Voice", past: "PastView") -> None:
    """Print what held, and the checkpoint of that time with the proof from it to the newest."""
    if past.held:
        voice.line()
        voice.line(f"Held on {when(past.as_of)}", "bold")
        voice.table(
            [(row.system, row.kind, row.name, f"#{row.index}", brief(row.digest), row.detail) for row in past.held], indent="  "
        )
    voice.line()
    voice.line(f"as of {when(past.as_of)}: {counted(past.entries, 'entry', 'entries')}, proved by the checkpoint of that time:")
    voice.lines(past.note.splitlines())
    voice.line(
        f"the newest checkpoint ({counted(past.newest_size, 'entry', 'entries')}, root {brief(past.newest_root)}) continues it: "
        f"consistency proof of {counted(len(past.consistency), 'hash', 'hashes')}, checked"
    )
    voice.lines([f"  {one}" for one in past.consistency])
