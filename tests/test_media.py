"""Nouns and media in a vault; what every vault must do for them is in adapters/test_vault.py."""

import pytest
from pydantic import Field

from onereel.adapters.vaults import open_vault
from onereel.errors import BadInput, Corrupted, NotInVault, VaultError
from onereel.media import fetch, fetch_file, keep, keep_file, keep_noun, read_noun, write_noun
from onereel.noun import Noun


class Take(Noun):
    """A noun to keep."""

    words: str
    seconds: float = Field(gt=0)
    tags: dict[str, int] = Field(default_factory=dict)


@pytest.fixture
def vault(tmp_path):
    return open_vault(str(tmp_path / "vault"))


def test_a_noun_is_kept_once(vault):
    assert keep_noun(vault, "takes/t01.json", Take(words="first", seconds=8))
    assert not keep_noun(vault, "takes/t01.json", Take(words="second", seconds=8))
    assert read_noun(vault, "takes/t01.json", Take) == Take(words="first", seconds=8)


def test_a_noun_may_be_replaced_where_that_is_meant(vault):
    write_noun(vault, "brief.json", Take(words="first", seconds=8))
    write_noun(vault, "brief.json", Take(words="Überblendung", seconds=0.1))

    assert read_noun(vault, "brief.json", Take) == Take(words="Überblendung", seconds=0.1)


def test_equal_nouns_give_equal_bytes(vault):
    keep_noun(vault, "a", Take(words="ü", seconds=8, tags={"x": 1, "y": 2}))
    keep_noun(vault, "b", Take(words="ü", seconds=8.0, tags={"y": 2, "x": 1}))

    assert vault.read("a") == vault.read("b")


def test_a_person_can_read_a_noun_in_the_vault(vault):
    keep_noun(vault, "a", Take(words="Ein Sturm zieht vorüber", seconds=8))

    assert '"words": "Ein Sturm zieht vorüber"\n' in vault.read("a").decode()


def test_a_noun_that_is_not_there_is_not_in_the_vault(vault):
    with pytest.raises(NotInVault, match="takes/t09"):
        read_noun(vault, "takes/t09.json", Take)


@pytest.mark.parametrize(
    ("kept", "told"),
    [
        (b"", "the whole"),
        (b"{", "the whole"),
        (b"\xff\xfe", "the whole"),
        (b"[]", "the whole"),
        (b'{"words": "a"}', "seconds: Field required"),
        (b'{"words": "a", "seconds": -1}', "seconds: Input should be greater than 0"),
        (b'{"words": "a", "seconds": 1, "colour": "red"}', "colour: Extra inputs are not permitted"),
    ],
)
def test_what_is_not_such_a_noun_is_corrupted_and_says_where(vault, kept, told):
    vault.write("takes/t01.json", kept, "application/json")

    with pytest.raises(Corrupted, match=f"takes/t01.json is not a Take \\({told}"):
        read_noun(vault, "takes/t01.json", Take)


def test_a_message_does_not_grow_with_what_was_found(vault):
    vault.write("a", b'{"words": "a", "seconds": 1, "%s": 1}' % (b"x" * 100_000), "application/json")

    with pytest.raises(Corrupted) as told:
        read_noun(vault, "a", Take)

    assert len(str(told.value)) < 1_000


def test_the_same_bytes_under_two_suffixes_are_two_files(vault):
    assert keep(vault, b"1", "png").key != keep(vault, b"1", "jpg").key


def test_an_empty_file_is_kept_like_any_other(vault, tmp_path):
    (tmp_path / "empty").write_bytes(b"")

    assert fetch(vault, keep_file(vault, tmp_path / "empty", "mp4")) == b""


def test_a_file_that_is_missing_is_named(vault, tmp_path):
    with pytest.raises(VaultError, match=r"take\.mp4.*check that the file is there"):
        keep_file(vault, tmp_path / "take.mp4", "mp4")


def test_fetching_into_a_new_folder_makes_it(vault, tmp_path):
    kept = keep(vault, b"film", "mp4")

    assert fetch_file(vault, kept, tmp_path / "new/take.mp4").read_bytes() == b"film"


def test_damaged_media_leaves_the_file_that_was_there(vault, tmp_path):
    kept, local = keep(vault, b"film", "mp4"), tmp_path / "take.mp4"
    local.write_bytes(b"an older take")
    vault.write(kept.key, b"f1lm", "video/mp4")

    with pytest.raises(Corrupted):
        fetch_file(vault, kept, local)
    assert local.read_bytes() == b"an older take"


def test_a_vault_error_is_neither_bad_input_nor_lost_when_pickled(vault):
    import pickle  # noqa: PLC0415 - what Prefect does to a failed state

    with pytest.raises(NotInVault) as told:
        vault.read("a")

    again = pickle.loads(pickle.dumps(told.value))
    assert str(again) == str(told.value)
    assert not isinstance(again, BadInput)
