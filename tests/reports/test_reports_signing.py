"""PAdES signatures: made with real certificates, validated by poppler's pdfsig and by us, refused after tampering."""

import io
import re

import pikepdf
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from reports.signers import make, opened

from govern.errors import (
    DocumentError,
    SigningKeyError,
    UnverifiableError,
    UsageError,
    VerificationError,
    WrongPassphraseError,
)
from govern.exchange.pdf import read_attachments
from govern.exchange.pdf_figures import check_figures
from govern.exchange.pdf_manifest import check_manifest, check_relations
from govern.exchange.pdf_revisions import check_revisions
from govern.exchange.pdf_signatures import check_signatures
from govern_reports import credentials, signing


@pytest.fixture(scope="session")
def signed(rendered, people, tmp_path_factory):
    """The pack with all three signatures, and how it looked after the first."""
    folder = tmp_path_factory.mktemp("signed")
    one = signing.certify(rendered.path, folder / "one.pdf", opened(people, "issuer"))
    two = signing.countersign(one.path, folder / "two.pdf", opened(people, "reviewer"), field="reviewer", reason="read")
    return one, signing.countersign(two.path, folder / "three.pdf", opened(people, "auditor"), field="auditor", reason="checked")


def test_poppler_calls_all_three_valid_and_whole(signed, tool):
    said = tool("pdfsig", "-nocert", str(signed[1].path))
    assert said.count("Signature is Valid") == 3
    assert re.findall(r"Signer Certificate Common Name: (\w+)", said) == ["issuer", "reviewer", "auditor"]
    assert said.count("ETSI.CAdES.detached") == 3
    assert "Total document signed" in said


def test_we_name_field_certificate_and_who_certified(signed, people):
    proofs = check_signatures(signed[1].path, [certificate for _, certificate in people.values()])
    assert [(proof.field, proof.certifies, proof.timestamped) for proof in proofs] == [
        ("issuer", True, False), ("reviewer", False, False), ("auditor", False, False),
    ]
    assert proofs[0].fingerprint == opened(people, "issuer").fingerprint


def test_signed_bytes_begin_with_the_unsigned_pack_and_keep_every_layer(rendered, signed):
    data = signed[1].path.read_bytes()
    assert data.startswith(rendered.path.read_bytes())
    attachments = read_attachments(signed[1].path)
    manifest = check_manifest(attachments)
    check_relations(signed[1].path, attachments, manifest)
    check_figures(signed[1].path, attachments, manifest)
    assert check_revisions(signed[1].path) == "4 revisions; each later one adds a signature and nothing else"


def test_it_is_still_sound_for_qpdf(signed, tool):
    assert "No syntax or stream encoding errors found" in tool("qpdf", "--check", str(signed[1].path))


def test_a_stranger_and_no_certificate_are_told_apart(signed, people, tmp_path):
    stranger = make(tmp_path, "stranger", ec.generate_private_key(ec.SECP256R1()))[1]
    with pytest.raises(VerificationError, match="you did not give"):
        check_signatures(signed[1].path, [stranger])
    with pytest.raises(UnverifiableError, match="no certificate was given"):
        check_signatures(signed[1].path, [])


def test_a_flipped_byte_breaks_it(signed, people, tmp_path):
    data = bytearray(signed[0].path.read_bytes())
    place = data.index(b"stream") + 40
    data[place] ^= 1
    path = tmp_path / "flipped.pdf"
    path.write_bytes(data)
    with pytest.raises((VerificationError, DocumentError)):
        check_signatures(path, [people["issuer"][1]])


def test_an_attachment_swapped_in_a_later_revision_is_found(signed, people, tmp_path, tool):
    """The viewer's word is not enough: see what pdfsig says of the same file."""
    from pyhanko.pdf_utils import generic
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

    writer = IncrementalPdfFileWriter(io.BytesIO(signed[0].path.read_bytes()))
    spec = next(item.get_object() for item in writer.root["/AF"] if str(item.get_object()["/UF"]) == "checkpoint.txt")
    stream = spec["/EF"].raw_get("/F")
    writer.update_container(stream.get_object())
    new = generic.StreamObject(stream_data=b"another checkpoint", dict_data={k: v for k, v in stream.get_object().items() if k not in ("/Filter", "/Length")})
    writer.objects[(stream.generation, stream.idnum)] = new
    out = io.BytesIO()
    writer.write(out)
    path = tmp_path / "swapped.pdf"
    path.write_bytes(out.getvalue())
    assert read_attachments(path)["checkpoint.txt"] == b"another checkpoint"
    assert "Signature is Valid" in tool("pdfsig", "-nocert", str(path))
    with pytest.raises(VerificationError, match="changed after its last signature"):
        check_signatures(path, [people["issuer"][1]])
    with pytest.raises(VerificationError, match="Revision 2 of the PDF"):
        check_revisions(path)


def test_signing_over_a_swapped_attachment_is_refused(rendered, people, tmp_path):
    with pikepdf.open(rendered.path) as pdf:
        pdf.save(tmp_path / "base.pdf", deterministic_id=True)
    grown = tmp_path / "grown.pdf"
    grown.write_bytes(rendered.path.read_bytes() + b"\n% appended\n")
    with pytest.raises(VerificationError):
        signing.certify(grown, tmp_path / "out.pdf", opened(people, "issuer"))
    assert not (tmp_path / "out.pdf").exists()


def test_the_order_and_the_fields_are_kept(rendered, signed, people, tmp_path):
    with pytest.raises(UsageError, match="not been certified"):
        signing.countersign(rendered.path, tmp_path / "a.pdf", opened(people, "reviewer"), field="reviewer", reason="")
    with pytest.raises(UsageError, match="signed already"):
        signing.certify(signed[0].path, tmp_path / "b.pdf", opened(people, "issuer"))
    with pytest.raises(UsageError, match="has signed already"):
        signing.countersign(signed[1].path, tmp_path / "c.pdf", opened(people, "reviewer"), field="reviewer", reason="")
    with pytest.raises(UsageError, match="there already"):
        signing.countersign(signed[0].path, signed[1].path, opened(people, "auditor"), field="auditor", reason="")


def test_keys_that_viewers_can_not_check_are_refused(tmp_path):
    for name, key in (
        ("edwards", ed25519.Ed25519PrivateKey.generate()), ("short", rsa.generate_private_key(65537, 1024)),
        ("other", ec.generate_private_key(ec.SECP384R1())),
    ):
        with pytest.raises(SigningKeyError, match="neither ECDSA P-256 nor RSA"):
            credentials.load(make(tmp_path, name, key)[0], lambda _: "open sesame")


def test_wrong_passphrase_missing_and_foreign_files_say_so(people, tmp_path):
    with pytest.raises(WrongPassphraseError):
        credentials.load(people["issuer"][0], lambda _: "wrong")
    with pytest.raises(SigningKeyError, match="can't be read"):
        credentials.load(tmp_path / "none.p12", lambda _: "")
    (tmp_path / "odd.p12").write_bytes(b"odd")
    with pytest.raises(SigningKeyError, match="not a PKCS#12"):
        credentials.load(tmp_path / "odd.p12", lambda _: "")
