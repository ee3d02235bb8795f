"""What a reader sees on the pages: nothing twice, nothing cut short, marks that say the worst, contents on one page."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from reports.pack_builder import build, many

from govern.domain.decision import Outcome, Status
from govern_reports import markup
from govern_reports.charts.dots import Dot, dot_plot
from govern_reports.view.build import CONTENTS_PAGE, PART_LINE, SECTION_LINE
from govern_reports.view.build import build as build_view
from govern_reports.view.figures import Register


def twice(reference, ratio="0.7"):
    """A pack whose impact ratio by sex was measured once more, with another parameter and perhaps other numbers."""
    pack = build()
    dossier = pack.dossiers[0]
    view = dossier.evidence[0]
    first = view.evidence.measures[0]
    groups = tuple({**row, "ratio": ratio} if ratio and row["group"] == "female" else row for row in first.groups)
    more = replace(first, groups=groups, parameters={"min_reference": reference})
    measures = (replace(first, parameters={"min_reference": 1}), more, *view.evidence.measures[1:])
    seen = replace(view, evidence=replace(view.evidence, measures=measures))
    return replace(pack, dossiers=(replace(dossier, evidence=(seen,)),))


def heads_of(pack):
    view = build_view(pack, Register(()))
    return [block.text for section in view.sections if section.id == "fairness" for block in section.blocks if block.kind == "heading"]


def test_the_same_numbers_measured_in_two_ways_stand_once_and_other_numbers_say_what_sets_them_apart():
    assert heads_of(twice(30, ratio="")).count("Impact ratio by sex") == 1
    heads = heads_of(twice(30))
    assert "Impact ratio by sex" not in heads
    assert [one for one in heads if one.startswith("Impact ratio by sex (")] == [
        "Impact ratio by sex (reference group of at least 1)", "Impact ratio by sex (reference group of at least 30)",
    ]


@pytest.mark.parametrize(("judged", "diamonds"), [({}, [0, 1]), ({"ratio": "0.391"}, [0, 0])])
def test_a_chart_marks_the_worst_that_a_rule_says_of_a_group_and_not_the_last(judged, diamonds):
    """Nor what a rule says of the same group in another measurement."""
    pack = build(outcome=Outcome.DENY)
    decision = pack.dossiers[0].decision
    failing = next(rule for rule in decision.decision.rules if rule.rule == "FAIR-001")
    present = replace(failing, rule="LL144-301b", checks=tuple(
        replace(check, status=Status.PASS, op="present", threshold="") for check in failing.checks
    ))
    failing = replace(failing, checks=tuple(replace(check, detail=judged) for check in failing.checks))
    made = replace(decision.decision, rules=(failing, present))
    view = build_view(replace(pack, dossiers=(replace(pack.dossiers[0], decision=replace(decision, decision=made)),)), Register(()))
    charts = [block for section in view.sections if section.id == "fairness" for block in section.blocks if block.kind == "chart"]
    assert [chart.svg.count("<polygon") for chart in charts][:2] == diamonds
    assert "threshold 0.8" in charts[1].caption


def test_a_long_group_name_is_broken_and_its_number_stands_beside_it():
    svg = dot_plot([Dot(label="male × Native Hawaiian or Pacific Islander", size="n 9", value=0.2, text="0.200")], title="t", axis="ratio")
    words = re.findall(r">([^<]+)</text>", svg)
    assert {"male × Native Hawaiian or", "Pacific Islander", "n 9", "0.200"} <= set(words)


def test_what_a_rule_says_twice_is_one_row_and_crossings_are_written_with_a_cross():
    pack = build()
    decision = pack.dossiers[0].decision
    rules = tuple(
        replace(rule, checks=(*rule.checks, *rule.checks), explanation="The lowest is sex*race=female*black.") if rule.rule == "FAIR-001" else rule
        for rule in decision.decision.rules
    )
    pack = replace(pack, dossiers=(replace(pack.dossiers[0], decision=replace(decision, decision=replace(decision.decision, rules=rules))),))
    view = build_view(pack, Register(()))
    blocks = [block for section in view.sections if section.id == "results" for block in section.blocks]
    (table,) = [block for block in blocks if block.kind == "table" and block.caption.startswith("FAIR-001")]
    assert table.caption == "FAIR-001, impact_ratio@1: 8 checks, no exceptions"
    assert table.note.endswith("4 checks said the same as another and are not repeated.")
    assert len(table.rows) == 4
    assert [row[0][0].text for row in table.rows][2] == "sex × race = female × black"
    assert "The lowest is sex × race=female × black." in markup.html(view).decode("utf-8")


def test_a_gap_of_several_models_is_one_row_and_a_rule_is_named_once():
    view = build_view(many(3), Register(()))
    html = markup.html(view).decode("utf-8")
    assert "PERF-002 Calibration (credit-scoring@1, credit-scoring@2 and credit-scoring@3)" in html
    blocks = [block for section in view.sections if section.id == "read-first" for block in section.blocks if block.kind == "table"]
    fairness = next("".join(span.text for span in row[2]) for row in blocks[0].rows if row[0][0].text == "Fairness")
    assert fairness.count("FAIR-001") <= 1


@pytest.mark.parametrize("models", [1, 2, 5, 12])
def test_the_contents_fit_one_page_and_name_every_section(models):
    view = build_view(many(models), Register(()))
    assert [id_ for number, _, id_ in view.contents if number] == [section.id for section in view.sections]
    parts = sum(not number for number, _, _ in view.contents)
    assert SECTION_LINE * len(view.sections) + PART_LINE * parts <= CONTENTS_PAGE
    assert parts > 10


def test_ledger_integrity_lists_anchors_and_says_what_the_clock_shows():
    pack = build()
    text = markup.html(build_view(pack, Register(()))).decode("utf-8")
    assert "no entry claims an earlier time than the entry before it" in text
    assert "None recorded; searched in all 40 entries." in text.partition('id="integrity"')[2].partition("</section>")[0]
    rows = list(pack.entries)
    rows[7] = replace(rows[7], kind="anchor", summary="size 7 to folder /worm", time=rows[6].time - timedelta(seconds=90))
    text = markup.html(build_view(replace(pack, entries=tuple(rows)), Register(()))).decode("utf-8").partition('id="integrity"')[2]
    assert "size 7 to folder /worm" in text.partition("</section>")[0]
    assert "1 entry claims an earlier time than the entry before, by 90 seconds at most" in text


def test_every_rule_names_its_procedure():
    text = markup.html(build_view(build(), Register(()))).decode("utf-8")
    assert "impact_ratio@1, as FAIR-001 of credit-baseline@1.0.0 asks" in text
    assert "attestation by people, as HUM-001 of credit-baseline@1.0.0 asks" in text


def test_a_pack_of_local_law_144s_controls_has_the_tables_that_the_law_asks_for():
    def section(pack):
        return next((one for one in build_view(pack, Register(())).sections if one.id == "local-law-144"), None)

    pack = build(kind="control")
    assert section(replace(pack, scope="nist-ai-rmf")) is None
    shown = section(replace(pack, scope="nyc-ll144"))
    tables = [block.caption for block in shown.blocks if block.kind == "table"]
    assert tables == [
        "Summary of results in the layout of 6 RCNY 5-301: sex", "Summary of results in the layout of 6 RCNY 5-301: sex × race",
    ]
    none = replace(pack, scope="nyc-ll144", dossiers=tuple(replace(one, evidence=()) for one in pack.dossiers))
    assert "not evidenced" in section(none).blocks[-1].text[0].text


def test_a_chart_writes_how_many_there_are_as_the_table_does():
    view = build_view(build(), Register(()))
    chart = next(block for section in view.sections if section.id == "fairness" for block in section.blocks if block.kind == "chart")
    assert ">n 4,210<" in chart.svg
    assert "(n " in chart.caption


def tables(pack, id_):
    view = build_view(pack, Register(pack.attachments))
    found = [block for section in view.sections if section.id == id_ for block in section.blocks if block.kind == "table"]
    return {block.caption: (block, [["".join(span.text for span in cell) for cell in row] for row in block.rows]) for block in found}


def test_what_was_signed_and_what_we_say_of_it_stand_apart():
    pack = build()
    dossier = pack.dossiers[0]
    reviews = tuple(replace(row, standing="stale", note="drift in annual_income (#33): review#24 → model") for row in dossier.reviews[-1:])
    waivers = (replace(pack.waivers[0], state="void", why="the policy changed (#9)", compensating="people look at each refusal"),)
    found = tables(replace(pack, dossiers=(replace(dossier, reviews=reviews),), waivers=waivers), "people")
    (_, ((*_, reason, standing, _),)), = [both for caption, both in found.items() if caption.startswith("Reviews of")]
    assert (reason, standing) == (dossier.reviews[-1].reason, "STALE: drift in annual_income (#33)")
    (_, ((_, _, _, state, _, reason, *_),)), = [both for caption, both in found.items() if caption.startswith("Waivers")]
    assert (state, reason) == ("void: the policy changed (#9)", "postcode_area is being replaced / people look at each refusal")


def test_an_attempt_that_a_waiver_let_through_says_so():
    (_, rows), = tables(build(), "attempts").values()
    assert ", 1 waived" in rows[-1][4]


def test_a_table_of_checks_has_no_column_without_a_word():
    found = [(block, rows) for caption, (block, rows) in tables(build(), "results").items() if "check" in caption]
    assert found
    for block, rows in found:
        assert all(any(row[place] != "–" for row in rows) for place in range(len(block.columns)))
        assert sum(column.width for column in block.columns) == 100


@pytest.mark.parametrize(("kind", "words"), [("model", "None recorded for what this pack is about; searched"), ("ledger", "None recorded; searched")])
def test_nothing_found_is_said_of_what_the_pack_is_about(kind, words):
    found = tables(replace(build(kind=kind), waivers=(), findings=()), "people")
    assert {found[caption][0].empty.partition(" in ")[0] for caption in ("Waivers", "Findings")} == {words}


def test_what_does_not_hold_is_framed_for_prints_without_colour():
    pack = build()
    view = build_view(pack, Register(pack.attachments))
    (picture,) = [block for section in view.sections if section.id == "lineage" for block in section.blocks if block.kind == "chart"]
    bad = sum(row.standing == "bad" for row in pack.dossiers[0].lineage)
    assert bad
    assert picture.svg.count('stroke="#a32020"') == bad
