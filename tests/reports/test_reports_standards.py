"""The PDF held against tools that others wrote, and against what PDF/A-3 and PDF/UA ask."""

import hashlib
import html
import re
import shutil
import subprocess
from itertools import pairwise

import pikepdf
import pymupdf
import pytest

from govern.exchange.pdf import read_attachments


def test_qpdf_finds_no_fault(rendered, tool):
    assert "No syntax or stream encoding errors found" in tool("qpdf", "--check", str(rendered.path))


def test_poppler_reads_title_tags_and_size(rendered, tool):
    said = tool("pdfinfo", str(rendered.path))
    assert re.search(r"Tagged:\s+yes", said)
    assert re.search(rf"Pages:\s+{rendered.pages}\b", said)
    assert "A4" in said
    assert re.search(r"Title:\s+Evidence pack for one model version: Consumer credit scoring", said)


def test_every_font_is_embedded_and_ours(rendered):
    with pymupdf.open(rendered.path) as document:
        names = {font[3] for page in document for font in page.get_fonts()}
    assert names
    for name in names:
        assert re.fullmatch(r"[A-Z]{6}\+(Source-Sans-Pro|Source-Serif-Pro|DejaVu-Sans)[-A-Za-z]*", name), name
    with pikepdf.open(rendered.path) as pdf:
        descriptors = [item for item in pdf.objects if isinstance(item, pikepdf.Dictionary) and item.get("/Type") == "/FontDescriptor"]
        assert len(descriptors) == len(names)
        assert all("/FontFile2" in item or "/FontFile3" in item for item in descriptors)


def test_metadata_says_pdfa_3a_and_ua_once(rendered):
    with pikepdf.open(rendered.path) as pdf:
        xmp = pdf.Root.Metadata.read_bytes()
        info = dict(pdf.docinfo)
    assert xmp.count(b"<rdf:RDF") == 1
    assert re.search(rb'part="3"', xmp)
    assert re.search(rb'conformance="A"', xmp)
    assert b'pdfuaid:part="1"' in xmp
    assert b"pdfaExtension:schemas" in xmp
    assert str(info["/CreationDate"]) == "D:20261120093000Z"


def test_each_attachment_is_associated_once_with_its_relationship(rendered):
    with pikepdf.open(rendered.path) as pdf:
        names = pdf.Root.Names.EmbeddedFiles.Names
        keys = [str(names[place]) for place in range(0, len(names), 2)]
        assert keys == sorted(keys)
        assert len(pdf.Root.AF) == len(keys) == len(pdf.attachments)
        relationships = {str(item.UF): str(item.AFRelationship) for item in pdf.Root.AF}
        types = {str(item.UF): str(item.EF.F.Subtype) for item in pdf.Root.AF}
    assert set(relationships) == set(keys)
    assert relationships["report.html"] == "/Source"
    assert relationships["trust-root.json"] == "/Supplement"
    assert relationships["entries.jsonl"] == "/Data"
    assert types["entries.jsonl"] == "/application/jsonl"
    assert types["manifest.json"] == "/application/json"


def test_every_picture_has_words(rendered):
    with pikepdf.open(rendered.path) as pdf:
        figures = [item for item in pdf.objects if isinstance(item, pikepdf.Dictionary) and item.get("/S") == "/Figure"]
        assert len(figures) >= 4
        assert all(len(str(item.get("/Alt", ""))) > 20 for item in figures)


def test_bookmarks_follow_the_sections_and_pages_are_numbered(rendered):
    with pymupdf.open(rendered.path) as document:
        outline = document.get_toc()
        titles = [title for level, title, _ in outline if level == 1]
        assert [title.split(maxsplit=1)[1] for title in titles][:3] == ["Read this first", "Scope, period and method", "System description"]
        for number, page in enumerate(document, start=1):
            text = page.get_text()
            assert f"Page {number} of {rendered.pages}" in text
            digits = rendered.manifest.removeprefix("sha256:")[:32]
            assert " ".join(digits[start:start + 4] for start in range(0, 32, 4)) in text


def test_the_identifier_is_the_manifests_digest(rendered):
    with pikepdf.open(rendered.path) as pdf:
        manifest = pdf.attachments["manifest.json"].get_file().read_bytes()
        identifier = bytes(pdf.trailer.ID[0])
    assert hashlib.sha256(manifest).digest()[:16] == identifier
    assert rendered.manifest == "sha256:" + hashlib.sha256(manifest).hexdigest()
    assert rendered.digest == "sha256:" + hashlib.sha256(rendered.path.read_bytes()).hexdigest()


def test_nothing_in_the_file_leads_elsewhere_or_runs(rendered):
    with pikepdf.open(rendered.path) as pdf:
        for item in pdf.objects:
            if isinstance(item, pikepdf.Dictionary):
                assert item.get("/S") not in ("/URI", "/Launch", "/JavaScript", "/GoToR", "/SubmitForm")


@pytest.mark.parametrize("words", [
    "ALLOWED", "4 of 5 binding rules pass", "Impact ratio by sex × race", "0.882", "0.7996", "annual_income moved by 0.412",
    "No policy in this pack loosened", "govern verify PACK.pdf --trust", "postcode_area is being replaced", "Lineage of credit-scoring@2",
])
def test_the_pages_say_it(rendered, words):
    with pymupdf.open(rendered.path) as document:
        text = " ".join(" ".join(page.get_text() for page in document).split())
    assert words in text


@pytest.fixture(scope="module")
def structure(rendered, tool):
    """The tags as poppler reads them: (depth, tag, attributes) in reading order."""
    found = []
    for line in tool("pdfinfo", "-struct", str(rendered.path)).splitlines():
        text = line.strip()
        if text.startswith("/"):
            found[-1][2].append(text)
        elif text:
            found.append((len(line) - len(line.lstrip()), re.match(r"\w+", text)[0], []))
    return found


def test_every_head_of_a_table_says_what_it_heads_and_every_cell_has_heads(structure):
    heads = [tuple(said) for _, tag, said in structure if tag == "TH"]
    assert set(heads) == {("/Scope /Column",), ("/Scope /Row",)}
    assert heads.count(("/Scope /Column",)) > 100
    cells = [said for _, tag, said in structure if tag == "TD"]
    assert cells
    assert all(any(text.startswith("/Headers") for text in said) for said in cells)


def test_column_heads_are_in_the_table_head_and_row_heads_in_its_body(structure):
    place = ""
    for _, tag, said in structure:
        place = tag if tag in {"THead", "TBody"} else place
        if tag == "TH":
            assert said == [{"THead": "/Scope /Column", "TBody": "/Scope /Row"}[place]]


def test_the_tags_are_those_of_a_document_with_headings_lists_links_and_captions(structure):
    tags = {tag for _, tag, _ in structure}
    assert {"Document", "Sect", "H1", "H2", "H3", "P", "L", "LI", "Table", "THead", "TBody", "Caption", "Figure", "Link"} <= tags
    levels = [int(tag[1]) for _, tag, _ in structure if re.fullmatch(r"H\d", tag)]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels)), "a level of headings was left out"


def test_the_language_and_the_reading_order_are_named(rendered):
    with pikepdf.open(rendered.path) as pdf:
        assert str(pdf.Root.Lang) == "en"
        assert bool(pdf.Root.MarkInfo.Marked)
        assert bool(pdf.Root.ViewerPreferences.DisplayDocTitle)
        assert {str(page.obj.get("/Tabs")) for page in pdf.pages if "/Annots" in page.obj} == {"/S"}


def test_the_printed_commands_take_the_attachments_out_and_find_them_as_listed(rendered, tmp_path):
    for tool in ("pdfdetach", "jq", "sha256sum"):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed (see .ci/run)")
    page = html.unescape(read_attachments(rendered.path)["report.html"].decode()).rpartition("Without any of our software")[2]
    commands = re.findall(r"^(?:<pre>)?\$ (.*)$", page, re.MULTILINE)
    desk = tmp_path / "desk"
    desk.mkdir()
    shutil.copy(rendered.path, desk / "PACK.pdf")
    script = "set -e -o pipefail\n" + "\n".join(commands[:4])
    assert "sha256sum -c" in commands[3]
    assert not any("  " in one.partition("      ")[0] for one in commands), "on paper two spaces look like one"
    done = subprocess.run(["bash", "-c", script], cwd=desk, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split()[1:] == ["manifest.json"]
    (desk / "entries.jsonl").write_bytes(b"changed")
    assert subprocess.run(["bash", "-c", commands[3]], cwd=desk, capture_output=True, timeout=60).returncode == 1
