"""A forgotten video leaves nothing in what was handed out; other pictures keep their boxes."""

from framesel import upkeep
from framesel.handover.handing import handovers
from tests.handover.conftest import Desk
from tests.resume.faults import tree


def test_pictures_boxes_and_errors_of_a_forgotten_video_are_gone(desk: Desk) -> None:
    handed = desk.hand(context=1, least=0.05)
    before = list(handed.sheet().pictures)
    (desk.workspace.handovers / "partial-0123/images").mkdir(parents=True)
    key = next(p for p in before if p.boxes).video_no
    upkeep.forget(desk.workspace, key)
    (handed,) = handovers(desk.workspace)
    assert list(handed.sheet().pictures) == [p for p in before if p.video_no != key]
    names = [p.name for p in before if p.video_no == key]
    assert names
    assert not [k for k, content in tree(handed.folder).items() for n in names if n in k]
    assert not (desk.workspace.handovers / "partial-0123").exists()
