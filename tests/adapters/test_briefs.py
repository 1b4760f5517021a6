import json
import os
from dataclasses import dataclass, field

import pytest

from onereel.adapters.briefs import check_kept, gather_references, load_brief, store_references
from onereel.adapters.folder import FolderVault
from onereel.brief import Brief
from onereel.errors import BadInput, Corrupted
from onereel.footage import Media
from onereel.media import fetch, keep
from tests.pictures_drawn import encoded, scene

REQUIRED = "production: lighthouse\nidea: A storm passes\nseconds: 24\n"
MARA = encoded(scene(1, (64, 48)))
HARBOUR = encoded(scene(2, (64, 48)), "JPEG")


def told(**fields):
    return Brief(production="lighthouse", idea="A storm passes", seconds=24, **fields)


@dataclass
class Desk:
    """A brief's folder with two pictures, and an empty vault elsewhere."""

    folder: object
    vault: FolderVault
    kept: list = field(default_factory=list)

    def write(self, text, name="lighthouse.yaml"):
        path = self.folder / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path


@pytest.fixture
def desk(tmp_path):
    folder = tmp_path / "brief"
    (folder / "pictures").mkdir(parents=True)
    (folder / "mara.png").write_bytes(MARA)
    (folder / "pictures" / "harbour.jpg").write_bytes(HARBOUR)
    return Desk(folder, FolderVault(tmp_path / "vault"))


def complaint(path):
    with pytest.raises(BadInput) as refused:
        load_brief(path)
    return str(refused.value)


class TestLoading:
    def test_three_fields_make_a_brief(self, desk):
        assert load_brief(desk.write(REQUIRED)) == told()

    def test_json_says_the_same(self, desk):
        text = json.dumps({"production": "lighthouse", "idea": "A storm passes", "seconds": 24})

        assert load_brief(desk.write(text, "lighthouse.json")) == told()

    def test_a_byte_order_mark_and_umlauts_are_read(self, desk):
        brief = load_brief(desk.write(("\ufeff" + REQUIRED + "look: {style: Öl auf Leinwand}").encode()))

        assert brief.look.style == "Öl auf Leinwand"

    @pytest.mark.parametrize("ratio", ["16:9", "9:16", '"16:9"'])
    def test_an_aspect_ratio_needs_no_quotes(self, desk, ratio):
        assert load_brief(desk.write(f"{REQUIRED}aspect_ratio: {ratio}")).aspect_ratio == ratio.strip('"')

    def test_norwegian_is_a_language_and_a_year_is_text(self, desk):
        brief = load_brief(desk.write(f"{REQUIRED}language: no\nlook:\n  period: 1958-01-02"))

        assert (brief.language, brief.look.period) == ("no", "1958-01-02")

    def test_a_field_without_a_value_counts_as_not_given(self, desk):
        assert load_brief(desk.write(f"{REQUIRED}look:\nbudget_usd:\n")) == told()

    def test_a_plain_path_is_a_reference(self, desk):
        brief = load_brief(desk.write(f"{REQUIRED}references: [mara.png, {{path: b.png, note: the pier}}]"))

        assert [(one.path, one.note) for one in brief.references] == [("mara.png", ""), ("b.png", "the pier")]

    @pytest.mark.parametrize(
        ("line", "said"),
        [
            ("seconds: 1", "seconds: must be at least 3 (is 1)"),
            ("seconds: 9999", "seconds: must be at most 3600 (is 9999)"),
            ("seconds: long", "seconds: must be a number (is 'long')"),
            ("seconds: nan", "seconds: must be a"),
            ("budget_usd: 0", "budget_usd: must be more than 0 (is 0)"),
            ("budget_usd: nan", "budget_usd: must be a number (is 'nan')"),
            ("candidates: 1.5", "candidates: must be a whole number (is 1.5)"),
            ("sound: loud", "sound: must be true or false (is 'loud')"),
            ("aspect_ratio: '4:3'", "aspect_ratio: '4:3' is not one of 16:9, 9:16"),
            ("tier: proof", "tier: 'proof' is not one of draft, final"),
            ("approve: [plan]", "approve 1: 'plan' is not one of storyboard, keyframes, takes, cut"),
            ("language: 5", "language: must be text (is 5); put it in quotes"),
            ("production: Light House", "production: 'Light House' does not fit: Name of the film: lower-case letters"),
            ("idea: ''", "idea: must not be empty"),
            ("look: dark", "look: must be a group of fields (is 'dark')"),
            ("references: mara.png", "references: must be a list (is 'mara.png')"),
            ("characters: [{name: Mara}]", "characters 1, description: is required"),
            ("budget: 5", "budget: there is no such field; did you mean 'budget_usd'?"),
            ("look: {pallete: blue}", "look, pallete: there is no such field; did you mean 'palette'?"),
            ("characters: [{name: A, description: b, refs: []}]", "characters 1, refs: there is no such field"),
            ("zzz: 1", "zzz: there is no such field; known are approve, aspect_ratio"),
        ],
    )
    def test_a_wrong_field_is_named_with_what_would_be_right(self, desk, line, said):
        name = line.partition(":")[0]
        kept = "".join(f"{one}\n" for one in REQUIRED.splitlines() if not one.startswith(f"{name}:"))

        assert complaint(desk.write(kept + line)).startswith(f"lighthouse.yaml: {said}")

    def test_every_wrong_field_is_told_at_once_a_line_each(self, desk):
        assert complaint(desk.write("production: lighthouse\nseconds: 1\ntier: x")).splitlines() == [
            "lighthouse.yaml: idea: is required",
            "lighthouse.yaml: seconds: must be at least 3 (is 1)",
            "lighthouse.yaml: tier: 'x' is not one of draft, final",
        ]

    def test_two_characters_of_one_name_are_refused(self, desk):
        text = f"{REQUIRED}characters: [{{name: Mara, description: a}}, {{name: mara, description: b}}]"

        assert "two characters are called 'mara'" in complaint(desk.write(text))

    def test_a_long_value_is_shortened_in_the_message(self, desk):
        assert len(complaint(desk.write(f"{REQUIRED}tier: {'x' * 9999}"))) < 200

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("production: a\nproduction: b", "'production' is given twice"),
            ("look: {style: a, style: b}", "'style' is given twice"),
            ("a: &a [1]\nb: *a", "line 2: aliases (*) are not read"),
            ("[" * 50 + "]" * 50, "nested too deep"),
            ("idea: !!python/object/apply:os.getcwd []", "line 1: not YAML we can read"),
            ("a: b: c", "line 1: not YAML we can read"),
            ("--- 1\n--- 2", "another document"),
            ("", "not a brief"),
            ("- a\n- b", "not a brief"),
            ("just words", "not a brief"),
            ("idea: \0", "control characters"),
            (b"idea: \xff\xff", "byte 6 is not UTF-8"),
            ("seconds: " + "9" * 5000, "lighthouse.yaml: "),
            ("idea: " + "x" * 600_000, "longer than 0.5 MB"),
        ],
    )
    def test_a_file_that_is_no_plain_yaml_is_refused(self, desk, text, said):
        assert said in complaint(desk.write(text))

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ('{"seconds": 1, "seconds": 2}', "'seconds' is given twice"),
            ('{"seconds": NaN}', "NaN is not a number"),
            ("[" * 100_000, "nested too deep"),
            ('{"idea":', "line 1: not JSON"),
        ],
    )
    def test_a_file_that_is_no_plain_json_is_refused(self, desk, text, said):
        assert said in complaint(desk.write(text, "lighthouse.json"))

    def test_a_billion_laughs_are_over_at_once(self, desk):
        lines = ["l0: &l0 [ha, ha]"] + [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 30)]

        assert "aliases" in complaint(desk.write("\n".join(lines)))

    @pytest.mark.parametrize("name", ["brief.txt", "brief", "brief.toml"])
    def test_another_suffix_is_refused(self, desk, name):
        assert "a brief is one of .yaml, .yml, .json" in complaint(desk.write(REQUIRED, name))

    def test_a_missing_brief_and_a_folder_are_refused(self, desk):
        (desk.folder / "folder.yaml").mkdir()

        assert "there is no such file" in complaint(desk.folder / "missing.yaml")
        assert "there is no such file" in complaint(desk.folder / "folder.yaml")


def refusal(brief, folder):
    with pytest.raises(BadInput) as refused:
        gather_references(brief, folder)
    return str(refused.value)


class TestGathering:
    def test_pictures_lie_beside_the_brief(self, desk):
        brief = told(references=["mara.png", "pictures/harbour.jpg", "./mara.png"])

        assert [path for _, path in gather_references(brief, desk.folder)] == [
            desk.folder / "mara.png",
            desk.folder / "pictures" / "harbour.jpg",
        ]

    def test_the_same_picture_under_two_names_is_one(self, desk):
        (desk.folder / "copy.png").write_bytes(MARA)
        who = {"name": "Mara", "description": "a keeper", "references": ["copy.png"]}

        assert len(gather_references(told(references=["mara.png"], characters=[who]), desk.folder)) == 1

    def test_a_key_is_passed_on_unread(self, desk):
        key = Media.of(MARA, "png").key

        assert [path for _, path in gather_references(told(references=[key]), None)] == [key]

    def test_a_brief_without_pictures_gathers_nothing(self, desk):
        assert gather_references(told(), desk.folder) == []

    @pytest.mark.parametrize(
        "path", ["../secret.png", "pictures/../../secret.png", "pictures/../mara.png", "/etc/passwd"]
    )
    def test_a_path_out_of_the_folder_is_refused(self, desk, path):
        (desk.folder.parent / "secret.png").write_bytes(MARA)

        assert f"reference {path!r}: leads out of the brief's folder" in refusal(told(references=[path]), desk.folder)

    def test_links_may_lead_about_the_folder_but_not_out_of_it(self, desk):
        (desk.folder.parent / "secret.png").write_bytes(MARA)
        (desk.folder / "out.png").symlink_to(desk.folder.parent / "secret.png")
        (desk.folder / "up").symlink_to(desk.folder.parent)
        (desk.folder / "in.png").symlink_to(desk.folder / "mara.png")

        assert "leads out" in refusal(told(references=["out.png"]), desk.folder)
        assert "leads out" in refusal(told(references=["up/secret.png"]), desk.folder)
        assert gather_references(told(references=["in.png"]), desk.folder)[0][1] == desk.folder / "mara.png"

    def test_a_link_to_itself_is_refused(self, desk):
        (desk.folder / "loop.png").symlink_to("loop.png")

        assert "reference 'loop.png': cannot be found" in refusal(told(references=["loop.png"]), desk.folder)

    @pytest.mark.parametrize(
        "address",
        ["https://example.com/a.png", "http://169.254.169.254/", "file:///etc/passwd", "s3://bucket/a.png",
         "data:image/png;base64,AAAA", "//host/a.png", "\\\\host\\a.png", "C:\\a.png", "HTTP://X"],
    )  # fmt: skip
    def test_an_address_is_never_fetched(self, desk, address):
        assert "addresses are not fetched" in refusal(told(references=[address]), desk.folder)

    def test_a_missing_picture_is_answered_with_the_one_that_was_meant(self, desk):
        assert "did you mean 'mara.png'?" in refusal(told(references=["maar.png"]), desk.folder)
        assert "put it there or correct the name" in refusal(told(references=["zzzzz.webp"]), desk.folder)

    @pytest.mark.parametrize("path", ["pictures", "mara.png/x.png", "a\0b.png", "x" * 300])
    def test_what_is_no_file_is_refused(self, desk, path):
        assert refusal(told(references=[path]), desk.folder).startswith("reference ")

    def test_a_pipe_does_not_block(self, desk):
        os.mkfifo(desk.folder / "pipe.png")

        assert "is not a file" in refusal(told(references=["pipe.png"]), desk.folder)

    @pytest.mark.parametrize(
        ("data", "said"),
        [
            (b"", "not a PNG, JPEG or WebP"),
            (b"GIF89a", "not a PNG"),
            (MARA[:-100], "damaged"),
            (bytes(51_000_000), "MB"),
        ],
    )
    def test_a_file_that_is_no_sound_picture_is_refused_by_name(self, desk, data, said):
        (desk.folder / "bad.png").write_bytes(data)
        message = refusal(told(references=["bad.png"]), desk.folder)

        assert message.startswith("reference 'bad.png': ")
        assert said in message

    def test_all_bad_references_are_told_at_once(self, desk):
        who = {"name": "Mara", "description": "a keeper", "references": ["no.png", "../x.png", "no.png"]}

        assert len(refusal(told(references=["http://a"], characters=[who]), desk.folder).splitlines()) == 3

    def test_a_brief_without_a_folder_names_keys_only(self):
        assert "came without a folder" in refusal(told(references=["mara.png"]), None)


class TestStoring:
    def test_pictures_are_kept_byte_for_byte_and_named_by_key(self, desk):
        who = {"name": "Mara", "description": "a keeper", "references": [{"path": "mara.png", "note": "face"}]}
        brief = store_references(told(references=["pictures/harbour.jpg"], characters=[who]), desk.folder, desk.vault)

        assert brief.references[0].path == Media.of(HARBOUR, "jpg").key
        assert brief.characters[0].references[0].path == Media.of(MARA, "png").key
        assert brief.characters[0].references[0].note == "face"
        assert fetch(desk.vault, Media.of(MARA, "png")) == MARA
        assert fetch(desk.vault, Media.of(HARBOUR, "jpg")) == HARBOUR

    def test_a_picture_is_kept_once_and_named_once_in_a_list(self, desk):
        (desk.folder / "copy.png").write_bytes(MARA)
        who = {"name": "Mara", "description": "a keeper", "references": ["copy.png"]}
        brief = told(references=["mara.png", "copy.png", "mara.png"], characters=[who])
        stored = store_references(brief, desk.folder, desk.vault)

        assert len(stored.references) == 1
        assert stored.characters[0].references[0].path == stored.references[0].path
        assert list(desk.vault.keys("")) == [stored.references[0].path]

    def test_the_suffix_tells_what_it_is_not_what_it_is_called(self, desk):
        (desk.folder / "really.png").write_bytes(HARBOUR)
        stored = store_references(told(references=["really.png"]), desk.folder, desk.vault)

        assert stored.references[0].path.endswith(".jpg")

    def test_a_stored_brief_is_stored_again_without_its_folder(self, desk):
        stored = store_references(told(references=["mara.png"]), desk.folder, desk.vault)

        assert store_references(stored, None, desk.vault) == stored

    def test_a_brief_without_pictures_stays_as_it_is(self, desk):
        assert store_references(told(), desk.folder, desk.vault) == told()

    @pytest.mark.parametrize("bad", ["missing.png", "../x.png", "media/" + "ab/ab" + "0" * 62 + ".png"])
    def test_bad_input_writes_nothing(self, desk, bad):
        with pytest.raises(BadInput):
            store_references(told(references=["mara.png", bad]), desk.folder, desk.vault)

        assert list(desk.vault.keys("")) == []

    def test_gathering_and_checking_write_nothing(self, desk):
        gather_references(told(references=["mara.png"]), desk.folder)
        check_kept(told(references=["mara.png"]), desk.vault)

        assert list(desk.vault.keys("")) == []

    def test_a_damaged_picture_in_the_vault_is_found(self, desk):
        media = keep(desk.vault, MARA, "png")
        desk.vault.write(media.key, HARBOUR, "image/png")

        with pytest.raises(Corrupted, match="damaged"):
            check_kept(told(references=[media.key]), desk.vault)

    def test_a_key_that_is_no_picture_is_refused(self, desk):
        media = keep(desk.vault, b"not a picture", "png")

        with pytest.raises(BadInput, match="not a PNG"):
            check_kept(told(references=[media.key]), desk.vault)

    def test_a_key_that_lies_about_its_type_is_refused(self, desk):
        media = keep(desk.vault, HARBOUR, "png")

        with pytest.raises(BadInput, match="not of the type its name says"):
            check_kept(told(references=[media.key]), desk.vault)

    @pytest.mark.parametrize("key", ["media/../journal/a.png", "media/ab/short.png", "productions/a/brief.json"])
    def test_only_media_keys_reach_the_vault(self, desk, key):
        with pytest.raises(BadInput):
            store_references(told(references=[key]), desk.folder, desk.vault)
