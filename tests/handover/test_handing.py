"""A handover holds the picks as reviewed, with guesses and context, once and for good."""

import json
from dataclasses import replace
from hashlib import sha256

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from framesel.annotation.sheet import Box
from framesel.errors import StageError, UsageError
from framesel.handover.handing import handovers
from framesel.handover.listing import Listed, Listing
from framesel.labels import tables
from framesel.rounds import state
from framesel.verify import verify_pictures
from tests.handover.conftest import Desk
from tests.pipeline.conftest import Recorder
from tests.pipeline.reviewing import Reviewer
from tests.resume.faults import tree


def test_the_sheet_holds_the_picks_in_order_with_what_the_detector_saw(desk: Desk) -> None:
    view = desk.view
    sheet = desk.hand(least=0.06).sheet()
    pictures = list(sheet.pictures)
    assert [(p.video_no, p.pts) for p in pictures] == [
        (r["video_no"], r["pts"]) for r in view.pick_list
    ]
    assert [p.rank for p in pictures] == list(range(1, 9))
    assert [p.reason for p in pictures] == [r["reason"] for r in view.pick_list]
    assert (sheet.purpose, sheet.guesses, sheet.names) == ("label", True, ("drone", "bird", "kite"))
    assert len(sheet.pictures) == 8
    seen = view.boxes([int(row) for row in view.pick_rows], 0.06)
    assert sum(map(len, seen)) > 8
    for picture, boxes in zip(pictures, seen, strict=True):
        path = sheet.images / picture.name
        assert picture.sha256 == sha256(path.read_bytes()).hexdigest()
        assert [b.label for b in picture.boxes] == [view.classes[b.class_no] for b in boxes]
        assert [b.score for b in picture.boxes] == pytest.approx([b.confidence for b in boxes])
        for box, share in zip(picture.boxes, boxes, strict=True):
            inside = [min(max(s, 0.0), 1.0) for s in share[:4]]
            size = 2 * (picture.width, picture.height)
            shares = [edge / side for edge, side in zip(box.xyxy, size, strict=True)]
            assert shares == pytest.approx(inside, abs=1e-6)
            assert box.source == "auto"


def test_scores_are_shares_of_all_frames(desk: Desk) -> None:
    view = desk.view
    assert view.utility is not None
    for listed, row in zip(desk.picks.frames, view.pick_rows, strict=True):
        expected = (view.utility <= view.utility[row]).mean()
        assert listed.score == pytest.approx(expected, abs=1e-5)


def test_pictures_are_those_of_the_round_and_are_not_decoded_again(desk: Desk) -> None:
    watch = Recorder()
    handed = desk.hand(watch=watch)
    assert "pictures" not in watch.todo
    export = state.rounds(desk.workspace)[-1].folder(desk.workspace) / "export/images"
    for picture in handed.sheet().pictures:
        one, other = export / picture.name, handed.folder / "images" / picture.name
        assert one.stat().st_ino == other.stat().st_ino


def test_the_same_again_is_the_same_handover_and_anything_else_another(desk: Desk) -> None:
    first = desk.hand()
    before = tree(desk.workspace.root)
    assert desk.hand() == first
    assert tree(desk.workspace.root) == before
    others = [
        desk.hand(guesses=False),
        desk.hand(least=0.5),
        desk.hand(ranked_names=True),
        desk.hand(context=1),
        desk.hand(replace(desk.picks, title="another")),
    ]
    assert [h.no for h in others] == [2, 3, 4, 5, 6]
    assert [h.no for h in handovers(desk.workspace)] == [1, 2, 3, 4, 5, 6]
    assert desk.hand() == first


def test_a_review_makes_another_handover_and_what_was_handed_out_stays(desk: Desk) -> None:
    first, reviewer = desk.hand(), Reviewer(desk.workspace)
    before = tree(first.folder)
    key, enters = reviewer.picks()[0], reviewer.others()[0]
    reviewer.reject(key, enters)
    reviewer.say("tag", reviewer.picks()[1], text="night")
    second = desk.hand()
    pictures = list(second.sheet().pictures)
    assert [(p.video_no, p.pts) for p in pictures] == reviewer.picks()
    assert pictures[0].fields["verdict"] == "replacement"
    assert pictures[1].fields["tags"] == "night"
    assert tree(first.folder) == before
    assert reviewer.listed()[0]["image"] == pictures[0].name  # the round's export followed


def test_what_a_reviewer_hid_is_hidden_in_picks_and_in_context(desk: Desk) -> None:
    plain = {p.name: p.sha256 for p in desk.hand(context=1).sheet().pictures}
    reviewer = Reviewer(desk.workspace)
    near = [p for p in desk.hand(context=1).sheet().pictures if p.context_of]
    hidden = {reviewer.picks()[0], (near[-1].video_no, near[-1].pts)}
    for key in hidden:
        reviewer.say("blur", key, box=(0.1, 0.2, 0.9, 0.8))
    handed = desk.hand(context=1)
    told = {r["name"]: r["blurs"] for r in handed.table().to_pylist()}
    for picture in handed.sheet().pictures:
        blurred = (picture.video_no, picture.pts) in hidden
        assert (plain[picture.name] != picture.sha256) == blurred
        assert told[picture.name] == ("[[0.1, 0.2, 0.9, 0.8]]" if blurred else "")


def test_context_is_around_its_picture_and_not_to_be_labelled(desk: Desk) -> None:
    view = desk.view
    pictures = list(desk.hand(context=2).sheet().pictures)
    frames = view.frames
    for at, row in enumerate(view.pick_rows):
        low, high = frames.span(int(frames.video_no[row]))
        near = [r for r in range(row - 2, row + 3) if low <= r < high and r != row]
        (pick,) = [p for p in pictures if p.rank == at + 1]
        mine = [p for p in pictures if p.context_of == pick.name]
        assert [p.pts for p in mine] == [int(frames.pts[r]) for r in near]
        assert all(p.rank == 0 and p.boxes == () for p in mine)
        place = pictures.index(pick)
        assert pictures[place + 1 : place + 1 + len(mine)] == mine
        assert desk.hand(context=2).sheet().pictures.of_context(pick.name) == tuple(mine)
    assert len({p.name for p in pictures}) == len(pictures)


def test_names_begin_with_the_rank_where_that_is_wanted(desk: Desk) -> None:
    pictures = list(desk.hand(ranked_names=True, context=1).sheet().pictures)
    ranked = [p.name for p in pictures if p.rank]
    assert ranked == sorted(ranked)
    assert ranked[0].startswith("00001-")
    assert all(p.name[:6] == p.context_of[:6] for p in pictures if p.context_of)


def test_every_picture_is_the_frame_that_it_claims_to_be(desk: Desk) -> None:
    handed = desk.hand(context=1)
    rows = [{**row, "image": row["name"]} for row in handed.table().to_pylist()]
    verdicts = [c.verdict for c in verify_pictures(desk.workspace, handed.folder / "images", rows)]
    assert len(verdicts) == len(rows) > 8
    assert set(verdicts) <= {"ok", "indistinguishable"}


def test_listed_boxes_go_as_they_are_and_frames_need_not_be_sampled(desk: Desk) -> None:
    sampled = desk.picks.frames[0]
    drawn = Box("wasp", 3.0, 4.0, 20.5, 30.25, source="manual", track=7, occluded=True)
    frames = (
        replace(sampled, boxes=(drawn,), split="train", fields={"why": "tiny"}),
        replace(sampled, pts=_between(desk, sampled), index=-1, boxes=(), split="val"),
        replace(sampled, boxes=()),  # listed twice: the first counts
    )
    listing = Listing("labelled", "a set", frames, classes=("drone", "wasp"))
    sheet = desk.hand(listing, context=0).sheet()
    first, second = sheet.pictures
    assert (first.boxes, first.split, first.fields) == ((drawn,), "train", {"why": "tiny"})
    assert (second.boxes, second.split) == ((), "val")
    assert (sheet.purpose, sheet.names) == ("train", ("drone", "wasp"))
    with pytest.raises(UsageError, match="'wasp' are to be handed over, and nobody declared"):
        desk.hand(replace(listing, classes=("drone",)))


def _between(desk: Desk, frame: Listed) -> int:
    """The pts of a frame of the same video that was never sampled."""
    from framesel.catalog import Catalog
    from framesel.stages.footage import Video

    known = {int(p) for p in desk.view.frames.pts}
    video = Video.of(Catalog(desk.workspace).videos[frame.video_no])
    return next(f.pts for f in video.decode_all() if f.pts not in known)


def test_what_a_video_no_longer_gives_is_said_and_tried_again(desk: Desk) -> None:
    key = Reviewer(desk.workspace).picks()[0]
    gone = Listed(key[0], 10**12, 0, 0.0)
    listing = replace(desk.picks, frames=(gone, *desk.picks.frames[1:]))
    handed = desk.hand(listing)
    assert (handed.missing, len(handed.sheet().pictures)) == (1, 7)
    assert [e["video_no"] for e in handed.told["errors"]] == [key[0]]
    assert handed.table()["sha256"].to_pylist()[0] == ""
    assert [p.rank for p in handed.sheet().pictures] == list(range(2, 9))
    watch = Recorder()
    assert desk.hand(listing, watch) == handed
    assert watch.todo["pictures"] == 1
    assert [p.name for p in desk.workspace.handovers.iterdir()] == ["000001"]
    with pytest.raises(StageError, match="not one picture could be made"):
        desk.hand(replace(listing, frames=(gone,)))


def test_the_tables_have_their_schemas_and_agree(desk: Desk) -> None:
    handed = desk.hand(context=1)
    pictures = pq.read_table(handed.folder / "pictures.parquet", partitioning=None)
    boxes = pq.read_table(handed.folder / "boxes.parquet", partitioning=None)
    assert pictures.schema.equals(tables.HANDED)
    assert boxes.schema.equals(tables.GUESSES)
    told = json.loads((handed.folder / "handover.json").read_text("utf-8"))
    assert told["pictures"] == pc.sum(pc.greater(pictures["rank"], 0)).as_py() == 8
    assert told["pictures"] + told["context"] == pictures.num_rows
    assert boxes.num_rows == sum(len(p.boxes) for p in handed.sheet().pictures)
    assert sorted(p.name for p in handed.folder.iterdir()) == [
        "boxes.parquet",
        "handover.json",
        "images",
        "pictures.parquet",
    ]


def test_nothing_listed_and_nonsense_are_refused(desk: Desk) -> None:
    with pytest.raises(UsageError, match="no frames of that kind"):
        desk.hand(Listing("picks", "none", ()))
    with pytest.raises(UsageError, match="must not be negative"):
        desk.hand(context=-1)
    with pytest.raises(UsageError, match="of video 99 is to be handed over"):
        desk.hand(Listing("holdout", "x", (Listed(99, 0, 0, 0.0),)))
    assert not desk.workspace.handovers.exists()
