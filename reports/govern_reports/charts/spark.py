"""A line over monitoring windows with the limit as a dashed line, labelled at its ends."""

from collections.abc import Sequence

from govern_reports.charts.svg import ACCENT, BAD, GREY, INK, RULE, Canvas, Scale

HEIGHT = 110.0
LEFT, RIGHT, TOP, BOTTOM = 46.0, 80.0, 14.0, 24.0


def over_time(
    points: Sequence[tuple[str, float, str]], *, title: str, limit: float | None, limit_text: str,
) -> str:
    """Draw (date, value, value as printed) in order."""
    canvas = Canvas(title, HEIGHT)
    numbers = [value for _, value, _ in points] + ([] if limit is None else [limit]) + [0.0]
    vertical = Scale(min(numbers), max(numbers) * 1.1 or 1.0, HEIGHT - BOTTOM, TOP)
    across = Scale(0, max(len(points) - 1, 1), LEFT, canvas.width - RIGHT)
    canvas.line(LEFT, vertical(0.0), canvas.width - RIGHT, vertical(0.0), stroke=RULE)
    canvas.text(LEFT - 6, vertical(0.0) + 3, "0", size=9, fill=GREY, anchor="end")
    if limit is not None:
        y = vertical(limit)
        canvas.line(LEFT, y, canvas.width - RIGHT, y, stroke=INK, dash="4 2")
        canvas.text(canvas.width - RIGHT + 6, y + 3, f"limit {limit_text}", size=9, weight=600)
    places = [(across(number), vertical(value)) for number, (_, value, _) in enumerate(points)]
    if len(places) > 1:
        canvas.path(places)
    for (x, y), (_, value, _) in zip(places, points, strict=True):
        beyond = limit is not None and value > limit
        canvas.mark(x, y, "diamond" if beyond else "dot", BAD if beyond else ACCENT, 3)
    if points:
        (x, y), (_, _, words) = places[-1], points[-1]
        near = limit is not None and abs(vertical(limit) - y) < 11  # noqa: PLR2004 - a line's height in units
        canvas.text(x + 6, y + (14 if near else 3), words, size=10, weight=600)
        canvas.text(LEFT, HEIGHT - 8, points[0][0], size=9, fill=GREY, anchor="middle")
    if len(points) > 1:
        canvas.text(places[-1][0], HEIGHT - 8, points[-1][0], size=9, fill=GREY, anchor="middle")
    return canvas.done()
