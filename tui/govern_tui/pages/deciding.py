"""What a person signs about the dossier that is open: one method an action."""

from govern.workflow.views import Dossier, WaiverRow, Written
from govern_tui.desk import Verb
from govern_tui.dialogs.decide import DecideDialog, Subjects
from govern_tui.dialogs.promote import PromoteDialog
from govern_tui.pages.page import Page
from govern_tui.pages.subjects import subjects


class DecidingPage(Page):
    """A page with a dossier that is decided on."""

    def __init__(self) -> None:
        super().__init__()
        self.dossier: Dossier | None = None
        self.waivers: tuple[WaiverRow, ...] = ()
        self.shown: set[str] = set()
        """Which parts of the dossier were opened."""

    def open_again(self) -> None:
        """Read the dossier that is open again."""
        raise NotImplementedError

    def after_signing(self) -> None:
        """Read what else a signature changed, and go on to what waits next."""
        raise NotImplementedError

    def subjects_of(self, verb: Verb) -> Subjects:
        """What a decision of this kind can be about here."""
        return () if self.dossier is None else subjects(verb, self.dossier, self.waivers)

    def _decide(self, verb: Verb) -> None:
        if self.dossier is None:
            return

        def done(written: Written | None) -> None:
            if written is not None:
                self._signed(verb, written)
            else:
                self.open_again()

        self.app.push_screen(
            DecideDialog(
                self.desk, self.dossier, verb, shown=tuple(sorted(self.shown)), signer=self.govern.signer, subjects=self.subjects_of(verb),
            ),
            done,
        )

    def _signed(self, verb: Verb, written: Written) -> None:
        self.app.notify(f"Signed: {verb}, entry #{written.index}\n{written.digest}", markup=False, timeout=8)
        self.open_again()
        self.after_signing()

    def do_approve(self) -> None:
        """Sign an approval."""
        self._decide("approve")

    def do_conditions(self) -> None:
        """Sign an approval on conditions, each of which becomes a finding."""
        self._decide("approve-on")

    def do_finding(self) -> None:
        """Open a finding on this model."""
        self._decide("open-finding")

    def do_remediate(self) -> None:
        """Say how a finding was remediated."""
        self._decide("remediate")

    def do_close_finding(self) -> None:
        """Verify a remediation and close the finding."""
        self._decide("close-finding")

    def do_reject(self) -> None:
        """Sign a rejection."""
        self._decide("reject")

    def do_changes(self) -> None:
        """Sign a request for changes."""
        self._decide("request-changes")

    def do_waive(self) -> None:
        """Propose a waiver."""
        self._decide("waive")

    def do_attest(self) -> None:
        """Attest a rule."""
        self._decide("attest")

    def do_comment(self) -> None:
        """Sign a comment."""
        self._decide("comment")

    def do_supersede(self) -> None:
        """Take back an earlier review: there is no undo but a new entry that says so."""
        self._decide("take-back")

    def do_accept_waiver(self) -> None:
        """Sign a waiver that somebody else proposed."""
        self._decide("approve-waiver")

    def do_revoke_waiver(self) -> None:
        """End a waiver before its time."""
        self._decide("revoke-waiver")

    def do_promote(self) -> None:
        """Move the stage pointer."""
        if self.dossier is not None:
            def done(answer: tuple[Written, str] | None) -> None:
                if answer is not None:
                    self.govern.say(answer[1])
                    self.app.notify(f"Promoted: entry #{answer[0].index}", markup=False)
                    self.reload()

            self.app.push_screen(PromoteDialog(self.desk, self.dossier), done)
