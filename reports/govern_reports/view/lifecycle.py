"""Deployment history and lineage, as a table, as a picture and as rows."""

from govern_reports.charts.graph import DRAWN, Box, lineage_picture
from govern_reports.view.blocks import Builder, Part, Section, line, mono
from govern_reports.view.context import Context
from govern_reports.view.text import clean, ends, minute, plural, words

MOST_ROWS = 120


def lifecycle(context: Context) -> Section:
    """Write the section."""
    pack = context.pack
    page = Builder("lineage", "Deployment and lineage")
    page.table(
        ("Time, UTC 16%", "What 13%", "Model 18%", "Where and how 31%", "By 13%", ">Entry 9%"),
        [(minute(row.time), row.kind, row.model or "–", row.what, row.holder, f"#{row.index}") for row in pack.lifecycle],
        "Promotions, deployments, rollbacks and retirements",
        empty=context.none,
    )
    page.tell(context.rest)
    for dossier in context.detailed:
        if not dossier.lineage:
            continue
        page.head(f"Lineage of {dossier.name}")
        boxes = [
            Box(kind=row.kind, name=clean(_short(row.node), 60), detail=f"{_entry(row.index)} {row.digest[7:15]}", standing=row.standing,
                parents=row.parents)
            for row in dossier.lineage
        ]
        kinds = sorted({box.kind for box in boxes if box.kind in DRAWN})
        drawn = sum(box.kind in DRAWN for box in boxes)
        caption = (
            f"Lineage of {dossier.name}: {plural(drawn, 'node')} ({words(kinds)}), from data on the left to service on the right. A line "
            "leads from each node to what came of it; what follows from two lines has none of its own. A frame around a node: denied, rejected, drifted, or no longer holding."
        )
        page.chart(lineage_picture(boxes, title=clean(caption, 300)), caption, wide=True)
        rows: list[tuple[Part, ...]] = [
            (line(mono(row.lanes), f" {row.node}"), row.kind, row.detail, mono(ends(row.digest)), _entry(row.index))
            for row in dossier.lineage[:MOST_ROWS]
        ]
        page.table(
            ("Node 46%", "Kind 13%", "Detail 13%", "SHA-256 20%", ">Entry 8%"), rows, f"Lineage of {dossier.name}, row by row",
            note=f"The first {MOST_ROWS} of {len(dossier.lineage)} rows." if len(dossier.lineage) > MOST_ROWS else "",
        )
    return page.done()


def _entry(index: int) -> str:
    """Name an entry; what is only named by another entry, such as code, has none of its own."""
    return f"#{index}" if index >= 0 else "–"


def _short(node: str) -> str:
    """Return a node's name without its kind."""
    return node.partition("/")[2] or node
