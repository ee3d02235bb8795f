"""The registry of everything a user can do: menus, key bindings, footer, palette and help are generated from it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

MENUS: Final = ("App", "View", "Go", "Ledger", "Review", "Tools", "Help")
"""In order; no title starts with F or B, because Alt+F and Alt+B arrive as other keys without the Kitty protocol."""

FORBIDDEN_KEYS: Final = frozenset({"ctrl+h", "ctrl+i", "ctrl+m"})
"""The terminal sends these for Backspace, Tab and Enter."""


LAST_TWIN: Final = 8
"""Pages that have a function key beside their digit: F10 is the menu."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One thing that a user can do."""

    id: str
    """`scope.verb`; the name in key maps and in settings."""
    title: str
    menu: str
    key: str
    """Textual key names, comma separated; the first is the one shown."""
    scope: str
    """`app`, or the name of the page it belongs to."""
    help: str
    """One sentence."""
    writes: bool = False
    """Whether it writes to the ledger, the trust root or a key: needs 80x24 and a workspace that can be written."""
    footer: bool = False
    """Whether it is among the keys shown at the bottom."""
    cli: str = ""
    """The same on the command line; empty where it is only a matter of this screen."""

    @property
    def keys(self) -> tuple[str, ...]:
        """All keys."""
        return tuple(part.strip() for part in self.key.split(",") if part.strip())


@dataclass(frozen=True, slots=True, kw_only=True)
class PageTitle:
    """A page's place in the order and its name."""

    id: str
    title: str
    about: str


PAGES: Final = (
    PageTitle(id="dashboard", title="Dashboard", about="Systems and their state, what is due, drift, waivers."),
    PageTitle(id="ledger", title="Ledger", about="Every entry, filtered, decoded, with signatures and proof."),
    PageTitle(id="lineage", title="Lineage", about="What a thing was made from and what rests on it."),
    PageTitle(id="review", title="Review", about="What waits for a person, with the dossier to decide on."),
    PageTitle(id="policies", title="Policies", about="The rules in force, their texts and their results."),
    PageTitle(id="monitoring", title="Monitoring", about="Drift of what runs, window by window."),
    PageTitle(id="reports", title="Reports", about="Evidence packs: preview, export, verify."),
    PageTitle(id="verify", title="Verify", about="The ledger proved step by step."),
    PageTitle(id="keys", title="Keys and people", about="Who may sign what, and with which key."),
)


def _go(number: int, page: PageTitle) -> Action:
    twin = f",f{number + 1}" if number <= LAST_TWIN else ""
    return Action(
        id=f"go.{page.id}", title=page.title, menu="Go", key=f"{number}{twin}", scope="app", help=f"Go to {page.title}: {page.about}",
    )


def _app(id_: str, title: str, menu: str, key: str, help_: str, *, footer: bool = False) -> Action:
    return Action(id=id_, title=title, menu=menu, key=key, scope="app", help=help_, footer=footer)


GLOBAL: Final = (
    _app("app.refresh", "Read again", "App", "f11,ctrl+r", "Read everything again from the ledger."),
    _app("app.theme", "Next theme", "App", "ctrl+t", "Dark, light, colour-blind, mono, in turn."),
    _app("app.ascii", "Letters for glyphs", "App", "ctrl+g", "Write OK, XX, !! for the glyphs, or back."),
    _app("app.quit", "Quit", "App", "q,ctrl+q", "Leave; asks only while a job runs."),
    _app("view.zoom", "Zoom pane", "View", "z", "The focused pane alone, or back."),
    _app("view.jump", "Jump to a pane", "View", "semicolon", "Letters appear over the panes; press one."),
    _app("view.next", "Next pane", "View", "tab", "Focus the next pane."),
    _app("view.previous", "Previous pane", "View", "shift+tab", "Focus the previous pane."),
    _app("view.row", "Copy row", "View", "Y,shift+y", "Copy the row under the cursor as JSON."),
    _app("view.picture", "Save a picture", "View", "ctrl+s", "Save this screen as SVG, without references to the web."),
    *(_go(number, page) for number, page in enumerate(PAGES, start=1)),
    _app("go.back", "Back", "Go", "backspace", "Where you were before."),
    _app("go.entry", "Goto…", "Go", "g", "An entry by number, hash prefix or date.", footer=True),
    _app("view.cell", "Copy", "View", "y", "Copy what stands under the cursor, or the text of the pane.", footer=True),
    _app("tools.log", "Command log", "Tools", "@,at", "What you did, as commands of the command line."),
    _app("tools.stop", "Stop the job", "Tools", "ctrl+x", "Stop what is running; what was acknowledged stays."),
    _app("help.focus", "Help", "Help", "question_mark,f1", "Help for what has the focus.", footer=True),
    _app("help.palette", "Command", "Help", "colon,ctrl+p", "Find any action by name.", footer=True),
    _app("help.menu", "Menu", "Help", "f10,ctrl+o", "Open the menu bar.", footer=True),
)


def _page(
    scope: str, id_: str, title: str, menu: str, key: str, help_: str, *, writes: bool = False, footer: bool = False, cli: str = "",
) -> Action:
    return Action(
        id=f"{scope}.{id_}", title=title, menu=menu, key=key, scope=scope, help=help_, writes=writes, footer=footer, cli=cli,
    )


def _rows(scope: str, *, help_: str = "Only rows in which these words stand.", footer: bool = True, also: str = "", cli: str = "") -> tuple[Action, ...]:
    """Filter, next, previous, clear: on every page with a table. Where `n` is somebody else's, arrows go from match to match."""
    steps = (
        _page(scope, "next", "Next match", "View", "n", "The next row that the filter leaves."),
        _page(scope, "previous", "Previous match", "View", "N,shift+n", "The row before that the filter leaves."),
    )
    return (
        _page(scope, "filter", "Filter…", "View", "slash", help_, footer=footer, cli=cli),
        *(() if also else steps),
        _page(scope, "clear", "Clear filter", "View", "escape", f"Show every row again{also}."),
    )


DASHBOARD: Final = (
    _page("dashboard", "open", "Open", "View", "enter", "Open the page that this line belongs to.", footer=True, cli="govern status"),
    *_rows("dashboard"),
    _page("dashboard", "export", "Export status", "Tools", "e", "Save what is shown as JSON.", cli="govern status --json"),
)

LEDGER: Final = (
    _page("ledger", "open", "Entry", "Ledger", "enter", "The entry whole: statement, signatures, proof.", footer=True, cli="govern show {entry}"),
    *_rows("ledger", help_="kind:, actor:, subject:, status:, since:, until: and plain text.", cli="govern log"),
    _page("ledger", "sort", "Order", "Ledger", "s", "Newest first, or oldest first.", footer=True),
    _page("ledger", "minute", "A minute on", "Ledger", "m", "Go forward by a minute of ledger time."),
    _page("ledger", "minute_back", "A minute back", "Ledger", "M,shift+m", "Go back by a minute of ledger time."),
    _page("ledger", "hour", "An hour on", "Ledger", "h", "Go forward by an hour of ledger time."),
    _page("ledger", "hour_back", "An hour back", "Ledger", "H,shift+h", "Go back by an hour of ledger time."),
    _page("ledger", "day", "A day on", "Ledger", "d", "Go forward by a day of ledger time."),
    _page("ledger", "day_back", "A day back", "Ledger", "D,shift+d", "Go back by a day of ledger time."),
    _page("ledger", "bad", "Next that is bad", "Ledger", "right_square_bracket", "The next entry that denies, fails or refuses, among those shown.",
          cli="govern log --state bad"),
    _page("ledger", "bad_back", "Previous that is bad", "Ledger", "left_square_bracket", "The previous one."),
    _page("ledger", "lineage", "Lineage", "Ledger", "l", "Open lineage at this entry.", footer=True, cli="govern lineage {entry}"),
    _page("ledger", "mark", "Mark", "Ledger", "space", "Mark this row, or no longer: e then saves the marked ones only."),
    _page("ledger", "export", "Export rows", "Ledger", "e", "Save the rows shown, or those marked, as JSON lines.", footer=True, cli="govern log --limit {count} --json"),
)

LINEAGE: Final = (
    _page("lineage", "open", "Entry", "Ledger", "enter", "Open the entry that recorded this.", footer=True, cli="govern show {ref}"),
    _page("lineage", "ref", "Name a thing…", "Ledger", "o", "Show the lineage of another thing: name@version, system/name, sha256:…, #123.",
          cli="govern lineage {ref}"),
    *_rows("lineage", help_="Only nodes in which these words stand."),
    _page("lineage", "up", "Upstream", "Ledger", "u", "What it was made from.", footer=True, cli="govern lineage {ref} --up"),
    _page("lineage", "down", "Downstream", "Ledger", "d", "What was made from it.", footer=True, cli="govern lineage {ref} --down"),
    _page("lineage", "impact", "Impact", "Ledger", "i", "What goes stale if this is withdrawn.", footer=True, cli="govern lineage {ref} --impact"),
    _page("lineage", "both", "Both ways", "Ledger", "b", "Made from, and rests on it.", cli="govern lineage {ref}"),
    _page("lineage", "deeper", "Deeper", "Ledger", "plus", "One step further from the thing."),
    _page("lineage", "shallower", "Less deep", "Ledger", "minus", "One step less."),
    _page("lineage", "earlier", "Earlier", "Ledger", "less_than_sign,comma", "As it was one tick of the slider before.",
          cli="govern lineage {ref} --as-of {time}"),
    _page("lineage", "later", "Later", "Ledger", "greater_than_sign,full_stop", "One tick of the slider later."),
    _page("lineage", "mark", "Mark", "Ledger", "space", "Mark this node as the end of a path."),
    _page("lineage", "path", "Path", "Ledger", "p", "Only the way between two marked nodes."),
    _page("lineage", "broken", "Broken", "Ledger", "x", "Leave out all that is in order.", footer=True),
    _page("lineage", "tree", "Tree", "Ledger", "T,shift+t", "The same as a tree, without lanes."),
    _page("lineage", "export", "Export", "Ledger", "e", "Save the lines shown as text.", cli="govern lineage {ref} --json"),
)

REVIEW: Final = (
    _page("review", "open", "Open dossier", "Review", "enter", "Open what is under the cursor: a dossier, a deadline, the evidence of a rule.", footer=True,
          cli="govern review show {model} --gate {gate}"),
    _page("review", "approve", "Approve…", "Review", "a", "Sign an approval over all that is shown.", writes=True, footer=True,
          cli="govern review approve {model}"),
    _page("review", "conditions", "Approve on conditions…", "Review", "A,shift+a", "Sign an approval that ends if its conditions are not met in time.",
          writes=True, cli="govern review approve {model} --condition 'TEXT; OWNER; DUE'"),
    _page("review", "reject", "Reject…", "Review", "x", "Sign a rejection with a reason.", writes=True, footer=True,
          cli="govern review reject {model}"),
    _page("review", "changes", "Request changes…", "Review", "r", "Ask for changes with a reason.", writes=True,
          cli="govern review request-changes {model}"),
    _page("review", "waive", "Waive…", "Review", "w", "Propose an exception to one rule, for this model only, until a date.",
          writes=True, footer=True, cli="govern review waive {model}"),
    _page("review", "attest", "Attest…", "Review", "t", "State what a rule asks a person to state.", writes=True,
          cli="govern review attest {model}"),
    _page("review", "comment", "Comment…", "Review", "c", "Leave a signed comment.", writes=True, cli="govern review comment {model}"),
    _page("review", "supersede", "Take back…", "Review", "u", "Take back your own earlier review by a new entry.", writes=True,
          cli="govern review take-back {model}"),
    _page("review", "accept_waiver", "Approve waiver…", "Review", "v", "Sign a waiver that somebody else proposed.", writes=True,
          cli="govern review waive --approve {waiver}"),
    _page("review", "revoke_waiver", "Revoke waiver…", "Review", "V,shift+v", "End a waiver before its time.", writes=True,
          cli="govern review waive --revoke {waiver}"),
    _page("review", "finding", "Open finding…", "Review", "f", "Open a finding: a problem with an owner, a severity and a day.", writes=True,
          cli="govern finding open {model}"),
    _page("review", "remediate", "Finding remediated…", "Review", "m", "Say how a finding was remediated.", writes=True,
          cli="govern finding remediate {finding}"),
    _page("review", "close_finding", "Close finding…", "Review", "k", "Verify a remediation by somebody else, and close the finding.", writes=True,
          cli="govern finding close {finding}"),
    _page("review", "other", "Dossier of…", "Review", "o", "Open the dossier of any model: what was denied waits in no queue, and may be waived.",
          cli="govern review show {model}"),
    *_rows("review"),
    _page("review", "mine", "Mine only", "Review", "i", "Only what you have not signed yet, or everything again.",
          cli="govern review list --holder {holder}"),
    _page("review", "order", "Order", "Review", "s", "By day, tier, model, or the worst first."),
    _page("review", "promote", "Promote…", "Review", "p", "Move the system's stage pointer; refused unless the ledger allows it.",
          writes=True, cli="govern promote {model} --to {stage}"),
    _page("review", "lineage", "Lineage", "Review", "l", "Open lineage at this model.", cli="govern lineage {model}"),
    _page("review", "export", "Export pack…", "Review", "e", "Write the evidence pack of this model.", writes=True, footer=True,
          cli="govern export {model} -o PACK.pdf"),
)

POLICIES: Final = (
    _page("policies", "open", "Dossier", "Tools", "enter", "The dossier of what the rule judged last.", footer=True, cli="govern review show {model}"),
    _page("policies", "read", "Read", "Tools", "r", "Read the policy's document.", footer=True, cli="govern policy show {policy}"),
    *_rows("policies"),
    _page("policies", "install", "Install…", "Tools", "i", "Put a policy into force; what loosens one needs a second signature.", writes=True,
          footer=True, cli="govern policy install {policy}"),
    _page("policies", "diff", "Difference", "Tools", "D,shift+d", "Against the version before.", footer=True, cli="govern policy diff {before} {policy}"),
    _page("policies", "lineage", "Lineage", "Tools", "l", "What rests on this policy.", footer=True, cli="govern lineage {policy}"),
    _page("policies", "export", "Save document", "Tools", "e", "Save the document as it was signed."),
)

MONITORING: Final = (
    *_rows("monitoring", footer=False),
    _page("monitoring", "metric", "Metric", "Tools", "m", "The next metric of performance.", footer=True),
    _page("monitoring", "table", "Numbers", "Tools", "t", "The chart as a table, or back.", footer=True, cli="govern status --json"),
    _page("monitoring", "features", "Features", "Tools", "f", "Which features drifted, worst first.", footer=True),
    _page("monitoring", "earlier", "Window before", "Tools", "left", "The window before."),
    _page("monitoring", "later", "Window after", "Tools", "right", "The window after."),
    _page("monitoring", "closer", "Fewer windows", "Tools", "plus", "Show fewer windows."),
    _page("monitoring", "wider", "More windows", "Tools", "minus", "Show more windows."),
    _page("monitoring", "review", "Review this drift", "Tools", "o", "Open the model's dossier.", footer=True),
    _page("monitoring", "export", "Export numbers", "Tools", "e", "Save the numbers as CSV."),
)

REPORTS: Final = (
    _page("reports", "new", "New pack…", "Tools", "n", "Write an evidence pack of a model, system, decision, framework, or all; choose what its pages show.", writes=True, footer=True,
          cli="govern export {model} -o PACK.pdf"),
    _page("reports", "open", "File and hash", "Tools", "enter", "Where a pack is and what it hashes to; or what one would say.", footer=True,
          cli="govern show {entry}"),
    _page("reports", "preview", "Preview", "Tools", "p", "What a pack about this would say, as text.", footer=True),
    *_rows("reports", also=", or stop what runs; nothing is half done"),
    _page("reports", "export", "Save text", "Tools", "e", "Save what stands on the right as text."),
    _page("reports", "verify", "Verify a pack…", "Tools", "v", "Prove a pack with a key that it did not bring along.", footer=True,
          cli="govern verify PACK.pdf --trust ROOT"),
)

VERIFY: Final = (
    _page("verify", "run", "Verify", "Tools", "enter,r", "Prove the ledger from where it was last proved.", footer=True, cli="govern verify"),
    _page("verify", "full", "Verify everything", "Tools", "F,shift+f", "Prove the ledger from its first entry.", footer=True,
          cli="govern verify --full"),
    _page("verify", "stop", "Stop", "Tools", "escape", "Stop; nothing is half done."),
    _page("verify", "pack", "Verify a pack…", "Tools", "v", "Prove an evidence pack instead, on the page Reports.",
          cli="govern verify PACK.pdf --trust ROOT"),
    _page("verify", "copy", "Copy report", "Tools", "c", "Copy the report as text.", footer=True),
    _page("verify", "save", "Save report", "Tools", "e", "Save the report as JSON.", footer=True, cli="govern verify --json"),
)

KEYS: Final = (
    _page("keys", "use", "Sign with this", "Tools", "enter", "Sign with this key from now on.", footer=True),
    *_rows("keys"),
    _page("keys", "new", "New key…", "Tools", "a", "Make a key of your own, encrypted.", writes=True, footer=True, cli="govern key new NAME"),
    _page("keys", "enrol", "Enrol…", "Tools", "i", "Take a key into the trust root, in a role.", writes=True, footer=True,
          cli="govern key enrol NAME --role ROLE"),
    _page("keys", "rotate", "Rotate…", "Tools", "r", "Replace a key by a new one of the same holder.", writes=True, cli="govern key rotate NAME"),
    _page("keys", "passphrase", "Passphrase…", "Tools", "p", "Protect a key of this machine with another passphrase.", writes=True,
          footer=True, cli="govern key passphrase NAME"),
    _page("keys", "revoke", "Revoke…", "Tools", "k", "Make a key void from here on, with a reason.", writes=True, footer=True,
          cli="govern key revoke NAME"),
    _page("keys", "export", "Export", "Tools", "e", "Save the keys of the trust root as JSON.", cli="govern trust show --json"),
)

ACTIONS: Final[tuple[Action, ...]] = (
    *GLOBAL, *DASHBOARD, *LEDGER, *LINEAGE, *REVIEW, *POLICIES, *MONITORING, *REPORTS, *VERIFY, *KEYS,
)
BY_ID: Final[dict[str, Action]] = {action.id: action for action in ACTIONS}


def of_scope(scope: str) -> tuple[Action, ...]:
    """The actions of the application (`app`) or of one page."""
    return tuple(action for action in ACTIONS if action.scope == scope)


def of_menu(menu: str, page: str) -> Iterator[Action]:
    """The lines of a menu while `page` is shown: what holds everywhere, then what belongs to the page."""
    for action in ACTIONS:
        if action.menu == menu and action.scope in {"app", page}:
            yield action
