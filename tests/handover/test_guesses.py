"""Guesses are the detector's boxes as classes that the recipe declares."""

from dataclasses import replace

import pytest

from framesel import recipe as recipes
from framesel.errors import LabelsError, UsageError
from framesel.handover.guesses import sheet_classes
from framesel.recipe import Recipe
from framesel.workspace import write_bytes
from tests.handover.conftest import Desk


def declare(desk: Desk, text: str) -> Recipe:
    """Declares classes in the workspace's recipe."""
    recipe = recipes.load(desk.workspace.recipe, [f"classes={text}"])
    write_bytes(desk.workspace.recipe, recipe.to_yaml().encode("utf-8"))
    return recipe


def test_classes_feed_one_another_as_the_recipe_says(desk: Desk) -> None:
    plain = [p.boxes for p in desk.hand(least=0.05).sheet().pictures]
    declare(desk, "{flying thing: [kite, bird], plane: {color: '#010203'}, drone: null}")
    sheet = desk.hand(least=0.05).sheet()
    assert [(c.name, c.feeds) for c in sheet.classes] == [
        ("flying thing", ("kite", "bird")),
        ("plane", ()),
        ("drone", ("drone",)),
    ]
    assert sheet.classes[1].color == "#010203"
    renamed = {"kite": "flying thing", "bird": "flying thing", "drone": "drone"}
    expected = [tuple(replace(b, label=renamed[b.label]) for b in boxes) for boxes in plain]
    assert [p.boxes for p in sheet.pictures] == expected
    assert {b.label for boxes in plain for b in boxes} > {"kite"}


def test_what_feeds_no_class_is_left_out(desk: Desk) -> None:
    declare(desk, "[drone]")
    labels = {b.label for p in desk.hand(least=0.05).sheet().pictures for b in p.boxes}
    assert labels <= {"drone"}


def test_without_guesses_or_over_their_confidence_there_are_none(desk: Desk) -> None:
    assert not any(p.boxes for p in desk.hand(guesses=False).sheet().pictures)
    assert not any(p.boxes for p in desk.hand(least=1.0).sheet().pictures)
    assert not desk.hand(guesses=False).sheet().guesses


def test_a_class_that_the_detector_lacks_is_said(desk: Desk) -> None:
    recipe = declare(desk, "{plane: [aeroplane]}")
    with pytest.raises(UsageError, match="the detector has no class 'aeroplane'"):
        sheet_classes(recipe, desk.view, desk.picks)
    with pytest.raises(LabelsError, match="characters that no tool shows"):
        sheet_classes(recipes.load(None), None, replace(desk.picks, classes=("drone", "new\nline")))
