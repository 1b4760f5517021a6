"""The Files API."""

import pytest
from google.genai import errors, types

from tests.studio.clients import draw, interact, picture_in, png


def test_an_uploaded_picture_is_kept_described_and_deleted(google, tmp_path):
    path = tmp_path / "mara.png"
    path.write_bytes(png())

    file = google.files.upload(file=path, config={"display_name": "Mara"})

    assert (file.state, file.source) == (types.FileState.ACTIVE, types.FileSource.UPLOADED)
    assert (file.mime_type, file.size_bytes, file.display_name) == ("image/png", len(png()), "Mara")
    assert google.files.get(name=file.name).uri == file.uri
    google.files.delete(name=file.name)
    with pytest.raises(errors.ClientError, match="404"):
        google.files.get(name=file.name)


def test_a_large_file_arrives_in_chunks(google, tmp_path):
    path = tmp_path / "large.bin"
    path.write_bytes(bytes(9 * 2**20))

    assert google.files.upload(file=path, config={"mime_type": "video/mp4"}).size_bytes == 9 * 2**20


def test_an_uploaded_picture_is_a_reference(google, tmp_path):
    path = tmp_path / "mara.png"
    path.write_bytes(png(size=(90, 160)))
    file = google.files.upload(file=path)

    assert picture_in(draw(google, ["Like this", file])).size == (768, 1376)


def test_a_missing_file_is_a_reference_to_nothing(google):
    gone = types.Part.from_uri(file_uri="https://x/v1beta/files/gone", mime_type="image/png")
    with pytest.raises(errors.ClientError, match="Cannot fetch content"):
        draw(google, ["Like this", gone])


def test_a_generated_film_is_described_and_downloaded(google):
    made = interact(google, shape={"delivery": "uri"})
    id_ = made.output_video.uri.partition("/files/")[2].partition(":")[0]

    file = google.files.get(name=f"files/{id_}")

    assert file.source == types.FileSource.GENERATED
    assert file.download_uri == made.output_video.uri
    assert len(google.files.download(file=file)) == file.size_bytes


def test_what_was_never_made_cannot_be_downloaded(google):
    with pytest.raises(errors.ClientError, match="404"):
        google.files.download(file="https://generativelanguage.googleapis.com/v1beta/files/none:download?alt=media")
