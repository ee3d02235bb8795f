"""A box to tick, whose state can be read without colours."""

from textual.content import Content
from textual.widgets import Checkbox


class Tick(Checkbox):
    """`[x] lineage`; Textual's own shows the same letter in another colour where it is not ticked."""

    @property
    def _button(self) -> Content:
        return Content.assemble(("[x]" if self.value else "[ ]", self.get_visual_style("toggle--button")))
