"""Training a YOLO from beginning to end: what is written, and that nothing else is touched."""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
import torch

from framesel.detectors import DetectSettings, load
from framesel.errors import StageError, UsageError, WeightsError
from framesel.runtime import Runtime
from framesel.training import Progress, Trained, freeze, read, train
from framesel.training.batches import Batches
from framesel.training.learner import Precision
from framesel.training.learners import begin_with
from framesel.training.pictures import Pictures
from framesel.training.yolo import shipped
from tests.detectors.test_ultralytics import agree, predicted
from tests.training.conftest import CLASSES, SHORT, SIZE_PX, example

Start = Callable[[str], str]
VERSIONS = ("v8", "11", "26")


def trained(data: Path, start: str, folder: Path, **changes: object) -> Trained:
    return train(data, SHORT.model_copy(update=changes), start, CLASSES, folder)


def state_of(path: Path) -> dict[str, torch.Tensor]:
    from framesel.detectors.checkpoint_file import read_checkpoint

    return read_checkpoint(path).state


@pytest.mark.parametrize("version", VERSIONS)
def test_what_is_written_is_read_by_framesel_and_ultralytics(
    version: str, undisturbed: Callable[[str], Trained], pictures: list[np.ndarray]
) -> None:
    found = undisturbed(version)
    assert sorted(p.name for p in found.weights.parent.iterdir()) == ["trained.json", "weights.pt"]
    detector = load(found.name, DetectSettings(size_px=SIZE_PX), runtime=Runtime.TORCH_FP32)
    assert detector.info.classes == found.classes == CLASSES
    assert found.taken_over == CLASSES  # the start knew drone, bird and kite
    assert all(t.dtype == torch.float32 for t in state_of(found.weights).values() if t.ndim)
    boxes = detector(pictures)
    assert sum(map(len, boxes)) > 0
    for picture, one in zip(pictures, boxes, strict=True):
        agree(one, predicted(str(found.weights), picture))


def test_every_step_moves_the_weights(
    data: Path, start: Start, undisturbed: Callable[[str], Trained], tmp_path: Path
) -> None:
    before = state_of(Path(start("v8")))
    said: list[Progress] = []
    state = torch.random.get_rng_state()
    settings = SHORT.model_copy(update={"averaging": 0.0})
    found = train(data, settings, start("v8"), CLASSES, tmp_path, on_step=said.append)
    assert torch.equal(state, torch.random.get_rng_state())
    assert not torch.are_deterministic_algorithms_enabled()
    assert [(one.iteration, one.iterations) for one in said] == [(k, 4) for k in range(1, 5)]
    assert all(np.isfinite(one.loss) and one.score is None for one in said)
    after, averaged = state_of(found.weights), state_of(undisturbed("v8").weights)
    same = [n for n, t in after.items() if t.shape == before[n].shape and torch.equal(t, before[n])]
    assert same == ["model.22.dfl.conv.weight"]
    name = "model.0.conv.weight"
    moved, near = ((one[name] - before[name].float()).norm() for one in (after, averaged))
    assert 0 < near < moved


def last_layers(state: Mapping[str, torch.Tensor]) -> list[str]:
    return [n for n in state if "cv3" in n and n.endswith((".2.weight", ".2.bias"))]


@pytest.mark.parametrize(
    ("rename", "known"),
    [({"drone": "kite"}, {0: 1, 1: 0}), ({"bird": "owl"}, {1: 2})],
)
def test_the_classes_that_were_known_keep_their_rows(
    rename: dict[str, str], known: dict[int, int], start: Start
) -> None:
    before = state_of(Path(start("26")))  # drone, bird, kite
    learner = begin_with(start("26"), CLASSES, SHORT.model_copy(update={"rename": rename}))
    assert learner.form.taken_over == tuple(CLASSES[number] for number in known)
    after = learner.module.state_dict()
    names = last_layers(after)
    assert len(names) == 2 * 2 * 3  # two heads, weight and bias, three levels
    for name in names:
        for number in range(2):
            same = [torch.equal(after[name][number], row.float()) for row in before[name]]
            assert same == [known.get(number) == row for row in range(3)]


def test_more_classes_than_before(start: Start, tmp_path: Path) -> None:
    classes = tuple(f"class {k}" for k in range(40))
    learner = begin_with(start("11"), classes, SHORT)
    learner.export(tmp_path / "weights.pt", learner.module.state_dict())
    settings = DetectSettings(size_px=SIZE_PX)
    detector = load(str(tmp_path / "weights.pt"), settings, runtime=Runtime.TORCH_FP32)
    assert detector.info.classes == classes


def test_the_statistics_of_the_start_can_be_kept(
    data: Path, start: Start, undisturbed: Callable[[str], Trained], tmp_path: Path
) -> None:
    before = state_of(Path(start("v8")))
    frozen = trained(data, start("v8"), tmp_path, freeze_batchnorm=True, iterations=2)
    for one, kept in ((frozen, True), (undisturbed("v8"), False)):
        after = state_of(one.weights)
        name = "model.0.bn.running_mean"
        assert torch.allclose(after[name], before[name].float(), atol=1e-6) == kept
        assert not torch.equal(after["model.0.bn.weight"], before["model.0.bn.weight"].float())


def test_from_scratch_in_one_batch_of_one(tmp_path: Path) -> None:
    """One picture, one class, random weights, no file."""
    freeze(tmp_path / "data", [example(0, 1, classes=1)], ("bird",))
    settings = SHORT.model_copy(update={"batch": 1, "iterations": 1})
    found = train(tmp_path / "data", settings, "scratch:yolov8n", ("bird",), tmp_path)
    assert found.taken_over == ()
    detector = load(found.name, DetectSettings(size_px=SIZE_PX), runtime=Runtime.TORCH_FP32)
    assert detector.info.classes == ("bird",)


@pytest.mark.parametrize("name", ["yolov8s", "yolo11x", "yolo26m", "yolov8n-p2", "yolov9c"])
def test_architectures_of_every_size_are_found(name: str) -> None:
    import yaml

    config = shipped(f"scratch:{name}")
    assert config["backbone"]
    assert config.get("scale", "") == ("" if name == "yolov9c" else name.partition("-")[0][-1])
    assert yaml.safe_dump(config)


def test_background_alone_is_learned(start: Start, tmp_path: Path) -> None:
    freeze(tmp_path / "data", [example(0, 0), example(1, 0)], CLASSES)
    said: list[Progress] = []
    settings = SHORT.model_copy(update={"iterations": 8, "learning_rate": 0.01})
    train(tmp_path / "data", settings, start("v8"), CLASSES, tmp_path, on_step=said.append)
    assert np.isfinite([one.loss for one in said]).all()
    assert said[-1].loss < said[0].loss / 2


@pytest.mark.parametrize("version", ["v8", "26"])
def test_the_loss_in_mixed_precision_is_nearly_that_in_full(
    version: str, data: Path, start: Start
) -> None:
    batch = Batches(Pictures(read(data), SIZE_PX, False), SIZE_PX, SHORT)(0)
    losses = []
    for half in (None, torch.bfloat16):
        learner = begin_with(start(version), CLASSES, SHORT)
        learner.begin(Precision(torch.device("cpu"), half))
        learner.module.train()
        loss = learner.loss(batch, 0.0)
        assert loss.dtype == torch.float32
        torch.autograd.backward(loss)
        slopes = [p.grad for p in learner.module.parameters() if p.requires_grad]
        assert all(one is not None and bool(one.isfinite().all()) for one in slopes)
        losses.append(float(loss.detach()))
    assert losses[0] != losses[1]
    assert losses[1] == pytest.approx(losses[0], rel=0.2)  # random weights amplify what is rounded


def test_mixed_precision_is_for_processors_that_have_units_for_it(
    data: Path,
    start: Start,
    undisturbed: Callable[[str], Trained],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for units in (True, False):
        monkeypatch.setattr("framesel.training.run.cpu_has_bf16", lambda units=units: units)
        folder = tmp_path / str(units)
        folder.mkdir()
        found = trained(data, start("v8"), folder, precision="mixed")
        in_full = found.weights.read_bytes() == undisturbed("v8").weights.read_bytes()
        assert in_full == (not units)


def test_two_heads_are_weighed_by_the_share_that_is_done(data: Path, start: Start) -> None:
    """YOLO26: from 0.8 to 0.1 for the usual head, as ultralytics moves it over its epochs."""
    batch = Batches(Pictures(read(data), SIZE_PX, False), SIZE_PX, SHORT)(0)
    learner = begin_with(start("26"), CLASSES, SHORT)
    learner.begin(Precision(torch.device("cpu")))
    with torch.no_grad():
        learner.module.train()
        first, middle, last = (float(learner.loss(batch, share)) for share in (0.0, 0.5, 1.0))
    criterion = learner._criterion
    assert criterion.o2m == pytest.approx(0.1)
    assert criterion.o2o == pytest.approx(0.9)
    assert middle == pytest.approx((first + last) / 2, rel=1e-3)
    assert first != last


def test_a_diverging_training_says_so(data: Path, start: Start, tmp_path: Path) -> None:
    with pytest.raises(StageError, match=r"diverged at iteration \d.*learning_rate \(now 1e\+30"):
        trained(data, start("v8"), tmp_path, learning_rate=1e30, warmup=0)
    assert not (tmp_path / "weights.pt").exists()


@pytest.mark.parametrize(
    ("begin", "error", "complaint"),
    [
        ("scratch:yolo99n", UsageError, "ships no such architecture"),
        ("scratch:yolo11n-seg", WeightsError, "only detection heads"),
        ("scratch:../yolo11n", UsageError, "ships no such architecture"),
        ("gone.pt", WeightsError, "there are no weights"),
        ("torchvision:nothing", UsageError, "no architecture 'nothing'"),
        ("torchvision:ssdlite320_mobilenet_v3_large", UsageError, r"batch is 1"),
    ],
)
def test_a_start_that_makes_no_sense(
    begin: str, error: type[Exception], complaint: str, data: Path, tmp_path: Path
) -> None:
    with pytest.raises(error, match=complaint):
        trained(data, begin, tmp_path, batch=1)


def test_other_classes_than_were_frozen(data: Path, start: Start, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="frozen with the classes bird, kite, not with kite"):
        train(data, SHORT, start("v8"), ("kite",), tmp_path)


def test_a_hostile_start_is_not_opened(data: Path, tmp_path: Path) -> None:
    class Run:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return print, ("ran",)

    torch.save({"model": Run()}, tmp_path / "bad.pt")
    with pytest.raises(WeightsError, match="wants to run"):
        trained(data, str(tmp_path / "bad.pt"), tmp_path)
