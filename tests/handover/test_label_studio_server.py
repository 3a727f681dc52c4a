"""A real Label Studio: frames go in, are seen in a browser, and labels come out."""

import io
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image, ImageColor

from framesel.annotation import label_studio as annotation
from framesel.annotation.classes import color_of
from framesel.annotation.opening import open_labels
from framesel.annotation.returned import LabelledPicture, Returned
from framesel.annotation.sheet import Box, Class, InMemory, Picture, Sheet
from framesel.errors import UsageError
from framesel.handover.servers import label_studio_server
from framesel.handover.servers.label_studio_server import pull, push
from tests.handover.label_studio_host import Host
from tests.interop.label_studio_settings import EMAIL, PASSWORD, TOKEN

if TYPE_CHECKING:
    from playwright.sync_api import Page

CLASSES = ("car", 'a <b> & "c"', "Fußgänger")
WIDTH, HEIGHT = 320, 160


def guesses(number: int) -> tuple[Box, ...]:
    """Two boxes, or none in every seventh picture."""
    if number % 7 == 0:
        return ()
    return (
        Box(CLASSES[(number + 1) % 3], 20.5, 16, 120 + number, 72.25, score=0.9, source="auto"),
        Box(CLASSES[1], 180, 40, 300, 150.5, score=0.4, source="auto"),
    )


def picks(folder: Path, count: int, first_video: int = 0, context: bool = False) -> Sheet:
    """Grey pictures, the most informative first; the first with a neighbour on each side."""
    pictures: list[Picture] = []
    for number in range(1, count + 1):
        picture = Picture(
            name=f"clip ü'\" {number}.jpg",
            width=WIDTH,
            height=HEIGHT,
            boxes=guesses(number),
            video_no=first_video,
            pts=number * 512,
            t_s=float(number),
            video="clip.mp4",
            rank=number,
            score=1 - number / 50,
            reason=f"reason <b>{number}</b>",
        )
        pictures.append(picture)
        if context and number == 1:
            beside = replace(picture, boxes=(), rank=0, context_of=picture.name)
            pictures += [
                replace(beside, name=f"beside {step}.jpg", pts=512 + step, t_s=1 + step / 10)
                for step in (-1, 1)
            ]
    for picture in pictures:
        Image.new("RGB", (WIDTH, HEIGHT), (128, 128, 128)).save(folder / picture.name)
    classes = tuple(Class(name, color_of(n)) for n, name in enumerate(CLASSES))
    return Sheet("A round", "label", classes, InMemory(tuple(pictures)), folder)


def test_twenty_picks_go_in_are_seen_and_come_back_with_three_changes(
    label_studio: Host, tmp_path: Path, browser_page: "Page", browser_errors: list[str]
) -> None:
    sheet = picks(tmp_path, 20, context=True)
    sent = [picture for picture in sheet.pictures if not picture.context_of]
    pushed = push(sheet, label_studio.url, "Twenty picks", TOKEN)
    assert (pushed.added, pushed.there, pushed.hidden) == (20, 0, False)

    seen_at_the_right_place(browser_page, label_studio, pushed.project, sent[0])
    # Label Studio asks itself for files that it does not have; all else would be an error.
    browser_errors[:] = [error for error in browser_errors if "status of 404" not in error]

    tasks = label_studio.tasks(pushed.project)
    assert [task["data"]["framesel_rank"] for task in tasks] == list(range(1, 21))
    assert [len(task["predictions"]) for task in tasks] == [int(n % 7 > 0) for n in range(1, 21)]
    changed = annotated(label_studio, tasks[:19])  # the last one is left alone

    back = pull(label_studio.url, "Twenty picks", TOKEN)
    assert back.classes == CLASSES
    assert back.left == ()
    found = {picture.name: picture for picture in back.pictures}
    assert list(found) == [picture.name for picture in sent[:19]]
    assert all(found[p.name].key == p.key and found[p.name].reviewed for p in sent[:18])
    assert found[sent[18].name].reviewed is False  # skipped
    assert found[sent[6].name].boxes == ()  # nothing in it, and somebody said so
    assert {p.annotator for p in back.pictures} == {"label-studio-1"}
    assert {p.seconds for p in back.pictures} == {4.5}
    assert [edit for p in sent[:18] for edit in edits(p, found[p.name])] == changed
    short = exported(label_studio, pushed.project, "JSON_MIN", tmp_path / "min.json")
    assert [p.name for p in short.pictures] == [p.name for p in sent[:18]]
    for picture in short.pictures:
        # a short export does not say who drew a box first
        plain = tuple(replace(box, source="", score=None) for box in found[picture.name].boxes)
        assert picture == replace(found[picture.name], boxes=plain)
    whole = exported(label_studio, pushed.project, "JSON", tmp_path / "a.json")
    assert whole.pictures == back.pictures


def exported(host: Host, project: int, kind: str, path: Path) -> Returned:
    """What a file says that people download."""
    answer = host.http.get(f"/api/projects/{project}/export", params={"exportType": kind})
    path.write_bytes(answer.content)
    return open_labels(path)


def seen_at_the_right_place(page: "Page", host: Host, project: int, picture: Picture) -> None:
    """Opens the queue as an annotator: the first picture is shown with its boxes and its reason."""
    page.set_default_timeout(120_000)
    page.goto(f"{host.url}/user/login/")
    page.fill("input[name=email]", EMAIL)
    page.fill("input[name=password]", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_url(lambda url: "login" not in url)
    page.goto(f"{host.url}/projects/{project}/data?labeling=1")
    page.get_by_text(picture.reason, exact=True).wait_for()
    page.get_by_text("Before and after; not to be labelled").wait_for()
    page.get_by_text("0.40").wait_for()  # the second box in the list of regions
    rectangle = page.wait_for_function(
        """wide => {
            const image = [...document.querySelectorAll("img")]
              .find(image => image.complete && image.naturalWidth === wide);
            const {x, y, width, height} = image ? image.getBoundingClientRect() : {};
            return width > 100 && [x, y, width, height];
        }""",
        arg=WIDTH,
    ).json_value()
    page.evaluate("() => new Promise(d => requestAnimationFrame(() => requestAnimationFrame(d)))")
    shot = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    for box in picture.boxes:
        drawn_at(shot, rectangle, box)


def drawn_at(shot: Image.Image, rectangle: list[float], box: Box) -> None:
    """A box's edges stand out in its colour where they belong, within three pixels."""
    left, top, wide, high = rectangle
    xs = [left + x / WIDTH * wide for x in (box.x1, box.x2)]
    ys = [top + y / HEIGHT * high for y in (box.y1, box.y2)]
    color = ImageColor.getrgb(color_of(CLASSES.index(box.label)))
    middle = (round(sum(xs) / 2), round(sum(ys) / 2))
    for wanted in xs:
        line = [shot.getpixel((x, middle[1])) for x in range(shot.width)]
        assert abs(nearest(line, color, wanted) - wanted) <= 3
    for wanted in ys:
        line = [shot.getpixel((middle[0], y)) for y in range(shot.height)]
        assert abs(nearest(line, color, wanted) - wanted) <= 3


def nearest(line: list[Any], color: tuple[int, ...], wanted: float) -> int:
    """Where along a line, within 20 pixels of a place, the colour is most like a given one."""
    around = range(max(0, round(wanted) - 20), min(len(line), round(wanted) + 21))
    return min(around, key=lambda p: sum(abs(a - b) for a, b in zip(line[p], color, strict=True)))


def annotated(host: Host, tasks: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Submits what was guessed, but for three boxes; skips the last task. Gives the changes."""
    made = []
    for task in tasks:
        results = [dict(r) for p in task["predictions"] for r in p["result"]]
        name = task["data"]["framesel_name"]
        match task["data"]["framesel_rank"]:
            case 2:
                results[0]["value"] = {**results[0]["value"], "x": 10.0}
                made.append((name, "moved"))
            case 3:
                labels = {"rectanglelabels": [CLASSES[2]]}
                results[1]["value"] = {**results[1]["value"], **labels}
                made.append((name, "renamed"))
            case 11:
                results.pop()
                made.append((name, "removed"))
        said = {"result": results, "lead_time": 4.5, "was_cancelled": task is tasks[-1]}
        host.post(f"/api/tasks/{task['id']}/annotations/", said)
    return made


def edits(sent: Picture, back: LabelledPicture) -> Iterator[tuple[str, str]]:
    """How the boxes of one picture differ from what was sent."""
    if len(back.boxes) < len(sent.boxes):
        yield (sent.name, "removed")
    for before, after in zip(sent.boxes, back.boxes, strict=False):
        if before.label != after.label:
            yield (sent.name, "renamed")
        if after.xyxy != pytest.approx(before.xyxy, abs=1e-3):
            yield (sent.name, "moved")


def test_an_interrupted_push_is_gone_on_with(
    label_studio: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(label_studio_server, "FILES_AT_ONCE", 3)
    sheet = picks(tmp_path, 7, context=True)

    def interrupted(done: int, of: int) -> None:
        assert of == 7
        if done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        push(sheet, label_studio.url, "In pieces", TOKEN, interrupted)
    pushed = push(sheet, label_studio.url, "In pieces", TOKEN)
    assert (pushed.added, pushed.there) == (3, 4)
    assert push(sheet, label_studio.url, str(pushed.project), TOKEN).added == 0
    other = push(picks(tmp_path, 2, first_video=1), label_studio.url, "In pieces", TOKEN)
    assert (other.project, other.added) == (pushed.project, 2)
    tasks = label_studio.tasks(pushed.project)
    assert [t["data"]["framesel_rank"] for t in tasks] == [1, 2, 3, 4, 5, 6, 7, 1, 2]
    for task in tasks:
        shown = {task["data"]["image"], *task["data"]["framesel_context"]}
        assert len(shown) == (3 if task is tasks[0] else 1)
        for address in shown:
            picture = Image.open(io.BytesIO(label_studio.http.get(address).content))
            assert picture.size == (WIDTH, HEIGHT)


def test_an_export_is_imported_by_hand_as_its_readme_says(
    label_studio: Host, tmp_path: Path
) -> None:
    (folder := label_studio.files / "label-studio").mkdir(parents=True)
    sheet = picks(tmp_path, 3, context=True)
    annotation.write(sheet, folder)
    config = (folder / "config.xml").read_text("utf-8")
    asked = {"title": "By hand", "label_config": config}
    number = label_studio.post("/api/projects/", asked)["id"]
    label_studio.post("/api/storages/localfiles", {"project": number, "path": str(folder)})
    tasks = json.loads((folder / "tasks.json").read_text("utf-8"))
    assert label_studio.post(f"/api/projects/{number}/import", tasks)["prediction_count"] == 3
    for task in label_studio.tasks(number):
        for address in (task["data"]["image"], *task["data"]["framesel_context"]):
            picture = Image.open(io.BytesIO(label_studio.http.get(address).content))
            assert picture.size == (WIDTH, HEIGHT)


def test_a_personal_access_token_opens_the_server(label_studio: Host, tmp_path: Path) -> None:
    token = label_studio.post("/api/token/", {})["token"]
    assert push(picks(tmp_path, 1), label_studio.url, "By a personal token", token).added == 1
    assert pull(label_studio.url, "By a personal token", token).pictures == ()
    spoiled = token[:-4] + "abcd"
    for wrong in (spoiled, "f" * 40):
        with pytest.raises(UsageError, match="does not accept the token") as caught:
            pull(label_studio.url, "By a personal token", wrong)
        assert wrong not in str(caught.value)


def test_projects_that_cannot_take_the_sheet_are_named(label_studio: Host, tmp_path: Path) -> None:
    sheet = picks(tmp_path, 1)
    other = '<View><Text name="t" value="$t"/><Choices name="c" toName="t"><Choice value="a"/>'
    config = f"{other}</Choices></View>"
    number = label_studio.post("/api/projects/", {"title": "A text", "label_config": config})["id"]
    with pytest.raises(UsageError, match='lacks boxes named "label"'):
        push(sheet, label_studio.url, str(number), TOKEN)
    few = replace(sheet, classes=sheet.classes[:1], pictures=InMemory(()))
    assert push(few, label_studio.url, "A few classes", TOKEN).added == 0
    with pytest.raises(UsageError, match="lacks 'a <b> & \"c\"', 'Fußgänger'"):
        push(sheet, label_studio.url, "A few classes", TOKEN)
    empty = [label_studio.post("/api/projects/", {"title": "Empty"})["id"] for _ in range(2)]
    with pytest.raises(UsageError, match=f"several projects 'Empty': name one of {empty[0]}, "):
        push(sheet, label_studio.url, "Empty", TOKEN)
    hiding = {"show_collab_predictions": False}
    assert label_studio.http.patch(f"/api/projects/{empty[0]}/", json=hiding).is_success
    filled = push(sheet, label_studio.url, str(empty[0]), TOKEN)
    assert (filled.project, filled.added, filled.hidden) == (empty[0], 1, True)
    assert label_studio.tasks(empty[0])[0]["predictions"]
    for missing in ("No such project", "12345"):
        with pytest.raises(UsageError, match=r"no project|is not there"):
            pull(label_studio.url, missing, TOKEN)
    with pytest.raises(UsageError, match="3 to 50 characters"):
        push(sheet, label_studio.url, "P", TOKEN)
