"""What stands behind a selection is found through the tables in between."""

import pytest

from framesel.errors import WorkspaceError
from framesel.history.behind import behind, identity
from framesel.history.changed import changed, differences
from framesel.history.trust import trust
from tests.history.handmade import Handmade


def test_scores_are_found_behind_a_verdict_that_kept_them_out(rounds: Handmade) -> None:
    found = behind(rounds.workspace, "selection/s2")
    assert found == {
        "selection": "s2", "frames": "f", "embeddings": "e", "duplicates": "d",
        "detections": "x2", "trust": "t2", "scores": "u2",
    }  # fmt: skip
    assert behind(rounds.workspace, None) == {}
    assert behind(rounds.workspace, "selection/gone") == {}


def test_a_fingerprint_stands_for_its_newest_folder(hand: Handmade) -> None:
    hand.detections("x", {})
    hand.scores("aa-11", "x", {})
    hand.trust("t", {"scores": "aa"})
    assert behind(hand.workspace, "trust/t")["scores"] == "aa-11"


def test_a_damaged_table_is_named(rounds: Handmade) -> None:
    (rounds.root / "trust" / "t2" / "all.parquet").write_bytes(b"nothing")
    with pytest.raises(WorkspaceError, match="t2"):
        behind(rounds.workspace, "selection/s2")


def test_what_changed_is_told_without_digests(rounds: Handmade) -> None:
    before, after = (behind(rounds.workspace, f"selection/s{n}") for n in (1, 2))
    told = changed(rounds.workspace, before, after)
    assert told == ("selection: budget: null → 2", "detections: other weights", "trust: new")
    assert changed(rounds.workspace, after, before)[-1] == "trust: no longer there"
    assert changed(rounds.workspace, after, after) == ()


def test_differences_of_identities() -> None:
    old = {"fields": {"conf": 0.1, "size": 640}, "assets": {"weights": "a", "odd": "b"}}
    new = {"fields": {"conf": 0.2, "size": 640}, "assets": {"weights": "c"}, "runtime": "x"}
    assert list(differences(old, new)) == [
        "conf: 0.1 → 0.2", 'runtime: null → "x"', "another odd", "other weights",
    ]  # fmt: skip
    assert list(differences({}, new)) == []


def test_an_identity_that_is_gone_is_empty(rounds: Handmade) -> None:
    assert identity(rounds.workspace, "scores", "nowhere") == {}
    path = rounds.root / "scores" / "u1" / "stage.json"
    path.write_text("{")
    with pytest.raises(WorkspaceError, match=r"stage\.json is damaged"):
        identity(rounds.workspace, "scores", "u1")


def test_the_verdict_on_scores(rounds: Handmade) -> None:
    found = trust(rounds.workspace, behind(rounds.workspace, "selection/s2"))
    assert found is not None
    assert found.json() == {
        "auroc": 0.55, "frames": 30, "errors": 9, "trusted": False, "why": "low",
    }  # fmt: skip
    assert trust(rounds.workspace, {}) is None
    (rounds.root / "trust" / "t2" / "all.parquet").write_bytes(b"nothing")
    with pytest.raises(WorkspaceError, match="damaged"):
        trust(rounds.workspace, {"trust": "t2"})
