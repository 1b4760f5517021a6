"""Deciding: an answer given at a gate, checked and carried into the vault, where the next run finds it."""

import csv
import io
import tempfile
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

from pydantic import ValidationError

from onereel.adapters.complaints import complaints
from onereel.adapters.shotlists import COLUMNS, SUFFIXES, read_shots
from onereel.approvals import (
    FILMED,
    Answer,
    Decision,
    EditedShot,
    Rejected,
    Waiting,
    about_storyboard,
    decisions,
    keep_decision,
)
from onereel.brief import Brief
from onereel.crew import Vault
from onereel.errors import BadInput, NotInVault
from onereel.media import read_noun
from onereel.models import ModelTable
from onereel.plan import plan
from onereel.slate import storyboard_key, takes_prefix
from onereel.storyboard import Shot, Storyboard
from onereel.takes import Take
from onereel.writing import Board, check_given, keep_board


def take_answer(
    vault: Vault, brief: Brief, table: ModelTable, today: date, waiting: Waiting, answer: Answer, *, said: str, by: str
) -> Decision:
    """Carry an answer into the vault and return the decision it led to. Blocks.

    Args:
        vault: Where the production is.
        brief: What is made; its budget is the highest ceiling.
        table: The models in force.
        today: Which of them are alive.
        waiting: What was asked.
        answer: What was said.
        said: Which answer this is; shots it sends back are filmed again under this name, once.
        by: Who said it.

    Raises:
        BadInput: It cannot be done; says why, and the gate stays closed.
    """
    if answer.decision == "stop":
        return keep_decision(vault, brief.production, waiting, decision="stop", said=said, by=by)
    before, after = outcome(vault, brief, table, today, waiting, answer)
    if after != before.storyboard:
        keep_board(vault, brief.production, before.source, after, wish=said)
    changes = answer.decision == "change" or answer.reject
    return keep_decision(
        vault,
        brief.production,
        waiting,
        decision="change" if changes else "approve",
        recipe=about_storyboard(after) if waiting.gate == "storyboard" and not changes else waiting.recipe,
        reject=answer.reject,
        approved=answer.approved,
        ceiling_usd=answer.ceiling_usd,
        said=said,
        by=by,
    )


def outcome(
    vault: Vault, brief: Brief, table: ModelTable, today: date, waiting: Waiting, answer: Answer
) -> tuple[Board, Storyboard]:
    """Return the storyboard a gate is about, and what an answer would make of it. Changes nothing. Blocks.

    Raises:
        BadInput: It cannot be done; says why.
    """
    before = _board(vault, brief.production, waiting)
    _check_approved(before.storyboard, waiting, answer)
    after = _noted(_edited(vault, before.storyboard, waiting, answer), waiting, answer.reject)
    if after != before.storyboard:
        check_given(after, brief, table, today)
    limit = brief.budget_usd if answer.ceiling_usd is None else answer.ceiling_usd
    if limit > brief.budget_usd:
        raise BadInput(f"the ceiling of ${limit:.2f} is above the budget of ${brief.budget_usd:.2f}; raise that first")
    usd = plan(brief, after, table, today).usd
    if usd > limit:
        raise BadInput(
            f"the film costs up to ${usd:.2f}, the ceiling is ${limit:.2f}; shorten it, or raise the ceiling"
        )
    return before, after


def _check_approved(storyboard: Storyboard, waiting: Waiting, answer: Answer) -> None:
    """Refuse to approve shots of a draft that cannot become a final.

    Raises:
        BadInput: Names every such shot.
    """
    if not answer.approved:
        return
    if waiting.tier != "draft" or waiting.gate not in FILMED:
        raise BadInput("shots are approved one by one where the takes or the cut of a draft wait (tier: draft)")
    known = [shot.id for shot in storyboard.shots]
    wrong = [f"there is no shot {shot}; there are {', '.join(known)}" for shot in answer.approved if shot not in known]
    wrong += [
        f"{shot.id}: continues {before.id}, which you did not approve; approve both, or neither"
        for before, shot in zip(storyboard.shots, storyboard.shots[1:], strict=False)
        if shot.join == "continue" and shot.id in answer.approved and before.id not in answer.approved
    ]
    if wrong:
        raise BadInput("\n".join(wrong), problems=tuple(wrong))


def refuse(vault: Vault, production: str, waiting: Waiting, problem: str, *, said: str, by: str) -> Decision:
    """Note that an answer could not be carried out, so that the gate says so when it is shown again. Blocks."""
    return keep_decision(vault, production, waiting, decision="refused", problem=problem[:2000], said=said, by=by)


def retakes(vault: Vault, production: str) -> dict[str, str]:
    """Return the shots people sent back that were not filmed again yet, and the names of those wishes. Blocks."""
    wished = {
        one.shot: each.said
        for each in decisions(vault, production)
        if each.gate in FILMED and each.decision == "change"
        for one in each.reject
    }
    return {shot: wish for shot, wish in wished.items() if wish not in _granted(vault, production, shot)}


def _granted(vault: Vault, production: str, shot: str) -> set[str]:
    """Return the wishes for new takes of a shot that led to one."""
    return {read_noun(vault, key, Take).wish for key in vault.keys(takes_prefix(production, shot))}


def _board(vault: Vault, production: str, waiting: Waiting) -> Board:
    try:
        return read_noun(vault, storyboard_key(production, waiting.board), Board)
    except NotInVault as gone:
        raise BadInput(f"the storyboard {production} waits with is gone; produce it again") from gone


def _edited(vault: Vault, before: Storyboard, waiting: Waiting, answer: Answer) -> Storyboard:
    """Return the storyboard as edited at its gate."""
    if answer.shot_list.strip():
        after = _listed(vault, answer.shot_list)
    elif answer.shots:
        after = _rows(before, answer.shots)
    else:
        return before
    if after == before:
        return before
    if waiting.gate != "storyboard":
        raise BadInput(f"shots are edited while the storyboard waits, not the {waiting.gate}; produce with a shot list")
    return after


def _listed(vault: Vault, told: str) -> Storyboard:
    """Return a whole shot list given as text, or by its key in the vault."""
    text, suffix = told.encode(), ".csv" if _is_table(told) else ".yaml"
    key = told.strip()
    if "\n" not in key and key.lower().endswith(SUFFIXES):
        try:
            text, suffix = vault.read(key), Path(key).suffix.lower()
        except NotInVault as missing:
            raise BadInput(f"{vault.url} has no shot list {key!r}; store it there first") from missing
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"shots{suffix}"
        path.write_bytes(text)
        return read_shots(path)


def _is_table(told: str) -> bool:
    """Tell CSV from YAML by its first line: headings, of which a table has to have three."""
    first = told.lstrip("\ufeff \n").partition("\n")[0]
    for separator in ",;\t":
        headings = next(csv.reader(io.StringIO(first), delimiter=separator), [])
        if len({heading.strip().casefold() for heading in headings} & set(COLUMNS)) > 1:
            return True
    return False


def _rows(before: Storyboard, rows: Iterable[EditedShot]) -> Storyboard:
    """Return the storyboard with the shots of a form: theirs in words and order, the rest of each as it was."""
    known = {shot.id: shot for shot in before.shots}
    shots, wrong = [], []
    for row in rows:
        told = {**_kept(known.get(row.id)), **row.model_dump(exclude_unset=True)}
        try:
            shots.append(Shot.model_validate(told))
        except ValidationError as error:
            wrong += [f"{row.id}: {found}" for found in complaints(error, Shot)]
    if wrong:
        raise BadInput("\n".join(wrong), problems=tuple(wrong))
    try:
        return Storyboard(title=before.title, shots=tuple(shots))
    except ValidationError as error:
        raise BadInput("\n".join(map(str, complaints(error, Storyboard)))) from error


def _kept(shot: Shot | None) -> Mapping[str, object]:
    return shot.model_dump() if shot is not None else {}


def rows_of(storyboard: Storyboard) -> list[EditedShot]:
    """Return the shots of a storyboard as a form shows them."""
    return [
        EditedShot(
            id=shot.id,
            seconds=shot.seconds,
            action=shot.action,
            camera=str(shot.camera),
            dialogue="\n".join(map(str, shot.dialogue)),
        )
        for shot in storyboard.shots
    ]


def _noted(storyboard: Storyboard, waiting: Waiting, reject: tuple[Rejected, ...]) -> Storyboard:
    """Return the storyboard with the notes of rejected shots: to the camera; at the keyframes, to the illustrator."""
    notes: dict[str, str] = {}
    for one in reject:
        notes[one.shot] = " ".join(part for part in (notes.get(one.shot, ""), one.note.strip()) if part)
    known = [shot.id for shot in storyboard.shots]
    wrong = [f"there is no shot {shot}; there are {', '.join(known)}" for shot in notes if shot not in known]
    if waiting.gate not in FILMED:
        wrong += [f"{shot}: say in a note what should be different" for shot, note in notes.items() if not note]
    field = "retouch" if waiting.gate == "keyframes" else "note"
    if field == "retouch":
        wrong += [
            f"{shot.id} opens on a picture of {before.id}; send that one back"
            for before, shot in zip(storyboard.shots, storyboard.shots[1:], strict=False)
            if shot.id in notes and shot.join != "cut" and not shot.closing
        ]
    if wrong:
        raise BadInput("\n".join(wrong), problems=tuple(wrong))
    shots = [
        {**shot.model_dump(), field: " ".join(part for part in (getattr(shot, field), notes.get(shot.id, "")) if part)}
        for shot in storyboard.shots
    ]
    try:
        return Storyboard.model_validate({"title": storyboard.title, "shots": shots})
    except ValidationError as error:
        reasons = "; ".join(map(str, complaints(error, Storyboard)))
        raise BadInput(f"the notes do not fit: {reasons}; say less") from error
