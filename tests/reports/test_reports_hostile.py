"""Hostile and odd words from a ledger: markup, direction overrides, a million characters, missing numbers."""

import re
from dataclasses import replace

import pymupdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reports.pack_builder import build

from govern_reports import markup, render_pack
from govern_reports.charts.dots import Dot, dot_plot
from govern_reports.fonts import printable
from govern_reports.view.build import build as build_view
from govern_reports.view.figures import Register
from govern_reports.view.text import clean, grouped, places_against

HOSTILE = (
    "<script>alert(1)</script><img src=file:///etc/passwd><style>*{display:none}</style>",
    "{{ 7*7 }}{% include '/etc/passwd' %}",
    "reviewed \u202eyb detcejer\u202c \u2066x\u2069",
    "null \x00 bell \x07 escape \x1b[31m",
    "unpaired \ud800 surrogate",
    "漢字 кириллица עברית العربية 🙂",
    "Z" + "\u0335" * 400,
    "word" * 300_000,
    "]]> --> &lt; &#x3c; \" ' `",
)


def with_words(words):
    pack = build()
    dossier = pack.dossiers[0]
    system = replace(dossier.system, title=words, headline=words, purpose=words)
    reviews = tuple(replace(row, reason=words, holder=words) for row in dossier.reviews)
    dossier = replace(dossier, description=words, system=system, reviews=reviews, facts={"Run": words}, name=words)
    entries = tuple(replace(row, subject=words, summary=words) for row in pack.entries[:3])
    return replace(pack, title=words, dossiers=(dossier,), entries=entries)


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_stay_words(words):
    view = build_view(with_words(words), Register(()))
    html = markup.html(view).decode("utf-8")
    assert "<script" not in html
    assert "<img" not in html
    assert not re.search(r"[\u202a-\u202e\u2066-\u2069\x00-\x08\x0b\x1b]", html)
    assert len(html) < 600_000
    markdown = markup.markdown(view).decode("utf-8")
    assert "<script" not in markdown.replace("\\<", "")


def test_a_pack_full_of_hostile_words_is_laid_out(tmp_path):
    done = render_pack(with_words(" ".join(word[:300].replace("\ud800", "\\") for word in HOSTILE)), tmp_path / "pack.pdf")
    with pymupdf.open(done.path) as document:
        text = "".join(page.get_text() for page in document)
        assert not any("http" in (item.get("uri") or "") for page in document for item in page.get_links())
    flat = re.sub(r"\s", "", text)
    assert "⟨U+202E⟩ybdetcejer" in flat
    assert "<script>alert(1)</script>" in flat
    assert "⟨U+6F22⟩" in flat
    assert "root:" not in flat.replace("trust-root:", "")


@given(st.text(max_size=200))
def test_clean_text_holds_only_what_can_be_printed(words):
    for character in clean(words):
        assert character == "\n" or ord(character) in printable()


def test_long_text_says_how_long_it_was():
    assert clean("a" * 5000).endswith("(5,000 characters; all of them are in the attached entries)")
    assert len(clean("a" * 1_000_000)) < 1400


def test_different_numbers_never_look_alike():
    assert places_against("0.7996", "0.8") == 4
    assert places_against("0.79999999", "0.8") == 8
    assert places_against("0.8", "0.8") == 3
    assert places_against(None, "0.8") == 3


def test_groups_of_four():
    assert grouped("sha256:" + "0123456789abcdef" * 4).startswith("sha256 0123 4567 89ab cdef 0123")


def test_a_chart_without_numbers_and_with_markup_is_still_a_chart():
    svg = dot_plot([Dot(label="<b>&", value=None, text="–")], title='a "title" <x>', axis="ratio")
    assert svg.startswith("<svg")
    assert "<title>a &quot;title&quot; &lt;x&gt;</title>" in svg
    assert "&lt;b&gt;&amp;" in svg


def test_empty_packs_of_every_kind_say_what_is_not_there():
    for kind in ("model", "system", "decision", "control", "ledger"):
        pack = replace(
            build(kind=kind), dossiers=(), policies=(), monitoring=(), observations=(), findings=(), waivers=(), lifecycle=(), entries=(),
            size=0, attachments=(),
        )
        html = markup.html(build_view(pack, Register(()))).decode("utf-8")
        assert "not assessed" in html
        assert "None recorded" in html or "Nothing" in html


def test_a_ledger_that_does_not_verify_is_on_the_cover_and_in_every_head():
    view = build_view(build(verified=False), Register(()))
    assert view.cover.status == "LEDGER DOES NOT VERIFY"
    assert view.cover.tone == "bad"
    assert "Entry #17 is not what was signed" in view.cover.alarm
    assert view.draft
    html = markup.html(view).decode("utf-8")
    assert 'class="alarm"' in html
    assert "DRAFT" in html
