"""The label "made by a model" as metadata: an XMP packet with IPTC's digital source type, in films and JPEGs."""

import unicodedata
from pathlib import Path
from uuid import UUID
from xml.sax.saxutils import escape

from onereel.credentials import SOURCE_TYPE

XMP_BOX = UUID("be7acfcb-97a9-42e8-9c71-999491e3afac").bytes
"""What an MP4 calls a box of XMP: ISO 16684-3."""
XMP_SEGMENT = b"http://ns.adobe.com/xap/1.0/\0"
"""What a JPEG calls a segment of XMP: the same."""

_PACKET = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about=""
    xmlns:dc="http://purl.org/dc/elements/1.1/"
    xmlns:xmp="http://ns.adobe.com/xap/1.0/"
    xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
    xmp:CreatorTool="{tool}"
    Iptc4xmpExt:DigitalSourceType="{source}">
   <dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>
   <dc:description><rdf:Alt><rdf:li xml:lang="x-default">{label}</rdf:li></rdf:Alt></dc:description>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="r"?>"""


def xmp(title: str, label: str, tool: str) -> bytes:
    """Return an XMP packet.

    Args:
        title: Of the production; may be a model's words.
        label: What is said of its making.
        tool: Program and version.
    """
    words = {"title": _plain(title), "label": _plain(label), "tool": _plain(tool)}
    return _PACKET.format(source=SOURCE_TYPE, **words).encode()


def label_film(path: Path, packet: bytes) -> None:
    """Put an XMP packet at the end of an MP4: no other byte moves, so it still starts playing while it loads."""
    with path.open("ab") as film:
        film.write((8 + len(XMP_BOX) + len(packet)).to_bytes(4, "big") + b"uuid" + XMP_BOX + packet)


def label_jpeg(data: bytes, packet: bytes) -> bytes:
    """Return a JPEG with an XMP packet, at most 65,000 bytes long, behind its first segment; the picture is the same.

    Args:
        data: As Pillow writes it, a JFIF segment first.
        packet: See `xmp`.
    """
    after = 4 + int.from_bytes(data[4:6], "big")
    body = XMP_SEGMENT + packet
    return data[:after] + b"\xff\xe1" + (2 + len(body)).to_bytes(2, "big") + body + data[after:]


def _plain(words: str) -> str:
    """Return words as XML takes them: control characters have no place in it, escaped or not."""
    shown = "".join(sign for sign in " ".join(words.split()) if unicodedata.category(sign) not in {"Cc", "Cs", "Cn"})
    return escape(shown[:1000], {'"': "&quot;"})
