import contextlib
import csv
import io
import json
import random
import zipfile
from datetime import date

import openpyxl
import pytest
import yaml

from onereel.adapters.shotlists import COLUMNS, SUFFIXES, read_shots, write_shots
from onereel.errors import BadInput, VaultError
from onereel.storyboard import Line, Shot, Storyboard, View

HEAD = "id,seconds,action"
PLAN = Storyboard(
    title="The Late Boat",
    shots=(
        Shot(id="s010", seconds=8, action="A storm passes."),
        Shot(
            id="s020",
            seconds=4.5,
            action='The keeper says "no", twice;\nthen waits.',
            setting="Norwegian coast, dusk",
            camera=View(position="low angle", movement="slow push in; then static"),
            dialogue=(Line(speaker="MARA", line="Is it: him?"), Line(speaker="JON", line="Nei, ikke ennå.")),
            characters=("Mara", "Jon Ø"),
            opening="The lamp",
            closing="-20 °C on the dial",
            transition="fade",
            note="=cmd|' /C calc'!A0",
        ),
        Shot(id="s030", seconds=2, action="+47 on a note", join="cut", sounds="@ sea"),
    ),
)


def csv_of(*lines, tmp_path, name="shots.csv", encoding="utf-8"):
    path = tmp_path / name
    path.write_bytes("\r\n".join(lines).encode(encoding))
    return path


def xlsx_of(rows, tmp_path):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    path = tmp_path / "shots.xlsx"
    book.save(path)
    return path


def refusal(path):
    with pytest.raises(BadInput) as refused:
        read_shots(path)
    return str(refused.value)


class TestRoundTrip:
    @pytest.mark.parametrize("suffix", SUFFIXES)
    def test_what_is_written_is_read_back_unchanged(self, tmp_path, suffix):
        write_shots(PLAN, tmp_path / f"shots{suffix}")

        assert read_shots(tmp_path / f"shots{suffix}") == PLAN

    @pytest.mark.parametrize("suffix", SUFFIXES)
    @pytest.mark.parametrize("seed", range(25))
    def test_every_legal_storyboard_is_read_back_unchanged(self, tmp_path, suffix, seed):
        plan = any_storyboard(random.Random(seed))
        write_shots(plan, tmp_path / f"shots{suffix}")

        assert read_shots(tmp_path / f"shots{suffix}") == plan

    @pytest.mark.parametrize("suffix", SUFFIXES)
    def test_the_longest_storyboard_there_can_be_is_read_back(self, tmp_path, suffix):
        shot = Shot(
            id="s000", seconds=119.99999999999999, action="é" * 800, setting="x" * 400, opening="y" * 800,
            dialogue=[Line(speaker="ø" * 40, line="z" * 400)] * 8, note="n" * 800, closing="ß" * 800,
        )  # fmt: skip
        plan = Storyboard(shots=tuple(shot.model_copy(update={"id": f"s{n:04}"}) for n in range(400)))
        write_shots(plan, tmp_path / f"shots{suffix}")

        assert read_shots(tmp_path / f"shots{suffix}") == plan

    def test_writing_again_replaces_the_file(self, tmp_path):
        write_shots(PLAN, tmp_path / "shots.csv")
        write_shots(Storyboard(shots=PLAN.shots[:1]), tmp_path / "shots.csv")

        assert len(read_shots(tmp_path / "shots.csv").shots) == 1
        assert [path.name for path in tmp_path.iterdir()] == ["shots.csv"]

    def test_a_folder_that_is_not_there_is_told(self, tmp_path):
        with pytest.raises(VaultError, match="cannot write"):
            write_shots(PLAN, tmp_path / "no" / "shots.csv")

    @pytest.mark.parametrize("name", ["shots.txt", "shots.xls", "shots"])
    def test_other_files_are_neither_read_nor_written(self, tmp_path, name):
        with pytest.raises(BadInput, match="a shot list is one of"):
            write_shots(PLAN, tmp_path / name)
        with pytest.raises(BadInput, match="a shot list is one of"):
            read_shots(tmp_path / name)


PIECES = [
    "=1+1", "+", "-", "@SUM(A1)", "'", "''=x", "'tis", "＝", '"', '""', ";", ",", ":", "\t", "|", "\n", "\\n", "\r\n", " ", "\u3000",
    "_x000D_", "_x005F_", "x005F_", "#N/A", "#REF!", "TRUE", "no", "null", "~", "16:9", "1e3", "0x1F", "1.5", "007", "NaN", "NA", "nan",
    "2024-01-01", "- a", "# b", "{a", "[b", "&c", "*d", "!e", "%f", "`", "é", "日本", "🎬", "\u202e", "\ufeff", "\u200b", "\x85", "\u2028",
    "\x00", "\x1b", "\x7f", "\uffff", "<b>", "]]>", "&amp;", "sep=;", "word", "Mara", "0", "10", "4,5", "%00", "e\u0301",
]  # fmt: skip


def any_text(dice, longest, *, without=""):
    text = "".join(dice.choice(PIECES) for _ in range(dice.randrange(1, 7)))[:longest]
    return "".join(letter for letter in text if letter not in without)


def any_shot(dice, number):
    def perhaps(longest, without=""):
        return any_text(dice, longest, without=without) if dice.random() < 0.5 else ""

    def surely(longest, without=""):
        return "x" + any_text(dice, longest - 2, without=without) if dice.random() < 0.3 else (
            any_text(dice, longest - 1, without=without) + "x"
        )  # fmt: skip

    return Shot(
        id=f"s{number:03}",
        seconds=dice.choice([1, 120, 4.5, dice.uniform(1, 120), 8.1, 3.0]),
        action=surely(800),
        **{name: perhaps(200) for name, field in Shot.model_fields.items() if field.default == ""},
        camera=View(position=perhaps(200, ";"), movement=perhaps(200)),
        dialogue=tuple(
            Line(speaker=surely(40, ":\r\n"), line=surely(400, "\r\n")) for _ in range(dice.choice([0, 0, 1, 3, 8]))
        ),
        characters=tuple(surely(40, ";:|\r\n") for _ in range(dice.choice([0, 0, 1, 5]))),
        join=dice.choice(["cut", "match", "continue"]),
        transition=dice.choice(["cut", "fade"]),
    )


def any_storyboard(dice):
    shots = tuple(any_shot(dice, number) for number in range(dice.randrange(1, 20)))
    return Storyboard(title=any_text(dice, 120) if dice.random() < 0.5 else "", shots=shots)


class TestReading:
    def test_three_columns_make_a_shot_list(self, tmp_path):
        plan = read_shots(csv_of(HEAD, "s010,4,A storm", tmp_path=tmp_path))

        assert plan == Storyboard(shots=(Shot(id="s010", seconds=4, action="A storm"),))

    @pytest.mark.parametrize(
        ("encoding", "separator"),
        [("utf-8", ","), ("utf-8-sig", ";"), ("utf-8", "\t"), ("utf-16", "\t"), ("utf-8-sig", ",")],
    )
    def test_what_spreadsheets_export_is_read(self, tmp_path, encoding, separator):
        head, row = separator.join(["ID ", "Seconds", " Action"]), separator.join(["s010", "4", "Öl"])

        assert read_shots(csv_of(head, row, tmp_path=tmp_path, encoding=encoding)).shots[0].action == "Öl"

    def test_excels_separator_line_is_obeyed(self, tmp_path):
        assert (
            read_shots(csv_of("sep=;", "id;seconds;action", "s010;4;a, b", tmp_path=tmp_path)).shots[0].action == "a, b"
        )

    def test_columns_come_in_any_order(self, tmp_path):
        plan = read_shots(csv_of("join,action,id,seconds,title", "cut,a,s010,4,The Boat", tmp_path=tmp_path))

        assert (plan.title, plan.shots[0].id) == ("The Boat", "s010")

    def test_blank_rows_and_cells_are_left_out(self, tmp_path):
        plan = read_shots(csv_of(f"{HEAD},camera,", "s010,4,a,,", ",,,,", "", "s020,5,b", ",,,,", tmp_path=tmp_path))

        assert [shot.id for shot in plan.shots] == ["s010", "s020"]

    @pytest.mark.parametrize("separator", [",", ";"])
    def test_blank_rows_above_the_headings_are_skipped_and_counted(self, tmp_path, separator):
        head, row, wrong = (
            separator.join(cells) for cells in (HEAD.split(","), ["s010", "4", "a"], ["s020", "0", "b"])
        )
        blank = ["", separator * 2]

        assert read_shots(csv_of(*blank, head, row, tmp_path=tmp_path)).shots[0].action == "a"
        assert refusal(csv_of(*blank, head, row, wrong, tmp_path=tmp_path)).startswith(
            "shots.csv row 5, column seconds"
        )
        assert read_shots(xlsx_of([[], [], HEAD.split(","), ["s010", 4, "a"]], tmp_path)).shots[0].action == "a"

    @pytest.mark.parametrize("cell", ['He says "no".', '"He says ""no""."'])
    def test_quotes_in_a_cell_are_kept(self, tmp_path, cell):
        assert read_shots(csv_of(HEAD, f"s010,4,{cell}", tmp_path=tmp_path)).shots[0].action == 'He says "no".'

    @pytest.mark.parametrize(
        ("cell", "seconds"), [("4", 4), ("4.5", 4.5), ('"4,5"', 4.5), (" 7 ", 7), ('"12,25"', 12.25)]
    )
    def test_a_length_may_have_a_point_or_a_comma(self, tmp_path, cell, seconds):
        assert read_shots(csv_of(HEAD, f"s010,{cell},a", tmp_path=tmp_path)).shots[0].seconds == seconds

    def test_cells_hold_a_view_names_and_lines(self, tmp_path):
        cells = 's010,4,a,low angle; push in,Mara; Jon;,"MARA: Is it: him?\n\nJON: No."'
        shot = read_shots(csv_of(f"{HEAD},camera,characters,dialogue", cells, tmp_path=tmp_path)).shots[0]

        assert shot.camera == View(position="low angle", movement="push in")
        assert shot.characters == ("Mara", "Jon")
        assert shot.dialogue == (Line(speaker="MARA", line="Is it: him?"), Line(speaker="JON", line="No."))

    def test_choices_are_read_in_any_case(self, tmp_path):
        assert read_shots(csv_of(f"{HEAD},join", "s010,4,a,Match", tmp_path=tmp_path)).shots[0].join == "match"

    def test_text_that_looks_like_nothing_is_text(self, tmp_path):
        assert read_shots(csv_of(f"{HEAD},lens", "s010,4,NA,null", tmp_path=tmp_path)).shots[0].action == "NA"

    def test_a_minus_a_person_wrote_needs_no_apostrophe(self, tmp_path):
        assert read_shots(csv_of(HEAD, "s010,4,-20 degrees", tmp_path=tmp_path)).shots[0].action == "-20 degrees"

    def test_numbers_in_a_workbook_are_read_as_written(self, tmp_path):
        shot = read_shots(xlsx_of([["id", "seconds", "action"], ["s010", 4, 7], [None, None, None]], tmp_path)).shots[0]

        assert (shot.seconds, shot.action) == (4, "7")

    def test_a_list_of_rows_is_a_shot_list(self, tmp_path):
        path = tmp_path / "shots.json"
        path.write_text('[{"id": "s010", "seconds": "4,5", "action": "a", "characters": "Mara; Jon", "note": null}]')

        assert read_shots(path).shots[0].characters == ("Mara", "Jon")

    def test_yaml_takes_cells_and_lists(self, tmp_path):
        path = tmp_path / "shots.yaml"
        path.write_text(
            "title: T\nshots:\n- {id: s010, seconds: 4, action: a, dialogue: ['MARA: no'], camera: low; static}"
        )
        plan = read_shots(path)

        assert plan.title == "T"
        assert plan.shots[0].dialogue == (Line(speaker="MARA", line="no"),)
        assert plan.shots[0].camera.movement == "static"


class TestRefusing:
    @pytest.mark.parametrize(
        ("column", "cell", "said"),
        [
            ("join", "matc", "join: 'matc' is not one of cut, match, continue"),
            ("seconds", "0", "seconds: must be at least 1 (is '0')"),
            ("seconds", "121", "seconds: must be at most 120 (is '121')"),
            ("seconds", "4 s", "seconds: must be a number (is '4 s')"),
            ("seconds", '"1,000"', "seconds: must be a number (is '1,000')"),
            ("seconds", "nan", "seconds: must be a number (is 'nan')"),
            ("seconds", "inf", "seconds: must be a number (is 'inf')"),
            ("seconds", "", "seconds: is required"),
            ("action", " ", "action: is required"),
            ("id", "shot 3", "id: 'shot 3' does not fit: s010, s020"),
            ("id", "s१२३", "id: 's१२३' does not fit"),
            ("action", "x" * 801, "action: is 801 characters long; at most 800 are allowed"),
            ("dialogue", "Hello", "dialogue: 'Hello' has no speaker; write SPEAKER: words"),
            ("dialogue", "MARA:", "dialogue 1, line: must not be empty"),
            ("characters", "a;b;c;d;e;f", "characters: has 6 entries; at most 5"),
            ("characters", "a:b", "characters 1: 'a:b' does not fit"),
            ("camera", "x" * 201, "camera, position: is 201 characters long"),
        ],
    )
    def test_a_wrong_cell_is_named_by_row_and_column(self, tmp_path, column, cell, said):
        columns = [*dict.fromkeys(["id", "seconds", "action", column])]
        good = {"id": "s030", "seconds": "4", "action": "a"}
        row = ",".join({**good, column: cell}[name] for name in columns)
        blank = "," * (len(columns) - 1)
        first = ",".join({**good, "id": "s010"}.get(name, "") for name in columns)
        path = csv_of(",".join(columns), first, blank, row, tmp_path=tmp_path)

        assert refusal(path).startswith(f"shots.csv row 4, column {said}")

    def test_every_wrong_cell_is_told_a_line_each_up_to_twenty(self, tmp_path):
        rows = [f"s{number:03},0,a" for number in range(30)]
        lines = refusal(csv_of(HEAD, *rows, tmp_path=tmp_path)).splitlines()

        assert len(lines) == 21
        assert lines[-1] == "shots.csv: and 10 more"

    def test_an_unknown_column_is_answered_with_the_one_that_was_meant(self, tmp_path):
        said = refusal(csv_of(f"{HEAD},dialog,zzz", "s010,4,a,,", tmp_path=tmp_path))

        assert "column 'dialog': there is no such column; did you mean 'dialogue'?" in said
        assert "column 'zzz': there is no such column; known are action, camera" in said

    def test_missing_and_repeated_columns_are_told(self, tmp_path):
        said = refusal(csv_of("id,action,ID", "s010,a,s020", tmp_path=tmp_path))

        assert said.splitlines() == [
            "shots.csv: column id: is there twice; keep one",
            "shots.csv: column seconds: is missing; it is required",
        ]

    def test_a_repeated_id_is_told_with_both_rows(self, tmp_path):
        said = refusal(csv_of(HEAD, "s010,4,a", "s020,4,a", "s010,4,b", tmp_path=tmp_path))

        assert said == "shots.csv row 4, column id: 's010' is the id of row 2 already; every shot needs its own"

    def test_a_cell_too_many_is_told(self, tmp_path):
        said = refusal(csv_of(HEAD, "s010,4,a storm, a boat", tmp_path=tmp_path))

        assert said == "shots.csv row 2: 'a boat' stands in a column without a heading; name it"

    def test_a_cell_that_goes_on_behind_its_closing_quote_is_refused(self, tmp_path):
        said = refusal(csv_of(HEAD, "s010,4,a", 's020,4,"Hello" she says', tmp_path=tmp_path))

        assert said.startswith("shots.csv line 3: not a CSV table")
        assert said.endswith("a cell with quotes in it stands in quotes itself, and those in it are doubled")

    @pytest.mark.parametrize("column", [65, 90])
    def test_a_cell_far_to_the_right_is_told(self, tmp_path, column):
        head, cells = HEAD.split(","), ["s010", "4", "a", *[""] * (column - 4), "a boat"]
        told = "row 2: 'a boat' stands beyond column 64; delete what is right of the shots"

        assert refusal(csv_of(HEAD, ",".join(cells), tmp_path=tmp_path)) == f"shots.csv {told}"
        assert refusal(xlsx_of([head, cells], tmp_path)) == f"shots.xlsx {told}"

    def test_two_titles_are_refused(self, tmp_path):
        assert "a film has one title" in refusal(csv_of(f"{HEAD},title", "s010,4,a,A", "s020,4,b,B", tmp_path=tmp_path))

    @pytest.mark.parametrize("lines", [[], [""], [HEAD], [HEAD, ",,"], [f"{HEAD},title", ",,,"]])
    def test_a_list_without_shots_is_refused(self, tmp_path, lines):
        assert refusal(csv_of(*lines, tmp_path=tmp_path)).startswith("shots.csv: ")

    def test_more_shots_than_a_film_has_are_refused(self, tmp_path):
        rows = [f"s{number:04},4,a" for number in range(401)]

        assert "has 401 shots; a film has 1 to 400" in refusal(csv_of(HEAD, *rows, tmp_path=tmp_path))

    def test_a_table_without_end_is_refused(self, tmp_path):
        assert "more than 10000 rows" in refusal(csv_of(HEAD, *[",,"] * 10_001, tmp_path=tmp_path))

    @pytest.mark.parametrize(
        ("data", "said"),
        [
            (b'id,seconds,action\ns010,4,"never closed', "not a CSV table"),
            (b"id,seconds,action\ns010,4,\xe9", "is not UTF-8 text; save the file as UTF-8"),
            (b"id,seconds,action\ns010,4,a\0b", "NUL"),
            (b"x" * 16_000_001, "longer than 16 MB"),
        ],
    )
    def test_a_broken_csv_is_refused(self, tmp_path, data, said):
        path = tmp_path / "shots.csv"
        path.write_bytes(data)

        assert said in refusal(path)

    @pytest.mark.parametrize(
        ("value", "said"),
        [
            ("=1+1", "cell C2: holds a formula"),
            ("#REF!", "cell C2: holds the error #REF!"),
            (date(2026, 1, 2), "cell C2: holds a date"),
        ],
    )
    def test_a_formula_an_error_or_a_date_in_a_workbook_is_refused(self, tmp_path, value, said):
        assert said in refusal(xlsx_of([["id", "seconds", "action"], ["s010", 4, value]], tmp_path))

    @pytest.mark.parametrize("data", [b"", b"PK", b"id,seconds,action", b"\xd0\xcf\x11\xe0" + bytes(512)])
    def test_what_is_no_workbook_is_refused(self, tmp_path, data):
        path = tmp_path / "shots.xlsx"
        path.write_bytes(data)

        assert "not a workbook that can be read" in refusal(path)

    def test_a_damaged_workbook_is_told_in_our_words(self, tmp_path):
        write_shots(PLAN, tmp_path / "whole.xlsx")
        whole, dice = (tmp_path / "whole.xlsx").read_bytes(), random.Random(1)
        for _ in range(200):
            data = bytearray(whole)
            for _ in range(dice.randrange(1, 9)):
                data[dice.randrange(len(data))] = dice.randrange(256)
            (tmp_path / "shots.xlsx").write_bytes(data)
            with contextlib.suppress(BadInput):
                read_shots(tmp_path / "shots.xlsx")

    def test_a_workbook_that_grows_when_unpacked_is_refused(self, tmp_path):
        write_shots(PLAN, tmp_path / "shots.xlsx")
        with zipfile.ZipFile(tmp_path / "shots.xlsx", "a", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("xl/media/zeros.bin", bytes(70_000_000))

        assert "unpacks to more than 64 MB" in refusal(tmp_path / "shots.xlsx")

    def test_a_workbook_with_xml_entities_is_refused(self, tmp_path):
        write_shots(PLAN, tmp_path / "whole.xlsx")
        with zipfile.ZipFile(tmp_path / "whole.xlsx") as whole, zipfile.ZipFile(tmp_path / "shots.xlsx", "w") as bomb:
            for name in whole.namelist():
                bomb.writestr(name, b'<!DOCTYPE a [<!ENTITY b "c">]>' + whole.read(name))

        assert "defines XML entities" in refusal(tmp_path / "shots.xlsx")

    @pytest.mark.parametrize(
        ("told", "said"),
        [
            ({"shot": []}, "not a shot list"),
            ("text", "not a shot list"),
            ([], "has 0 shots"),
            ({"shots": [], "titel": "x"}, "'titel': there is no such field; did you mean 'title'?"),
            ([5], "shot 1: must be a group of fields (is 5)"),
            ([{"id": "s010", "seconds": 4}], "shot 1, field action: is required"),
            (
                [{"id": "s010", "seconds": 4, "action": "a", "lense": "x"}],
                "field lense: there is no such field; did you mean 'lens'?",
            ),
            (
                [{"id": "s010", "seconds": 4, "action": "a", "dialogue": [{"speaker": "A"}]}],
                "field dialogue 1, line: is required",
            ),
            ({"title": 5, "shots": [{"id": "s010", "seconds": 4, "action": "a"}]}, "title: must be text (is 5)"),
        ],
    )
    @pytest.mark.parametrize("suffix", [".json", ".yaml"])
    def test_plain_data_is_refused_by_shot_and_field(self, tmp_path, told, said, suffix):
        path = tmp_path / f"shots{suffix}"
        path.write_text(json.dumps(told) if suffix == ".json" else yaml.safe_dump(told))

        assert said in refusal(path)


class TestSpreadsheetSafety:
    def test_no_cell_of_a_csv_starts_a_formula(self, tmp_path):
        write_shots(PLAN, tmp_path / "shots.csv")
        text = (tmp_path / "shots.csv").read_text("utf-8-sig")

        assert not [cell for row in csv.reader(io.StringIO(text)) for cell in row if cell[:1] in tuple("=+-@\t\r")]

    def test_no_cell_of_a_workbook_is_a_formula(self, tmp_path):
        write_shots(PLAN, tmp_path / "shots.xlsx")
        sheet = openpyxl.load_workbook(tmp_path / "shots.xlsx").active
        note = sheet.cell(3, COLUMNS.index("note") + 1)

        assert (note.value, note.data_type, note.quotePrefix) == ("=cmd|' /C calc'!A0", "s", True)
        assert {cell.data_type for row in sheet for cell in row} == {"s", "n"}

    def test_lengths_are_numbers_in_a_workbook(self, tmp_path):
        write_shots(PLAN, tmp_path / "shots.xlsx")

        assert openpyxl.load_workbook(tmp_path / "shots.xlsx").active["B3"].value == 4.5

    def test_a_csv_opens_with_its_umlauts_in_excel(self, tmp_path):
        write_shots(PLAN, tmp_path / "shots.csv")

        assert (tmp_path / "shots.csv").read_bytes().startswith(b"\xef\xbb\xbf")
