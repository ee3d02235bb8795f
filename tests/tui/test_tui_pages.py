"""Each page on a real ledger: what it shows, what its keys do, where they lead."""

import json
from dataclasses import replace

import pytest
from textual.widgets import Static
from tui.kit_tui import Bench, press, review, settled

from govern_tui.chrome.popups import Prompt, Reader
from govern_tui.dialogs.asking import AskDialog
from govern_tui.pages.dashboard import ledger_facts, standing_of
from govern_tui.pages.dossier_rules import worst
from govern_tui.pages.entry import proof_hashes, siblings
from govern_tui.pages.lineage import TICKS
from govern_tui.text import number, when
from govern_tui.widgets.rowtable import RowTable

SIZE = (120, 34)


def text_of(app: object, selector: str) -> str:
    return str(app.page.query_one(selector, Static).visual)


async def filtered(pilot: object, line: str) -> list:
    await press(pilot, "slash")
    assert isinstance(pilot.app.screen, Prompt)
    pilot.app.screen.query_one("#prompt").value = line
    await press(pilot, "enter")
    await settled(pilot)
    source = pilot.app.page.table.source
    return [source.row(position) for position in range(len(source))]


async def test_the_dashboard_shows_systems_due_items_drift_and_leads_on(bench: Bench) -> None:
    app = bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        systems = app.page.query_one("#systems", RowTable)
        assert [row.name for row in systems.source._rows] == ["credit"]
        assert "stale" in systems.current().headline
        beside = replace(systems.current(), headline="runs credit@2", trials=("staging: credit@3 as canary with 10 %",))
        assert standing_of(beside) == "runs credit@2; staging: credit@3 as canary with 10 %"
        assert len(app.page.query_one("#drift", RowTable).source) == 1
        assert {row.status: row.count for row in app.page.query_one("#results", RowTable).source._rows} == {
            name: app.page.status.results.get(name, 0) for name in ("pass", "fail", "inconclusive", "error", "not_applicable")
        }
        facts = {row.label: row.text for row in app.page.query_one("#ledger-tile", RowTable).source._rows}
        assert facts["not anchored"] == f"{bench.ws.ledger.size} (3 d)", "nobody reckons in thousands of minutes"
        assert "this clock" not in facts
        status = replace(app.page.status, clock_behind_minutes=45)
        assert ledger_facts(status, None)[0].text == "45 min behind the ledger", "what is signed now would end later than one thinks"
        app.page.query_one("#drift").focus()
        await press(pilot, "enter")
        assert app.page_name == "monitoring"
        await press(pilot, "backspace")
        assert app.page_name == "dashboard"
        app.page.query_one("#due").focus()
        await press(pilot, "enter")
        await settled(pilot)
        assert app.page_name == "review"
        assert app.page.dossier is not None


async def test_the_ledger_page_shows_every_entry_and_the_one_under_the_cursor(bench: Bench) -> None:
    app = bench.app()
    size = bench.ws.ledger.size
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await press(pilot, "2")
        table = app.page.table
        assert len(table.source) == size
        assert table.current().index == size - 1
        await press(pilot, "end")
        await pilot.pause(0.1)
        await settled(pilot)
        assert table.current().kind == "trust-root"
        assert "trust-root" in text_of(app, "#entry-text")
        await press(pilot, "s")
        assert table.source.row(0).index == 0
        await press(pilot, "enter")
        assert isinstance(app.screen, Reader)
        assert "c2sp.org" in app.screen._body.plain
        assert '"predicateType": "urn:govern:trust-root/v1"' in app.screen._body.plain


async def test_ledger_filters_by_kind_actor_subject_status_time_and_text(bench: Bench) -> None:
    app = bench.app()
    every = [bench.ws.ledger.entry(index) for index in range(bench.ws.ledger.size)]
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await press(pilot, "2")
        for line, wanted in (
            ("kind:model", {entry.index for entry in every if entry.kind == "model"}),
            ("kind:model,review", {entry.index for entry in every if entry.kind in {"model", "review"}}),
            ("actor:developer", {entry.index for entry in every if entry.holder == "developer"}),
            ("subject:credit@2", {entry.index for entry in every if "credit@2" in entry.statement.subjects[0].name}),
            ("since:2026-11-03", {entry.index for entry in every if entry.time.isoformat() >= "2026-11-03"}),
            ("kind:model until:2026-11-02", set()),
        ):
            assert {row.index for row in await filtered(pilot, line)} == wanted, line
        assert all(row.standing == "bad" for row in await filtered(pilot, "status:bad"))
        await filtered(pilot, "kind:nonsense")
        assert any("no kind" in note.message for note in app._notifications)
        await press(pilot, "escape")
        assert len(app.page.table.source) == len(every)
        assert any(command.startswith("govern log --kind model") for command in app.commands)


async def test_goto_finds_numbers_dates_and_digests(bench: Bench) -> None:
    app = bench.app()
    entry = next(e for e in (bench.ws.ledger.entry(i) for i in range(bench.ws.ledger.size)) if e.kind == "model")
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        for target, index in (("3", 3), (entry.statement.subjects[0].digest[:20], entry.index), ("credit@1", entry.index), ("2026-11-01", 0)):
            await press(pilot, "g")
            app.screen.query_one("#prompt").value = target
            await press(pilot, "enter")
            await settled(pilot)
            assert app.page_name == "ledger"
            assert app.page.table.current().index == index, target


async def test_ledger_rows_are_exported_as_they_are_shown(bench: Bench) -> None:
    app = bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await press(pilot, "2")
        rows = await filtered(pilot, "kind:model")
        await press(pilot, "e", "e")
        await press(pilot, "space", "down", "space")
        assert "2 marked" in str(app.page.table.border_subtitle)
        await press(pilot, "e")
        assert app.commands[-1] == f"govern show '#{rows[0].index}' --json && govern show '#{rows[2].index}' --json"

    def saved(name: str) -> list[int]:
        return [json.loads(line)["index"] for line in (bench.folder / "exports" / name).read_text(encoding="utf-8").splitlines()]

    everything = [row.index for row in rows]
    assert saved("ledger-3-rows.jsonl") == saved("ledger-3-rows-2.jsonl") == everything
    assert saved("ledger-2-marked.jsonl") == [everything[0], everything[2]]


async def test_lineage_goes_up_down_impact_and_back_in_time(bench: Bench) -> None:
    app = bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await app.go("lineage", "credit@1")
        await settled(pilot)
        page = app.page
        kinds = {row.kind for row in page.table.source._rows}
        assert {"model", "dataset", "decision", "evidence"} <= kinds
        await press(pilot, "u")
        assert "dataset" in {row.kind for row in page._rows}
        assert "decision" not in {row.kind for row in page._rows}
        await press(pilot, "b")
        now = len(page._rows)
        for _ in range(TICKS * 2 // 3):
            await press(pilot, "comma")
        assert page.as_of is not None
        assert len(page._rows) < now
        slider = str(page.table.border_subtitle)
        assert slider.startswith(f"as of {when(page.as_of)} UTC")
        assert len(slider) < page.table.size.width
        await press(pilot, "T")
        assert all(not row.lanes for row in page.table.source._rows)
        await press(pilot, "enter")
        assert app.page_name == "ledger"


async def test_a_path_leads_from_one_marked_node_to_another(bench: Bench) -> None:
    app = bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await app.go("lineage", "train@1")
        await settled(pilot)
        page = app.page
        rows = page.table.source._rows
        places = [next(n for n, row in enumerate(rows) if row.node == "train@1"), next(n for n, row in enumerate(rows) if row.kind == "promotion")]
        for place in places:
            page.table.move_to(place)
            await press(pilot, "space")
        await press(pilot, "p")
        names = [row.kind for row in page.table.source._rows]
        assert {"dataset", "promotion"} <= set(names)
        assert len(names) < len(rows)


async def test_the_dossier_shows_rules_groups_differences_history_and_basis(bench: Bench) -> None:
    app = bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await review(pilot, bench, "credit@3")
        page = app.page
        assert "FAIR-001" not in text_of(app, "#text-summary")
        for tab, words in (
            ("distributions", ("income", "reference", "window")), ("running", ("credit@1 runs now", "FAIR-001 sex=")), ("findings", ("No finding",)),
            ("groups", ("sex", "impact_ratio@1")), ("attempts", ("Differences", "FAIR-001")),
            ("history", ("Nobody has signed",)), ("basis", ("sha256:", "evidence")),
        ):
            page.query_one("#tabs").active = f"tab-{tab}"
            await settled(pilot)
            text = text_of(app, f"#text-{tab}")
            for word in words:
                assert word in text, (tab, word)
        assert str(page.query_one("#dossier").border_subtitle) == "seen 8 of 13, not yet Rules Explain Drift Perform Lineage"
        page.query_one("#tabs").active = "tab-lineage"
        await settled(pilot)
        lines = text_of(app, "#text-lineage").splitlines()
        assert len({line.index(row.node) for line, row in zip(lines, page.dossier.lineage, strict=False)}) == 1, "names stand under each other"


async def test_each_rule_is_a_line_and_enter_opens_the_evidence_that_it_was_judged_on(bench: Bench) -> None:
    app = bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await review(pilot, bench, "credit@2")
        page, table = app.page, app.page.query_one("#rules", RowTable)
        page.query_one("#tabs").active = "tab-rules"
        await settled(pilot)
        rules, entry = page.dossier.decision.decision.rules, page.dossier.evidence[-1].index
        assert {row.rule for row in table.source._rows} == {rule.rule for rule in rules}
        for word in ("✗ FAIL", "FAIR-001", "DENIES", ">= 0.8", f"#{entry}"):
            assert word in table.render_line(1).text
        for name, end in (("FAIR-001", min), ("DRIFT-001", max)):
            rule = next(rule for rule in rules if rule.rule == name)
            assert number(worst(rule).observed) == end(number(check.observed) for check in rule.checks)
        for word in ("FAIR-001", "sex=", "flip", f"#{entry} test2.csv"):
            assert word in text_of(app, "#text-rules")
        await press(pilot, "tab", "end")
        assert app.focused is table
        assert "SAY-001" in text_of(app, "#text-rules")
        assert "FAIR-001" not in text_of(app, "#text-rules")
        await press(pilot, "enter")
        assert "no evidence" in list(app._notifications)[-1].message
        await press(pilot, "home", "enter")
        assert app.page_name == "ledger"
        assert (app.page.table.current().index, app.page.table.current().kind) == (entry, "evidence")
        assert app.commands[-1] == f"govern show '#{entry}'"
        await press(pilot, "backspace")
        assert page.query_one("#tabs").active == "tab-rules"
        assert table.current().rule == "FAIR-001"
        await pilot.resize_terminal(220, 50)
        await settled(pilot)
        assert table.region.right <= page.query_one("#rule").region.x, "beside each other where there is room"


async def test_verification_reports_its_steps_and_the_banner_says_so(bench: Bench) -> None:
    app = bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await press(pilot, "8", "F")
        while app.jobs.running:
            await settled(pilot)
        assert app.page.view is not None
        assert app.page.view.outcome == "verified"
        assert "VERIFIED" in text_of(app, "#report-text")
        assert "first problem      none" in text_of(app, "#report-text")
        assert "chain OK to" in str(app.query_one("#banner").visual)
        await press(pilot, "v")
        assert isinstance(app.screen, AskDialog)
        assert app.page_name == "reports"


async def test_a_changed_byte_is_named_with_its_entry(bench: Bench) -> None:
    from govern.workflow.demo import flip_one_byte

    bench.ws.close()
    flip_one_byte(bench.folder / ".govern" / "ledger.db", index=5)
    app = bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause(0.5)
        await app.go("verify")
        await press(pilot, "F")
        while app.jobs.running:
            await pilot.pause(0.05)
        await settled(pilot)
        assert app.page.view.outcome == "wrong"
        assert app.page.view.index == 5
        assert "entry #5" in text_of(app, "#report-text")
        assert "CHAIN BROKEN" in str(app.query_one("#banner").visual)


async def test_monitoring_shows_a_chart_a_table_and_a_sentence(bench: Bench) -> None:
    app = bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await press(pilot, "6")
        assert "above the limit" in text_of(app, "#drift-pane .sentence")
        assert app.page.query_one("#drift-pane PlotextPlot").region.area > 0
        row = app.page.table.current()
        assert row.values[-1][1][:5] in text_of(app, "#drift-pane .numbers-text")
        await press(pilot, "t")
        assert app.page.query_one("#drift-pane PlotextPlot").region.area == 0
        assert row.values[-1][1][:5] in text_of(app, "#drift-pane .numbers-text")
        await press(pilot, "f")
        assert "income" in app.screen._body.plain


async def test_performance_is_shown_over_time_with_its_interval_limit_and_what_the_gate_measured(bench: Bench) -> None:
    app = bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await press(pilot, "6")
        metrics = app.page.metrics(app.page.table.current())
        seen = set()
        for metric in metrics:
            assert metric.sentence in text_of(app, "#performance-pane .sentence").replace("\n", " ")
            series = app.page.performance_of(metric)
            assert len(series.points) == 2
            assert all(point.low <= point.value <= point.high for point in series.points)
            assert series.baseline is not None
            seen.add(metric.metric)
            await press(pilot, "m")
        assert "accuracy" in seen
        await press(pilot, "e")
    saved = next((bench.folder / "exports").glob("monitoring-*.csv")).read_text(encoding="utf-8").splitlines()
    assert len(saved) == 1 + 2 + 2 * len(metrics)


async def test_the_entry_shows_its_place_in_the_tree_as_the_proof_has_it(bench: Bench) -> None:
    app = bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await press(pilot, "2")
        await app.go("ledger", "5")
        await pilot.pause(0.1)
        await settled(pilot)
        text = text_of(app, "#entry-text")
        detail = app.page.detail
        assert detail.row.index == 5
        hashes = proof_hashes(detail)
        assert hashes
        for (first, last, _), one in zip(siblings(5, bench.ws.ledger.size), hashes, strict=True):
            assert (f"{first} to {last} {one[:16]}" if last > first else f"{first} {one[:16]}") in text


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 9, 28, 1000, 1025])
def test_the_way_from_a_leaf_to_the_root_covers_every_other_entry_once(size: int) -> None:
    for index in {0, size // 3, size // 2, size - 1}:
        covered = sorted(number for first, last, _ in siblings(index, size) for number in range(first, last + 1))
        assert covered == [number for number in range(size) if number != index]


async def test_the_command_log_tells_the_same_on_the_command_line(bench: Bench) -> None:
    app = bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await press(pilot, "4", "enter", "8", "enter")
        while app.jobs.running:
            await settled(pilot)
        await press(pilot, "at")
        text = app.screen._body.plain
        assert "govern review show credit@" in text
        assert "govern verify" in text
