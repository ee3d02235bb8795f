"""The portable verifier reads attachments as viewers do, whatever wrote the PDF, and ends every hostile one in an answer."""

import base64
import contextlib
import hashlib
import io
import json
import shutil
import subprocess

import pikepdf
import pytest
from ledger.kit_portable import bundle, make_pdf, run

from govern.ledger.portable import verify_pack as portable


def test_a_pack_is_verified_by_the_file_alone(kit, pack, tmp_path):
    (tmp_path / "pack.pdf").write_bytes(make_pdf(pack))
    (tmp_path / "root.json").write_bytes(kit.ledger.leaf(0))
    code, said = run("--trust", tmp_path / "root.json", tmp_path / "pack.pdf")
    assert (code, said.splitlines()[0]) == (0, "VERIFIED")
    assert kit.ledger.checkpoint().root.removeprefix("sha256:") in said
    (tmp_path / "entry.json").write_bytes(kit.ledger.leaf(2))
    (tmp_path / "entry.proof").write_text(kit.ledger.proof(2))
    (tmp_path / "root2.json").write_bytes(kit.ledger.leaf(4))
    assert run("--trust", tmp_path / "root2.json", tmp_path / "entry.json", tmp_path / "entry.proof")[0] == 0
    assert run("--trust", tmp_path / "root.json", tmp_path / "nothing.pdf")[0] == 4
    assert run()[0] == 2
    (tmp_path / "bad.pdf").write_bytes(make_pdf({**pack, "checkpoint.txt": b"x"}))
    assert run("--trust", tmp_path / "root.json", tmp_path / "bad.pdf")[0] == 1


def test_a_name_that_stands_twice_is_refused(pack):
    """A reader would show one of the two, and nobody knows which."""
    with pikepdf.open(io.BytesIO(make_pdf(pack))) as pdf:
        tree, found = [pdf.Root.Names.EmbeddedFiles], None
        while found is None:
            node = tree.pop()
            tree += list(node.get("/Kids", []))
            found = node.get("/Names")
        found.extend([found[0], found[1]])
        out = io.BytesIO()
        pdf.save(out)
    with pytest.raises(portable.Wrong, match="there twice"):
        portable.attachments(out.getvalue())


def test_a_pack_that_lacks_entries_is_not_called_verified(kit, pack, tmp_path):
    part = {**pack, **bundle(kit, {0, 1, kit.ledger.root_leaves()[-1][0]})}
    (tmp_path / "pack.pdf").write_bytes(make_pdf(part))
    (tmp_path / "root.json").write_bytes(kit.ledger.leaf(0))
    code, said = run("--trust", tmp_path / "root.json", tmp_path / "pack.pdf")
    assert (code, said.splitlines()[0][:20]) == (4, "COULD NOT BE CHECKED")
    assert "3 entries verified" in said


@pytest.mark.parametrize("options", [{}, {"deterministic_id": True}, {"linearize": True}])
def test_attachments_are_the_ones_that_pikepdf_sees(pack, options):
    names = {f"evidence/{number:03}.json": b'{"n": %d}' % number * 40 for number in range(70)}
    data = make_pdf({**pack, **names, "a (b).txt": b"1", "ümlaut.txt": b"2"}, **options)
    found = portable.attachments(data)
    with pikepdf.open(io.BytesIO(data)) as pdf:
        assert found == {name: spec.get_file().read_bytes() for name, spec in pdf.attachments.items()}


def tables(data, folder, *options):
    """Save a PDF with a classic cross-reference table, as qpdf does for old readers."""
    (folder / "in.pdf").write_bytes(data)
    words = ["qpdf", "--object-streams=disable", "--static-id", *options, folder / "in.pdf", folder / "out.pdf"]
    subprocess.run(words, check=True, capture_output=True)
    saved = (folder / "out.pdf").read_bytes()
    assert b"\nxref\n" in saved
    return saved


def seen_by_pikepdf(data):
    with pikepdf.open(io.BytesIO(data)) as pdf:
        return {name: spec.get_file().read_bytes() for name, spec in pdf.attachments.items()}


@pytest.mark.skipif(not shutil.which("qpdf"), reason="qpdf is not installed (Debian: apt-get install qpdf)")
@pytest.mark.parametrize("options", [[], ["--linearize"], ["--force-version=1.3", "--stream-data=uncompress"]])
def test_classic_tables_are_read_as_well(kit, pack, tmp_path, options):
    saved = tables(make_pdf({**pack, "a (b).txt": b"1"}), tmp_path, *options)
    assert portable.attachments(saved) == seen_by_pikepdf(saved)
    assert portable.verify_pack(tables(make_pdf(pack), tmp_path, *options), *portable.read_trust(kit.ledger.leaf(0)))
    place = saved.rindex(b"00000 n")
    for damaged in (saved[:place] + b"00000 x" + saved[place + 7 :], saved.replace(b"trailer", b"TRAILER")):
        with pytest.raises((portable.Wrong, portable.Unchecked)):
            portable.attachments(damaged)


def hybrid(data):
    """Write the file anew with a table that hides every compressed object, and a stream beside it that knows them."""
    pdf = portable.Pdf(data)
    at = int(data.rsplit(b"startxref", 1)[1].split()[0])
    rows = b"xref\n"
    for number in range(max(pdf.places) + 1):
        place = pdf.places.get(number)
        row = b"%010d 00000 n \n" % place[1] if place and place[0] == 1 else b"0000000000 65535 f \n"
        rows += b"%d 1\n" % number + row
    root = pdf.trailer["/Root"][0]
    return (
        data + rows + b"trailer\n<< /Size %d /Root %d 0 R /XRefStm %d >>\nstartxref\n%d\n%%%%EOF\n"
        % (max(pdf.places) + 1, root, at, len(data))
    )


def test_a_hybrid_of_table_and_stream_could_not_be_checked(kit, pack, tmp_path):
    """qpdf 11 and pyHanko read such a file as ISO 32000 says, qpdf 12 and poppler do not: nobody can say what is seen."""
    (tmp_path / "pack.pdf").write_bytes(hybrid(make_pdf(pack)))
    (tmp_path / "root.json").write_bytes(kit.ledger.leaf(0))
    code, said = run("--trust", tmp_path / "root.json", tmp_path / "pack.pdf")
    assert code == 4
    assert "side by side" in said


def test_an_object_that_is_not_where_the_references_say_is_refused(pack):
    """Some readers repair such a file, each in its own way: what they would show, nobody can say."""
    saved = make_pdf(pack)
    refused = 0
    for number, place in portable.Pdf(saved).places.items():
        if place and place[0] == 1:
            digits = len(b"%d" % number)
            changed = saved[: place[1]] + b"9" * digits + saved[place[1] + digits :]
            try:
                assert portable.attachments(changed) == pack, "only what no attachment needs may lie elsewhere"
            except (portable.Wrong, portable.Unchecked):
                refused += 1
    assert refused >= len(pack)


@pytest.mark.parametrize("classic", [False, True])
def test_an_appended_revision_is_read_as_viewers_read_it(pack, tmp_path, classic):
    from pyhanko.pdf_utils import generic
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

    if classic and not shutil.which("qpdf"):
        pytest.skip("qpdf is not installed (Debian: apt-get install qpdf)")
    out = io.BytesIO(tables(make_pdf(pack), tmp_path) if classic else make_pdf(pack))
    writer = IncrementalPdfFileWriter(out)
    names = writer.root["/Names"]["/EmbeddedFiles"]
    place = [str(names["/Names"][at]) for at in range(0, len(names["/Names"]), 2)].index("checkpoint.txt")
    spec = names["/Names"][2 * place + 1]
    stream = generic.StreamObject(stream_data=b"replaced")
    stream["/Type"] = generic.pdf_name("/EmbeddedFile")
    spec["/EF"]["/F"] = writer.add_object(stream)
    writer.mark_update(names.container_ref or writer.root_ref)
    writer.update_container(spec)
    writer.write_in_place()
    assert out.getvalue().count(b"\nxref\n") == 2 * classic
    assert portable.attachments(out.getvalue())["checkpoint.txt"] == b"replaced"


def test_hostile_pdfs_end_in_an_answer(kit, pack):
    trust = portable.read_trust(kit.ledger.leaf(0))
    good = make_pdf(pack)
    damaged = [good[: len(good) * part // 20] for part in range(20)] + [b"", b"%PDF-1.7\n", b"%PDF-1.5\nstartxref\n9\n%%EOF\n"]
    damaged += [good[:place] + bytes([good[place] ^ 0x20]) + good[place + 1 :] for place in range(9, len(good), 499)]
    damaged.append(b"%PDF-1.5\n1 0 obj\n" + b"[" * 5000 + b"\nstartxref\n9\n%%EOF\n")
    damaged.append(make_pdf({"a": b"1"}))
    answers = set()
    for data in damaged:
        with contextlib.suppress(portable.Wrong, portable.Unchecked):
            portable.verify_pack(data, *trust)
            answers.add("verified")
            # What the damage did not reach is still what was signed.
            assert {name: portable.attachments(data)[name] for name in pack} == pack
    with pytest.raises((portable.Wrong, portable.Unchecked)):
        portable.verify_pack(b"%PDF-1.5\n" + base64.b64encode(good), *trust)


def test_manifest_and_recorded_objects_are_compared(kit, pack):
    trust = portable.read_trust(kit.ledger.leaf(0))
    assert portable.verify_pack(make_pdf(pack), *trust)
    with pytest.raises(portable.Wrong, match="manifest"):
        portable.verify_pack(make_pdf({**pack, "more.txt": b"x"}), *trust)
    listed = json.loads(pack["manifest.json"])
    stranger = {"name": "evidence/0.json", "sha256": hashlib.sha256(b"{}").hexdigest(), "size": 2}
    more = json.dumps({**listed, "files": [*listed["files"], stranger]}).encode()
    with pytest.raises(portable.Wrong, match="signed entry"):
        portable.verify_pack(make_pdf({**pack, "manifest.json": more, "evidence/0.json": b"{}"}), *trust)
    for name in ("manifest.json", "proofs.jsonl"):
        with pytest.raises(portable.Unchecked, match=f"not attached: {name}"):
            portable.verify_pack(make_pdf({one: data for one, data in pack.items() if one != name}), *trust)


def test_a_pdf_that_is_no_pack_a_protected_and_a_cut_one_are_named_so(kit, pack, tmp_path):
    (tmp_path / "root.json").write_bytes(kit.ledger.leaf(0))

    def said(data):
        (tmp_path / "pack.pdf").write_bytes(data)
        return run("--trust", tmp_path / "root.json", tmp_path / "pack.pdf")

    whole = make_pdf(pack)
    code, words = said(make_pdf({}))
    assert (code, "not attached: checkpoint.txt" in words) == (4, True)
    code, words = said(make_pdf({"invoice.xml": b"<invoice/>"}))
    assert (code, "not attached: checkpoint.txt" in words) == (4, True)
    code, words = said(make_pdf(pack, encryption=pikepdf.Encryption(owner="o", user="u")))
    assert (code, "protected with a password" in words) == (1, True)
    code, words = said(whole[:len(whole) // 2])
    assert (code, "cut short" in words) == (1, True)
