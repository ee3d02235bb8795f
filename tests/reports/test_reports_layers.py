"""Each layer of proof, seen to hold on a pack and to refuse one that was tampered with."""

import hashlib
import json
import re
import shutil

import pikepdf
import pytest
from reports.pack_builder import build

from govern.canonical.jcs import canonical_bytes
from govern.errors import VerificationError
from govern.exchange.pdf import read_attachments
from govern.exchange.pdf_figures import check_figures, show
from govern.exchange.pdf_html import read_words
from govern.exchange.pdf_manifest import check_manifest, check_relations
from govern.exchange.pdf_pages import check_pages
from govern_reports import environment, rerender


def verify(path):
    """Layers 3 and 5, as `govern verify` runs them."""
    attachments = read_attachments(path)
    manifest = check_manifest(attachments)
    return check_relations(path, attachments, manifest), check_figures(path, attachments, manifest)


def change(path, name, data, *, resign=True):
    """Swap an attachment as a forger would: with a manifest and an identifier that fit."""
    attachments = dict(read_attachments(path)) | {name: data}
    manifest = json.loads(attachments["manifest.json"])
    for entry in manifest["files"]:
        if entry["name"] == name:
            entry["sha256"], entry["size"] = hashlib.sha256(data).hexdigest(), len(data)
    document = canonical_bytes(manifest)
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        wanted = {name: data} | ({"manifest.json": document} if resign else {})
        for spec in pdf.Root.AF:
            if str(spec.UF) in wanted:
                spec.EF.F.write(wanted[str(spec.UF)])
        if resign:
            pdf.trailer.ID = pikepdf.Array([pikepdf.String(hashlib.sha256(document).digest()[:16])] * 2)
        pdf.save(path, deterministic_id=True)


def test_an_untouched_pack_passes(rendered):
    relations, figures = verify(rendered.path)
    assert relations.startswith("10 attachments as listed")
    numbers = int(re.match(r"[\d,]+", figures)[0].replace(",", ""))
    assert numbers > 300
    assert f"{rendered.pages} pages say what the attached HTML says" in figures


def test_a_swapped_attachment_is_found(copy):
    name = next(name for name in read_attachments(copy) if name.startswith("evidence/"))
    change(copy, name, b"{}", resign=False)
    with pytest.raises(VerificationError, match="is not what the manifest says") as caught:
        verify(copy)
    assert caught.value.step == 3


def test_a_swapped_attachment_with_a_fitting_manifest_does_not_fit_the_numbers(copy):
    attachments = read_attachments(copy)
    name = next(name for name in attachments if name.startswith("evidence/"))
    change(copy, name, attachments[name].replace(b'"0.736', b'"0.836').replace(b"1381", b"1981"))
    with pytest.raises(VerificationError, match="A printed number is"):
        verify(copy)


def test_numbers_changed_in_the_html_do_not_fit_the_evidence(copy):
    html = read_attachments(copy)["report.html"]
    change(copy, "report.html", html.replace(b">0.882<", b">0.982<", 1))
    with pytest.raises(VerificationError, match=r"“0\.982”"):
        verify(copy)


def test_words_changed_in_the_html_do_not_fit_the_pages(copy):
    attachments = read_attachments(copy)
    html = attachments["report.html"].replace(b"Approved by reviewer", b"Approved by officer")
    with pytest.raises(VerificationError, match="Page 1 says"):
        check_pages(copy, read_words(html), check_manifest(attachments).digest)
    change(copy, "report.html", html)
    with pytest.raises(VerificationError, match="foot of page 1 does not say"):
        verify(copy)


def test_a_page_that_was_taken_out_is_missed(copy):
    with pikepdf.open(copy, allow_overwriting_input=True) as pdf:
        del pdf.pages[4]
        pdf.save(copy)
    with pytest.raises(VerificationError, match=r"does not say “Page\d+of"):
        verify(copy)


def test_two_numbers_changing_places_on_a_page_are_found(copy):
    """The forger needs no font: glyphs that are there anyway are shown in another place."""
    with pikepdf.open(copy, allow_overwriting_input=True) as pdf:
        page = next(page for page in pdf.pages if "Impact ratio by sex (impact_ratio@1)" in text_of(page))
        content = list(pikepdf.parse_content_stream(page))
        shows = [place for place, (_, operator) in enumerate(content) if str(operator) == "TJ"]
        texts = dict(zip(shows, [run.text for run in runs_of(page)], strict=False))
        first = next(place for place, text in texts.items() if text == "0.882")
        second = next(place for place, text in texts.items() if text == "1.000" and place > first)
        content[first], content[second] = content[second], content[first]
        page.Contents = pdf.make_stream(pikepdf.unparse_content_stream(content))
        pdf.save(copy)
    with pytest.raises(VerificationError, match="says “"):
        verify(copy)


def test_words_added_to_a_page_are_found(copy):
    with pikepdf.open(copy, allow_overwriting_input=True) as pdf:
        page = pdf.pages[0]
        content = list(pikepdf.parse_content_stream(page))
        last = max(place for place, (_, operator) in enumerate(content) if str(operator) == "ET")
        start = max(place for place in range(last) if str(content[place][1]) == "BT")
        content[last + 1:last + 1] = content[start:last + 1]
        page.Contents = pdf.make_stream(pikepdf.unparse_content_stream(content))
        pdf.save(copy)
    attachments = read_attachments(copy)
    # the foot said twice is what the foot may say; the same words in the text are not
    check_figures(copy, attachments, check_manifest(attachments))
    with pikepdf.open(copy, allow_overwriting_input=True) as pdf:
        page = pdf.pages[0]
        content = list(pikepdf.parse_content_stream(page))
        first = next(place for place, (_, operator) in enumerate(content) if str(operator) == "BT")
        end = next(place for place in range(first, len(content)) if str(content[place][1]) == "ET")
        content[end + 1:end + 1] = content[first:end + 1]
        page.Contents = pdf.make_stream(pikepdf.unparse_content_stream(content))
        pdf.save(copy)
    with pytest.raises(VerificationError, match="Page 1 says"):
        check_figures(copy, attachments, check_manifest(attachments))


def text_of(page):
    return " ".join(run.text for run in runs_of(page))


def runs_of(page):
    from govern.exchange.pdf_text import page_runs

    return page_runs(page)


def test_laid_out_again_it_is_the_same_file(rendered):
    found = rerender(rendered.path)
    assert found.outcome == "same", found.detail


@pytest.mark.slow
def test_laid_out_again_from_other_words_it_is_another(copy):
    html = read_attachments(copy)["report.html"]
    change(copy, "report.html", html.replace(b"Approved by reviewer", b"Approved by rewiever"))
    assert rerender(copy).outcome == "differs"


def test_another_environment_is_not_a_failure(rendered, monkeypatch):
    here = dict(environment.describe())
    monkeypatch.setattr(environment, "describe", lambda: here | {"pango": "0.1"})
    found = rerender(rendered.path)
    assert found.outcome == "not-applicable"
    assert "pango" in found.detail


@pytest.mark.slow
def test_hidden_files_in_a_re_render_are_never_fetched(copy, tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("top secret words")
    html = read_attachments(copy)["report.html"]
    odd = f'<img src="{secret.as_uri()}" alt="x"><object data="{secret.as_uri()}"></object><link rel="attachment" href="{secret.as_uri()}">'
    change(copy, "report.html", html.replace(b"<body>", b"<body>" + odd.encode()))
    assert rerender(copy).outcome == "differs"
    shutil.rmtree(tmp_path, ignore_errors=True)


@pytest.mark.parametrize(("value", "form", "shown"), [
    ("0.8825", "fixed:3", "0.883"), ("0.88249999999999", "fixed:3", "0.882"), ("-0.0004", "fixed:3", "0.000"),
    ("-1.5", "fixed:1", "−1.5"), ("0.3719", "percent:1", "37.2 %"), (1234567, "count", "1,234,567"), (None, "fixed:3", "–"),
    ("0.00004", "p:4", "< 0.0001"), ("0.0412", "p:4", "0.0412"), ("psi", "text", "psi"), ("1E-7", "fixed:3", "0.000"),
])
def test_numbers_are_rounded_once_and_half_up(value, form, shown):
    assert show(value, form) == shown


@pytest.mark.parametrize(("value", "form"), [("NaN", "fixed:3"), ("x", "fixed:3"), (True, "fixed:3"), ("1", "hex"), ([], "text"), ("1", "fixed:99")])
def test_what_is_no_number_is_not_printed_as_one(value, form):
    with pytest.raises(VerificationError):
        show(value, form)


def test_the_builder_is_what_the_tests_think(rendered):
    assert {item.name for item in build().attachments} <= set(read_attachments(rendered.path))
