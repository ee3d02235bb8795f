"""Every kind of pack, as HTML and Markdown from one view; a large one on paper in bounded memory."""

import re
import resource
import subprocess
import sys
from dataclasses import replace

import pytest
from reports.pack_builder import build, many

from govern.domain.decision import Outcome
from govern.domain.evidence import Measurement
from govern.exchange.pdf import read_attachments
from govern.exchange.pdf_figures import check_figures
from govern.exchange.pdf_manifest import check_manifest
from govern.measure.ours import OURS
from govern.workflow.printed import Printed
from govern_reports import markup, render_html, render_markdown, render_pack
from govern_reports.view.build import SECTIONS
from govern_reports.view.build import build as build_view
from govern_reports.view.figures import Register

WANTED = {
    "model": {"read-first", "scope", "system", "policy", "results", "attempts", "fairness", "explanation", "performance", "people",
              "lineage", "integrity", "entries", "limits", "verify", "documents", "attachments"},
    "decision": {"read-first", "scope", "system", "results", "fairness", "people", "integrity", "verify", "attachments"},
    "system": {"read-first", "models", "results", "attempts", "performance", "people", "lineage", "integrity", "verify"},
    "control": {"read-first", "coverage", "models", "policy", "results", "people", "integrity", "verify"},
    "ledger": {"read-first", "systems", "models", "people", "lineage", "integrity", "register", "limits", "verify"},
}


@pytest.mark.parametrize("kind", list(SECTIONS))
def test_each_kind_has_its_sections_and_no_dead_link(kind):
    pack = many(3, kind=kind) if kind in {"system", "control", "ledger"} else build(kind=kind)
    view = build_view(pack, Register(pack.attachments))
    ids = {section.id for section in view.sections}
    assert ids >= WANTED[kind]
    html = markup.html(view).decode("utf-8")
    targets = set(re.findall(r'href="#([^"]+)"', html))
    present = set(re.findall(r'\bid="([^"]+)"', html))
    assert targets - present == set()
    (lines,) = [block for section in view.sections for block in section.blocks if block.kind == "table" and block.caption == "Six lines"]
    assert all(row[-1][0].href for row in lines.rows), "each line names a section that this kind of pack has"
    assert len(re.findall(r'\bid="([^"]+)"', html)) == len(present)


def test_pages_leave_out_what_they_are_told_to_and_say_so_and_print_the_whole_ledger_where_it_is_wanted():
    def shown(**printed):
        pack = replace(build(), printed=Printed(**printed))
        view = build_view(pack, Register(pack.attachments))
        return {section.id for section in view.sections}, markup.html(view).decode("utf-8")

    whole, html = shown()
    assert "off its pages" not in html
    for part, left_out in (("lineage", {"lineage"}), ("policies", {"policy", "documents"}), ("decisions", {"attempts", "people"})):
        ids, html = shown(without=(part,))
        assert whole - ids == left_out
        assert "off its pages; what they are made from is attached all the same" in html
        assert set(re.findall(r'href="#([^"]+)"', html)) <= set(re.findall(r'\bid="([^"]+)"', html))
    assert shown(full_ledger=True)[0] ^ whole == {"entries", "register"}


@pytest.mark.parametrize("kind", list(SECTIONS))
def test_markdown_and_html_say_the_same_numbers(kind):
    pack = build(kind=kind)
    view = build_view(pack, Register(pack.attachments))
    text = markup.markdown(view).decode("utf-8")
    html = markup.html(view).decode("utf-8")
    printed = set(re.findall(r'<data id="n\d+"[^>]*>([^<]+)</data>', html))
    assert all(number.replace("&lt;", "\\<") in text for number in printed)
    rows = [line for line in text.splitlines() if line.startswith("|")]
    widths = {line.replace("\\|", "").count("|") for line in rows[:2]}
    assert len(widths) <= 1
    assert text.startswith("# Consumer credit scoring")


def test_html_and_markdown_are_written_whole_and_only_once(tmp_path):
    html = render_html(build(), tmp_path / "pack.html")
    said = html.read_text("utf-8")
    assert "<style>" in said
    assert "http" not in re.sub(r"http://www\.w3\.org/2000/svg", "", said)
    assert render_markdown(build(), tmp_path / "pack.md").read_text("utf-8").count("## ") > 10


def test_coverage_is_by_framework_and_names_who_attested(tmp_path):
    pack = replace(build(kind="control"), scope="nist-ai-rmf")
    html = markup.html(build_view(pack, Register(pack.attachments))).decode("utf-8")
    assert "Framework nist-ai-rmf" in html
    assert "MEASURE-2.11" in html
    assert "Framework eu-ai-act" not in html
    everything = markup.html(build_view(build(kind="control"), Register(()))).decode("utf-8")
    assert "Framework eu-ai-act" in everything
    assert "validator" in everything


def cover_of(**changes):
    pack = build()
    pack = replace(pack, dossiers=(replace(pack.dossiers[0], **changes),))
    return build_view(pack, Register(())).cover


def test_the_cover_says_todays_truth_first():
    denied = build_view(build(outcome=Outcome.DENY), Register(())).cover
    assert (denied.status, denied.tone) == ("DENIED", "bad")
    assert "does not allow" in denied.sentence
    allowed = cover_of()
    assert (allowed.status, allowed.tone) == ("ALLOWED", "good")
    assert "Approved by reviewer on 19 November 2026" in allowed.sentence


def test_an_approval_that_went_stale_is_the_first_word():
    dossier = build().dossiers[0]
    reviews = tuple(replace(row, standing="stale", note="drift in annual_income (#33): review#24 → model") for row in dossier.reviews)
    cover = cover_of(reviews=reviews, missing=dossier.quorum)
    assert (cover.status, cover.tone) == ("NO LONGER HOLDS", "bad")
    for words in ("allowed credit-scoring@2", "Approved by reviewer", "since then drift in annual_income (#33)", "Finding F-1 is open", "It runs in production"):
        assert words in cover.sentence
    elsewhere = replace(dossier.system, deployments={"production": "credit-scoring@1"})
    assert cover_of(reviews=reviews, missing=dossier.quorum, system=elsewhere).tone == "warn"


def test_a_model_without_its_quorum_is_not_green():
    dossier = build().dossiers[0]
    assert cover_of(reviews=(), missing=dossier.quorum).status == "ALLOWED BY POLICY, NOT APPROVED"
    rejected = replace(dossier.reviews[0], standing="live")
    cover = cover_of(reviews=(rejected,), missing=dossier.quorum)
    assert (cover.status, cover.tone) == ("ALLOWED BY POLICY, REJECTED IN REVIEW", "warn")


LARGE = """
import resource, sys
from pathlib import Path
from reports.pack_builder import many
from govern_reports import render_pack
done = render_pack(many(200, number=10_000, kind="ledger"), Path(sys.argv[1]))
print(done.pages, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


@pytest.mark.slow
def test_ten_thousand_entries_and_two_hundred_models_stay_bounded(tmp_path, repository):
    done = subprocess.run(
        [sys.executable, "-c", LARGE, str(tmp_path / "large.pdf")], capture_output=True, text=True, timeout=1200,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": ":".join(str(repository / part) for part in (".", "reports", "tests"))},
    )
    assert done.returncode == 0, done.stderr
    pages, ours, layout = map(int, done.stdout.split())
    assert pages > 150
    unit = 1 if sys.platform == "darwin" else 1024
    assert ours * unit < 400 << 20
    assert layout * unit < 1500 << 20
    attachments = read_attachments(tmp_path / "large.pdf")
    check_figures(tmp_path / "large.pdf", attachments, check_manifest(attachments))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit < 2 << 30


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["system", "control", "decision", "ledger"])
def test_each_kind_on_paper_passes_its_own_check(kind, tmp_path):
    pack = many(3, kind=kind) if kind != "decision" else build(kind=kind)
    done = render_pack(pack, tmp_path / "pack.pdf")
    attachments = read_attachments(done.path)
    check_figures(done.path, attachments, check_manifest(attachments))


def test_deadlines_and_emergencies_are_said():
    from govern.workflow.views import DeadlineRow

    pack = build()
    status = replace(
        pack.status, emergencies=("of credit to credit@1 on 2026-11-20 by operator: wrong scores",),
        deadlines=(DeadlineRow(kind="finding", system="credit", what="F-1", due=pack.as_of, index=34, overdue=True),),
    )
    html = markup.html(build_view(replace(pack, status=status), Register(()))).decode("utf-8")
    assert "Emergency rollback </span>of credit" in html
    assert "OVERDUE" in html


def test_a_waiver_whose_day_is_past_has_expired_and_is_not_overdue():
    from govern.workflow.views import DeadlineRow

    pack = build()
    row = DeadlineRow(kind="waiver", system="credit", what="waiver W-1 of FAIR-001 expired", due=pack.as_of, index=34, overdue=True)
    html = markup.html(build_view(replace(pack, status=replace(pack.status, deadlines=(row,))), Register(()))).decode("utf-8")
    assert "OVERDUE" not in html
    assert '<span class="warn">expired</span>' in html


def test_digests_of_run_code_and_data_are_in_groups_of_four():
    digest = "sha256:" + "0123456789abcdef" * 4
    pack = build()
    pack = replace(pack, dossiers=(replace(pack.dossiers[0], facts={"Datasets": f"train@1 · {digest}, test@1 · {digest}"}),))
    html = markup.html(build_view(pack, Register(()))).decode("utf-8")
    wanted = '<span class="mono">sha256 ' + " ".join(["0123 4567 89ab cdef"] * 4) + "</span>"
    assert f"train@1 · {wanted}, test@1 · {wanted}" in html
    assert digest not in html


@pytest.mark.parametrize("kind", ["control", "ledger", "model", "decision", "system"])
def test_what_was_measured_of_the_data_stands_in_every_kind(kind):
    pack = replace(measured_as("data_quality@1"), kind=kind)
    section = next(one for one in build_view(pack, Register(())).sections if one.id == "data")
    assert "Data quality" in [block.text for block in section.blocks if block.kind == "heading"]


def test_the_ll144_summary_has_both_layouts_and_counts_the_unknown():
    pack = build()
    view = pack.dossiers[0].evidence[0]
    scored = Measurement(measure="scoring_rate@1", attribute="race", groups=(
        {"group": "black", "n": 940, "above": 402, "rate": "0.427659574468085", "ratio": "0.8301"},
        {"group": "white", "n": 8588, "above": 4424, "rate": "0.515137401024685", "ratio": "1"},
    ))
    more = replace(view, evidence=replace(view.evidence, measures=(*view.evidence.measures, scored)))
    text = markup.markdown(build_view(replace(pack, dossiers=(replace(pack.dossiers[0], evidence=(more,)),)), Register(()))).decode("utf-8")
    assert text.count("Summary of results in the layout of 6 RCNY 5-301") == 3
    assert "| Category | Number of applicants | Number selected | Selection rate | Impact ratio |" in text
    assert "| Category | Number of applicants | Above the median | Scoring rate | Impact ratio |" in text
    assert "| Unknown category, in no ratio | 118 | – | – | – |" in text
    other = replace(pack, dossiers=tuple(replace(one, decision=None) for one in pack.dossiers))
    assert "6 RCNY 5-301" not in markup.markdown(build_view(other, Register(()))).decode("utf-8")


def test_a_category_that_was_left_out_is_in_the_summary_without_a_ratio_and_with_its_reason():
    pack = build()
    view = pack.dossiers[0].evidence[0]
    less = replace(
        view.evidence.measures[0], parameters={"leave_out": {"x": "few people"}},
        values={"left_out": [{"group": "x", "n": 90, "selected": 40, "rate": "0.444444444444444", "share": "0.009", "reason": "few people"}]},
    )
    shown = replace(view, evidence=replace(view.evidence, measures=(less, *view.evidence.measures)))
    text = markup.markdown(build_view(replace(pack, dossiers=(replace(pack.dossiers[0], evidence=(shown,)),)), Register(()))).decode("utf-8")
    row = next(line for line in text.splitlines() if line.startswith("| x, left out of the ratios |"))
    assert [cell.strip()[:5] for cell in row.split("|")[2:6]] == ["90", "40", "44.4 ", "–"]
    assert "x is left out of the ratios, for less than 2 % of the data (90 rows): few people" in text
    captions = re.findall(r"in the layout of 6 RCNY 5-301: sex(?! ×)", text)
    assert len(captions) == 1, "the table with everybody is not published beside it"


def test_a_pack_of_many_models_says_in_every_section_how_many_are_not_printed():
    html = markup.html(build_view(many(14), Register(()))).decode("utf-8")
    for section in ("results", "fairness", "explanation", "performance", "people", "lineage", "system"):
        part = html.partition(f'<section id="{section}"')[2].partition("</section>")[0]
        assert "Printed here for 12 of 14 model versions" in part, section


def measured_as(measure, **others):
    """A pack whose one model has one more measurement, by this name."""
    pack = build()
    dossier = pack.dossiers[0]
    view = dossier.evidence[0]
    more = Measurement(measure=measure, **{"values": {"distinct": "0.4242"}} | others)
    seen = replace(view, evidence=replace(view.evidence, measures=(*view.evidence.measures, more)))
    return replace(pack, dossiers=(replace(dossier, evidence=(seen,)),))


@pytest.mark.parametrize("measure", [*sorted(one.id for one in OURS), "somebody.elses@3"])
def test_every_measure_that_evidence_may_hold_is_printed(measure):
    html = markup.html(build_view(measured_as(measure), Register(()))).decode("utf-8")
    assert "0.424" in html


def test_a_measurement_that_no_rule_looks_at_says_so():
    def said(pack):
        return markup.html(build_view(pack, Register(()))).decode("utf-8").count("No rule of the policies in force judges this")

    assert said(measured_as("impact_ratio@1", attribute="sex*age")) == said(build()) + 1


def test_a_chart_says_on_how_many_rows_it_rests_and_where_they_are_recorded():
    view = build_view(build(), Register(()))
    over_time = next(block for section in view.sections if section.id == "performance" for block in section.blocks if block.kind == "chart")
    assert over_time.caption.endswith("1 above the limit of 0.2; n 10,000 a window, evidence #33.")
    charts = [block for section in view.sections if section.id in {"fairness", "explanation"} for block in section.blocks if block.kind == "chart"]
    assert charts
    assert all(re.search(r"; n 10,000, evidence #(20|33)\.", chart.caption) for chart in charts), charts


def test_many_windows_print_the_latest_of_each_model_and_count_the_rest():
    pack = build()
    first = pack.observations[0]
    seen = tuple(replace(first, digest=f"sha256:{number:064x}", index=100 + number, data_name=f"window-{number}") for number in range(40))
    view = build_view(replace(pack, observations=seen), Register(()))
    html = markup.html(view).decode("utf-8")
    heads = [title for _, title, _ in view.contents if title.startswith("Window window-")]
    assert {title.split(":")[0] for title in heads} == {f"Window window-{number}" for number in range(36, 40)}
    assert "36 more monitoring windows were measured" in html


def test_the_attempts_of_a_line_are_printed_once_however_many_versions_are_shown():
    pack = many(5)
    every = tuple(one.attempts[0] for one in pack.dossiers)
    pack = replace(pack, dossiers=tuple(replace(one, attempts=every) for one in pack.dossiers))
    view = build_view(pack, Register(()))
    tables = [
        block for section in view.sections if section.id == "attempts" for block in section.blocks
        if block.kind == "table" and block.caption.startswith("Attempts of credit-scoring at")
    ]
    assert [len(table.rows) for table in tables] == [5]
    assert "model lines" not in markup.html(view).decode("utf-8")
    others = tuple(replace(one, name=f"other-{place}@1") for place, one in enumerate(many(14).dossiers))
    text = markup.html(build_view(replace(pack, dossiers=others), Register(()))).decode("utf-8")
    assert "Printed here for 12 of 14 model lines" in text
