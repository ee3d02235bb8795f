"""What WeasyPrint leaves to do: PDF/UA metadata, one mention of each attachment, and a repacked file."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

_UA: Final = b"""<rdf:Description rdf:about="" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/" pdfuaid:part="1" />\
<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/" \
xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">\
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">\
<pdfaSchema:schema>PDF/UA identification schema</pdfaSchema:schema>\
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>\
<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix><pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">\
<pdfaProperty:name>part</pdfaProperty:name><pdfaProperty:valueType>Integer</pdfaProperty:valueType>\
<pdfaProperty:category>internal</pdfaProperty:category>\
<pdfaProperty:description>Part of ISO 14289 that the file conforms to</pdfaProperty:description>\
</rdf:li></rdf:Seq></pdfaSchema:property></rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description>"""
"""PDF/UA-1 has to be said inside the one `rdf:RDF`, with the extension schema that PDF/A-3 wants for foreign words."""

_END: Final = b"</rdf:RDF>"
LEAVES: Final = frozenset({"/TD", "/P", "/Span", "/H1", "/H2", "/H3", "/L", "/Link", "/Figure", "/Caption", "/Code"})
"""What holds no table in a pack of ours: not walked, for a large pack has a hundred thousand of them."""


def finisher() -> Callable[[Any, Any], None]:
    """Return the function that WeasyPrint calls before it writes the file."""

    def finish(document: Any, pdf: Any) -> None:
        """Say PDF/UA in the metadata and list each attachment once (WeasyPrint 70.0 lists it twice)."""
        del document
        metadata = pdf.objects[_number(pdf.catalog["Metadata"])]
        metadata.stream = [
            part.replace(_END, _UA + _END) if isinstance(part, bytes) else part for part in metadata.stream
        ]
        if "AF" in pdf.catalog:
            pdf.catalog["AF"][:] = list(dict.fromkeys(_reference(item) for item in pdf.catalog["AF"]))

    return finish


def _reference(item: Any) -> bytes:
    """Return the indirect reference of an object or of a reference."""
    return item if isinstance(item, bytes) else bytes(item.reference)


def _number(reference: bytes) -> int:
    """Return the object number in `12 0 R`."""
    found = re.match(rb"\d+", reference)
    if found is None:
        message = "WeasyPrint's metadata is not where it was in version 70"
        raise RuntimeError(message)
    return int(found[0])


def repack(source: Path, target: Path, identifier: bytes) -> None:
    """Write `source` again with compressed object streams; the first half of its identifier is `identifier`.

    (WeasyPrint 70.0 writes the identifier as a literal string, in which a byte 13 is read back as 10.)
    Without it a signer reads the one object stream again for every object (90 s instead of 3 s for a large pack).
    """
    import pikepdf

    with pikepdf.open(source) as pdf:
        _scope_heads(pdf)
        pdf.trailer["/ID"] = pikepdf.Array([pikepdf.String(identifier), pikepdf.String(identifier)])
        pdf.save(target, object_stream_mode=pikepdf.ObjectStreamMode.generate, deterministic_id=True)


def _scope_heads(pdf: Any) -> None:
    """Say of each head of a table whether it heads a column or a row: WeasyPrint links cells to heads, which not every reader follows."""
    import pikepdf

    column, row = (pikepdf.Array([pikepdf.Dictionary(O=pikepdf.Name.Table, Scope=name)]) for name in (pikepdf.Name.Column, pikepdf.Name.Row))
    waiting = [(pdf.Root.StructTreeRoot.get("/K"), row)]
    while waiting:
        node, scope = waiting.pop()
        if isinstance(node, pikepdf.Array):
            waiting += [(child, scope) for child in node]
        elif isinstance(node, pikepdf.Dictionary):
            kind = node.get("/S")
            if kind == "/TH":
                node.A = scope
            elif kind is not None and kind not in LEAVES:
                waiting.append((node.get("/K"), column if kind == "/THead" else row if kind == "/TBody" else scope))
