"""The library: a picture is found again among all keyframes, takes and references of a vault."""

import json

from PIL import Image

from onereel.adapters.folder import FolderVault
from onereel.cli import main
from onereel.library import LIBRARY, library
from onereel.media import keep
from tests.pictures_drawn import encoded, scene
from tests.productions import board


async def test_a_picture_is_found_again_smaller_and_as_jpeg(make, studio, vault, tmp_path, capsys):
    studio(footage="film")
    shots = keep(FolderVault(vault), board({}, {}).model_dump_json().encode(), "json").key
    await make(seconds=8, shots=shots)
    place = FolderVault(vault)
    pictures = library(place)
    wanted = next(seen for seen in pictures if seen.kind == "keyframe" and seen.name == "s020/opening")
    with Image.open(vault / wanted.media) as image:
        image.convert("RGB").resize((213, 120)).save(tmp_path / "copy.jpg", quality=60)
    (tmp_path / "other.png").write_bytes(encoded(scene(7, (320, 180))))
    (tmp_path / "broken.png").write_bytes(b"no picture")

    def found(*words):
        try:
            main(["find", *words, "--vault", str(vault)])
        except SystemExit as ended:
            return ended.code, capsys.readouterr()
        return 0, capsys.readouterr()

    rows = json.loads(found(str(tmp_path / "copy.jpg"), "--json")[1].out)
    assert ("keyframe", "s020/opening", True) in {(row["kind"], row["name"], row["same"]) for row in rows}
    assert "take" in {row["kind"] for row in rows}, "the take opens on it"
    assert "nothing like it" in found(str(tmp_path / "other.png"))[1].out
    code, said = found(str(tmp_path / "broken.png"))
    assert code == 2
    assert "broken.png" in said.err

    kept = place.read(LIBRARY)
    assert library(place) == pictures
    assert place.read(LIBRARY) == kept, "nothing new was read"
    place.remove(LIBRARY)
    assert sorted(map(str, library(place))) == sorted(map(str, pictures)), "rebuilt from the vault"
