"""Evidence packs: pack data, then a view made of strings, then HTML, then a PDF/A-3 that carries its own proofs.

`render_pack` is the renderer that a face hands to `govern.workflow.packs.exporting`. WeasyPrint is imported in a process of
its own (`govern_reports.worker`), never in the caller's.
"""

from govern_reports.render import render_html, render_markdown, render_pack
from govern_reports.rerender import Rerendered, rerender

__all__ = ["Rerendered", "render_html", "render_markdown", "render_pack", "rerender"]
