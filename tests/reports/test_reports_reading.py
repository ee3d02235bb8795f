"""Reading packs that somebody hands in: whole, damaged, protected, foreign, hostile."""

import hashlib
import json

import pikepdf
import pytest
from reports.pack_builder import build

from govern.errors import DocumentError, UsageError, VerificationError
from govern.exchange.pdf import (
    Limits,
    check_coverage,
    coverage,
    page_count,
    read_attachments,
)


def test_what_went_in_comes_out(rendered):
    found = read_attachments(rendered.path)
    for item in build().attachments:
        assert found[item.name] == item.data
    manifest = json.loads(found["manifest.json"])
    assert {entry["name"] for entry in manifest["files"]} == set(found) - {"manifest.json"}
    for entry in manifest["files"]:
        assert hashlib.sha256(found[entry["name"]]).hexdigest() == entry["sha256"]
    assert page_count(rendered.path) == rendered.pages


def test_one_revision_without_signature_is_covered(rendered):
    assert check_coverage(coverage(rendered.path), signed=False) == "one revision, not signed"
    with pytest.raises(VerificationError, match="not signed"):
        check_coverage(coverage(rendered.path), signed=True)


def test_appended_bytes_and_a_second_revision_are_found(copy):
    whole = copy.read_bytes()
    copy.write_bytes(whole + b"\n% more\n")
    with pytest.raises(VerificationError, match="follow the end"):
        check_coverage(coverage(copy), signed=False)
    start = whole.rindex(b"startxref")
    copy.write_bytes(whole + b"\n" + whole[start:])
    with pytest.raises(VerificationError, match="second revision"):
        check_coverage(coverage(copy), signed=False)


@pytest.mark.parametrize(("keep", "words"), [(0.5, "cut short"), (0.98, "cut short")])
def test_a_truncated_file_is_named_so(copy, keep, words):
    whole = copy.read_bytes()
    copy.write_bytes(whole[:int(len(whole) * keep)])
    with pytest.raises(DocumentError, match=words):
        read_attachments(copy)


def test_a_file_with_its_middle_gone_is_damaged(copy):
    whole = copy.read_bytes()
    copy.write_bytes(whole[:2000] + whole[-1500:])
    with pytest.raises(DocumentError, match="damaged"):
        read_attachments(copy)


def test_a_protected_file_asks_for_the_exported_one(copy, tmp_path):
    for name, owner, user in (("asks.pdf", "o", "u"), ("open.pdf", "o", "")):
        with pikepdf.open(copy) as pdf:
            pdf.save(tmp_path / name, encryption=pikepdf.Encryption(owner=owner, user=user))
        with pytest.raises(DocumentError, match=r"password|encrypted"):
            read_attachments(tmp_path / name)


def test_a_foreign_pdf_is_not_a_pack(tmp_path):
    empty, other = tmp_path / "empty.pdf", tmp_path / "other.pdf"
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.save(empty)
        pdf.attachments["invoice.xml"] = pikepdf.AttachedFileSpec(pdf, b"<invoice/>")
        pdf.save(other)
    with pytest.raises(DocumentError, match="Nothing is attached"):
        read_attachments(empty)
    with pytest.raises(DocumentError, match=r"invoice\.xml"):
        read_attachments(other)


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x03\x04", b"%PDF-1.7\n", b"%PDF-1.7\n%%EOF\n"])
def test_what_is_no_pdf_is_named_so(tmp_path, content):
    path = tmp_path / "pack.pdf"
    path.write_bytes(content)
    with pytest.raises(DocumentError):
        read_attachments(path)


def test_a_missing_file_is_a_usage_error(tmp_path):
    with pytest.raises(UsageError, match="no file"):
        read_attachments(tmp_path / "none.pdf")


def test_an_attachment_that_unpacks_without_end_is_stopped(tmp_path):
    path = tmp_path / "bomb.pdf"
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.attachments["manifest.json"] = pikepdf.AttachedFileSpec(pdf, b"\0" * (8 << 20))
        pdf.save(path, compress_streams=True)
    assert path.stat().st_size < 100_000
    with pytest.raises(DocumentError, match="bytes"):
        read_attachments(path, Limits(one=1 << 20))
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        pdf.attachments["manifest.json"].obj.EF.F.Params.Size = 10
        pdf.save(path)
    with pytest.raises(DocumentError, match="unpacks to more"):
        read_attachments(path, Limits(one=1 << 20))


def test_a_name_that_climbs_is_refused(tmp_path):
    path = tmp_path / "climb.pdf"
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.attachments["../../home.json"] = pikepdf.AttachedFileSpec(pdf, b"{}")
        pdf.save(path)
    with pytest.raises(DocumentError, match="can't name an attachment"):
        read_attachments(path)
