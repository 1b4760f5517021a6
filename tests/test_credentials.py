"""What a film says of its own making can be read by anybody, and costs the film nothing."""

import io
import struct

import av
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from PIL import Image

from onereel.adapters.labels import label_film, label_jpeg, xmp
from onereel.certificates import signatory_from, stand_in
from onereel.credentials import SOURCE_TYPE, Claim, Ingredient, check_signatory, read_credentials, sign, signed
from onereel.errors import BadInput
from tests.certificate import write_certificate
from tests.film_fixtures import decode_strictly, film

PROGRAM = ("onereel", "1.0")


@pytest.fixture
def files(tmp_path):
    """A certificate with its key, as files."""
    whose = stand_in("A producer")
    (tmp_path / "chain.pem").write_bytes(whose.chain)
    (tmp_path / "secret.pem").write_bytes(whose.key)
    return str(tmp_path / "chain.pem"), str(tmp_path / "secret.pem")


def boxes(data: bytes) -> list[str]:
    names, at = [], 0
    while at < len(data):
        size, name = struct.unpack(">I4s", data[at : at + 8])
        names.append(name.decode())
        at += size
    return names


def packets(path) -> list[tuple]:
    with av.open(str(path)) as opened:
        return [(packet.stream_index, packet.pts, packet.dts, bytes(packet)) for packet in opened.demux()]


def test_a_signed_film_is_the_same_film_and_names_what_it_was_made_from(tmp_path):
    take = tmp_path / "take.mp4"
    sign(film(tmp_path / "plain.mp4"), take, "mp4", Claim("take", ("a vendor", "")), stand_in("Vendor"))
    master, done = film(tmp_path / "master.mp4", frames=144), tmp_path / "signed.mp4"
    before = packets(master)
    label_film(master, xmp('A <storm> & "gale"\x00', "AI-generated", "onereel 1.0"))
    taken = [Ingredient("storm/s010/t01", take, "ab" * 32), Ingredient("storm/s020/t01", tmp_path / "plain.mp4", "")]

    sign(master, done, "mp4", Claim("storm", PROGRAM, taken), stand_in("A producer"))
    found, data = read_credentials(done, "mp4"), done.read_bytes()

    assert (found.state, found.made_with, found.source_types) == ("valid", "onereel 1.0", ("trainedAlgorithmicMedia",))
    assert found.signed_by == "test certificate, proves nothing, A producer"
    assert found.ingredients == ("storm/s010/t01", "storm/s020/t01")
    assert b"ab" * 32 in data
    assert b"Vendor" in data, "the take's own credentials are inside the master's"
    assert packets(done) == before
    assert len(decode_strictly(done)) == 144
    assert [name for name in boxes(data) if name != "free"] == ["ftyp", "uuid", "moov", "mdat", "uuid"]
    assert SOURCE_TYPE.encode() in data[-1500:]
    assert b"A &lt;storm&gt; &amp; &quot;gale&quot;<" in data


def test_a_byte_that_changed_after_signing_shows(tmp_path):
    data = bytearray(signed(film(tmp_path / "take.mp4").read_bytes(), "mp4", Claim("t", PROGRAM), stand_in("x")))
    data[-9] ^= 1

    found = read_credentials(bytes(data), "mp4")

    assert (found.state, found.problems) == ("invalid", ("assertion.bmffHash.mismatch",))


def test_a_file_that_says_nothing_is_not_an_error(tmp_path):
    assert read_credentials(film(tmp_path / "take.mp4"), "mp4").state == "none"
    assert read_credentials(b"\x89PNG, or so it says", "png").state == "invalid"


def test_a_labelled_jpeg_is_the_same_picture():
    target = io.BytesIO()
    Image.radial_gradient("L").save(target, "JPEG")
    labelled = label_jpeg(target.getvalue(), xmp("storm", "AI-generated", "onereel"))

    with Image.open(io.BytesIO(labelled)) as picture, Image.open(target) as before:
        assert SOURCE_TYPE.encode() in picture.info["xmp"]
        assert picture.tobytes() == before.tobytes()


def test_a_certificate_and_its_key_sign(files):
    whose = signatory_from(*files)
    check_signatory(whose)

    assert (whose.name, whose.algorithm) == ("test certificate, proves nothing, A producer", "es256")
    assert "PRIVATE" not in repr(whose)
    assert signatory_from("", "") is None


def test_what_cannot_sign_is_refused_by_name_and_the_key_is_never_quoted(files, tmp_path):
    chain, key = files
    other = rsa.generate_private_key(65537, 2048)
    (tmp_path / "other.pem").write_bytes(other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (tmp_path / "junk.pem").write_text("-----BEGIN PRIVATE KEY-----\nMySecret\n-----END PRIVATE KEY-----\n")
    web = write_certificate(tmp_path / "web.pem")

    def refused(*paths: object) -> str:
        with pytest.raises(BadInput) as told:
            check_signatory(signatory_from(*map(str, paths)))
        return str(told.value)

    assert "ONEREEL_C2PA_KEY is not" in refused(chain, "")
    assert "cannot be read" in refused(chain, tmp_path / "nowhere.pem")
    assert "is not the key of" in refused(chain, tmp_path / "other.pem")
    assert "is not certificates in PEM" in refused(tmp_path / "junk.pem", key)
    assert "MySecret" not in refused(chain, tmp_path / "junk.pem")
    assert "C2PA" in refused(tmp_path / "web.pem", web), "a web server's certificate is of another kind"
