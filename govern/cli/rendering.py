"""Hands the reports room to those who export and verify; WeasyPrint is imported only when a pack is made or laid out."""

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from govern.cli.files import existing
from govern.cli.progress import ignore

if TYPE_CHECKING:
    from govern.cli.session import Session
    from govern.workflow.interface import LaidOutAgain, LayOutAgain, PackRenderer, Progress, RenderedPack
    from govern.workflow.pack import PackData
    from govern_reports.credentials import Credential


def loaded(session: "Session", named: str, certificate: Path | None = None) -> "Credential":
    """Load what signs a PDF, from a PKCS#12 file or a token; its secret is asked as passphrases are."""
    from govern_reports import credentials

    where = named if named.startswith(credentials.SCHEME) else existing(Path(named))
    return credentials.load(where, session.passphrases, certificate=existing(certificate) if certificate else None)


class PackWriter:
    """A `PackRenderer` that loads the reports room when it is called, and keeps how the ledger stood in what it wrote."""

    def __init__(self, templates: Path | None = None, *, issuer: "Credential | None" = None, timestamp: str = "") -> None:
        """Render with the reports' own templates, or with those in a folder of the user's; sign as `issuer`, if there is one."""
        self.templates = templates
        self.issuer = issuer
        self.timestamp = timestamp
        self.outcome: Literal["verified", "wrong", "unchecked"] | None = None
        """Of the ledger's verification that the last pack shows on its cover."""

    def __call__(self, pack: "PackData", out: Path, progress: "Progress" = ignore) -> "RenderedPack":
        """Write the pack to `out`."""
        from govern_reports import render_pack

        self.outcome = pack.verification.outcome
        if self.issuer is None:
            return render_pack(pack, out, progress, templates=self.templates)
        from govern_reports import signing

        # What the ledger records is the digest of the file before it is signed: the first revision, which stays inside.
        with tempfile.TemporaryDirectory(prefix="govern-unsigned-") as folder:
            named = replace(pack, issuer=self.issuer.fingerprint)
            unsigned = render_pack(named, Path(folder) / "unsigned.pdf", progress, templates=self.templates)
            signing.certify(unsigned.path, out, self.issuer, timestamp=self.timestamp)
        return replace(unsigned, path=out)


def renderer() -> "PackRenderer":
    """Return a renderer that loads the reports room when it is called."""
    return PackWriter()


def lay_out_again() -> "LayOutAgain":
    """Return what lays a pack's attached HTML out again; it loads the reports room when it is called."""

    def again(path: Path, progress: "Progress") -> "LaidOutAgain":
        from govern_reports.rerender import rerender

        return rerender(path, progress)

    return again
