"""torchvision's families: the boxes of their own forward, with the distribution of every class."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional
from torchvision.models.detection import roi_heads, ssd

from framesel.detectors.detector import Detections, DetectorCard, DetectSettings
from framesel.detectors.torchvision_assembly import assemble
from framesel.detectors.torchvision_detector import TorchvisionDetector
from framesel.errors import WeightsError

from .torchvision_models import tiny

KINDS = ("roi", "retinanet", "ssd")
CPU = torch.device("cpu")


def opened(model: Any, kind: Any, **settings: Any) -> TorchvisionDetector:
    asked = DetectSettings(**settings)
    columns = model.roi_heads.box_predictor.cls_score.out_features if kind == "roi" else 4
    first = 0 if kind == "retinanet" else 1
    classes = tuple(f"class_{k}" for k in range(first, columns))
    return assemble(model, kind, DetectorCard("tiny", "0"), classes, asked, first=first, device=CPU)


def own(model: Any, picture: np.ndarray, asked: DetectSettings) -> dict[str, np.ndarray]:
    """What the network itself returns with those thresholds."""
    rules = model.roi_heads if hasattr(model, "roi_heads") else model
    rules.score_thresh, rules.nms_thresh = asked.conf, asked.iou
    rules.detections_per_img = asked.max_candidates
    tensor = torch.from_numpy(picture.transpose(2, 0, 1).copy()).float() / 255
    with torch.inference_mode():
        return {key: value.numpy() for key, value in model([tensor])[0].items()}


def softmax(found: Detections) -> np.ndarray:
    """(m, C + 1), background last."""
    z = np.concatenate([found.logits, np.zeros((len(found), 1), np.float32)], axis=1)
    odds = np.exp(z.astype(np.float64))
    return odds / odds.sum(axis=1, keepdims=True)


def scores(found: Detections, kind: str) -> np.ndarray:
    if kind == "retinanet":
        return 1 / (1 + np.exp(-found.logits.astype(np.float64)))
    return softmax(found)[:, :-1]


def compare(found: Detections, theirs: dict[str, np.ndarray], kind: str) -> None:
    first = 0 if kind == "retinanet" else 1
    assert len(found) == len(theirs["boxes"])
    assert np.allclose(scores(found, kind).max(axis=1), theirs["scores"], atol=1e-6)
    assert np.array_equal(found.logits.argmax(axis=1) + first, theirs["labels"])
    assert np.allclose(found.xyxy, theirs["boxes"], atol=1e-3)


class BestClassOnly:
    """``torch.nn.functional`` whose softmax leaves the background and the best class alone."""

    def __getattr__(self, name: str) -> Any:
        return getattr(functional, name)

    @staticmethod
    def softmax(logits: torch.Tensor, dim: int) -> torch.Tensor:
        p = functional.softmax(logits, dim)
        best = p[..., 1:].max(dim=-1, keepdim=True).values
        return torch.cat([p[..., :1], torch.where(p[..., 1:] == best, p[..., 1:], 0.0)], dim=-1)


@pytest.fixture
def one_class_each(monkeypatch: pytest.MonkeyPatch) -> None:
    """torchvision's own forward, restricted to one class for each anchor or proposal."""
    monkeypatch.setattr(roi_heads, "F", BestClassOnly())
    monkeypatch.setattr(ssd, "F", BestClassOnly())
    sigmoid = torch.sigmoid

    def best_only(logits: torch.Tensor) -> torch.Tensor:
        best = logits.max(dim=-1, keepdim=True).values
        return torch.where(logits == best, sigmoid(logits), 0.0)

    from torchvision.models.detection import retinanet

    class Torch:
        sigmoid = staticmethod(best_only)

        def __getattr__(self, name: str) -> Any:
            return getattr(torch, name)

    monkeypatch.setattr(retinanet, "torch", Torch())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("conf", "iou", "most"), [(0.05, 0.7, 300), (0.05, 0.3, 300), (0.3, 0.5, 7), (0.7, 0.5, 300)]
)
def test_boxes_are_those_of_its_own_forward(
    kind: str,
    conf: float,
    iou: float,
    most: int,
    pictures: list[np.ndarray],
    one_class_each: None,
) -> None:
    model = tiny(kind, 4)
    asked = DetectSettings(conf=conf, iou=iou, max_candidates=most)
    detector = opened(model, kind, conf=conf, iou=iou, max_candidates=most)
    found = detector(pictures)
    for one, picture in zip(found, pictures, strict=True):
        compare(one, own(model, picture, asked), kind)
    assert sum(map(len, found)) > 5


@pytest.mark.parametrize(("kind", "columns"), [("roi", 2), ("ssd", 2), ("retinanet", 1)])
def test_with_one_class_the_boxes_are_those_of_an_unrestricted_forward(
    kind: str, columns: int, pictures: list[np.ndarray]
) -> None:
    model = tiny(kind, columns)
    asked = DetectSettings(conf=0.05, iou=0.5)
    card = DetectorCard("tiny", "0")
    first = 0 if kind == "retinanet" else 1
    detector = assemble(model, kind, card, ("one",), asked, first=first, device=CPU)
    found = detector(pictures)
    assert any(map(len, found))
    for one, picture in zip(found, pictures, strict=True):
        compare(one, own(model, picture, asked), kind)


@pytest.mark.parametrize("kind", ["roi", "ssd"])
def test_a_threshold_of_a_half_needs_no_restriction(kind: str, pictures: list[np.ndarray]) -> None:
    model = tiny(kind, 4)
    found = opened(model, kind, conf=0.5)(pictures)
    assert any(map(len, found))
    for one, picture in zip(found, pictures, strict=True):
        compare(one, own(model, picture, DetectSettings(conf=0.5)), kind)


@pytest.mark.parametrize("kind", ["roi", "ssd"])
def test_logits_relative_to_background_give_the_networks_own_softmax(
    kind: str, pictures: list[np.ndarray]
) -> None:
    model = tiny(kind, 4)
    seen: list[torch.Tensor] = []
    layer: Any = model.head.classification_head if kind == "ssd" else None
    layer = layer or model.roi_heads.box_predictor.cls_score
    detector = opened(model, kind)
    hook = layer.register_forward_hook(lambda _, __, out: seen.append(out))
    (found,) = detector(pictures[:1])
    hook.remove()
    columns = seen[0].reshape(-1, 4)
    theirs = torch.softmax(columns.double(), dim=1).numpy()
    ours = softmax(found)[:, [3, 0, 1, 2]]
    for row in ours:
        assert np.abs(theirs - row).max(axis=1).min() < 1e-6
    assert found.peak == pytest.approx(float((columns[:, 1:] - columns[:, :1]).max()), abs=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_levels_and_rows_of_the_last_layer(kind: str, pictures: list[np.ndarray]) -> None:
    detector = opened(tiny(kind, 4), kind, conf=0.01)
    found = detector(pictures)
    levels = np.concatenate([one.level for one in found])
    heads = np.concatenate([one.head for one in found])
    assert set(levels.tolist()) == {0, 1}
    assert detector.info.strides == (8, 16)
    shapes = {"roi": 1, "retinanet": 4, "ssd": 10}[kind]
    assert set(heads.tolist()) == set(range(shapes))
    if kind == "ssd":  # four shapes on the first level, six on the second
        assert np.array_equal(heads >= 4, levels == 1)


@pytest.mark.parametrize("kind", KINDS)
def test_what_cannot_be_given_is_said(kind: str, pictures: list[np.ndarray]) -> None:
    detector = opened(tiny(kind, 4), kind)
    (found,) = detector(pictures[:1])
    assert found.sides is None
    assert "one number" in detector.info.missing["sides"]
    assert (found.features is None) == (kind != "roi")
    assert (detector.last_layer is None) == (kind != "roi")
    if kind != "roi":
        assert "72 features" in detector.info.missing["features"]
    unasked = opened(tiny(kind, 4), kind, features=False)
    assert unasked(pictures[:1])[0].features is None
    assert unasked.info.feature_dim == 0
    assert "not asked" in unasked.info.missing["features"] or kind != "roi"


def test_features_times_last_layer_are_the_logits(pictures: list[np.ndarray]) -> None:
    detector = opened(tiny("roi", 4), "roi")
    layer = detector.last_layer
    assert layer is not None
    assert layer.weight.shape == (1, 3, 10)
    for found in detector(pictures):
        assert found.features is not None
        z = np.einsum("mcf,mf->mc", layer.weight[found.head], found.features)
        assert np.allclose(z + layer.bias[found.head], found.logits, atol=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_faint_is_what_a_lower_threshold_would_add(
    kind: str, pictures: list[np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Confident boxes survive alike, so the mass under the threshold is that of the new boxes."""
    monkeypatch.setattr("framesel.detectors.candidates.FAINT_AT_MOST", 100_000)
    model = tiny(kind, 4)
    model.topk_candidates = 100_000
    high = opened(model, kind, conf=0.6, iou=0.4, max_candidates=10_000)(pictures)
    low = opened(model, kind, conf=0.005, iou=0.4, max_candidates=10_000)(pictures)
    for above, everything in zip(high, low, strict=True):
        p = scores(everything, kind).max(axis=1)
        assert len(above) == (p > 0.6).sum()
        assert above.faint == pytest.approx(float(p[p <= 0.6].sum()), rel=1e-4)
    assert any(one.faint > 0.5 for one in high)


@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_without_boxes_still_has_evidence(kind: str) -> None:
    detector = opened(tiny(kind, 4), kind, conf=0.999999)
    (found,) = detector([np.full((30, 50, 3), 90, np.uint8)])
    assert len(found) == 0
    assert found.xyxy.shape == (0, 4)
    assert found.logits.shape == (0, 4 if kind == "retinanet" else 3)
    assert np.isfinite([found.peak, found.faint]).all()


@pytest.mark.parametrize("kind", KINDS)
def test_outputs_that_are_not_finite_are_an_error(kind: str, pictures: list[np.ndarray]) -> None:
    model = tiny(kind, 4)
    detector = opened(model, kind)
    model.backbone.second[0].bias.data[0] = float("nan")
    with pytest.raises(WeightsError, match="detector tiny: its outputs are not finite"):
        detector(pictures[:1])


@pytest.mark.parametrize("kind", KINDS)
def test_a_torchvision_that_computes_something_else_is_noticed(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = tiny(kind, 4)
    whole = type(model).forward

    def shifted(self: Any, images: Any) -> Any:
        found = whole(self, images)
        found[0]["scores"] = found[0]["scores"] * 0.5
        return found

    monkeypatch.setattr(type(model), "forward", shifted)
    with pytest.raises(WeightsError, match="This version of torchvision computes something else"):
        opened(model, kind)


def test_a_gpu_gives_nearly_the_same_boxes(pictures: list[np.ndarray]) -> None:
    if not torch.cuda.is_available():
        pytest.skip("no GPU")
    for kind in KINDS:
        model = tiny(kind, 4)
        asked, card = DetectSettings(conf=0.3), DetectorCard("tiny", "0")
        first = 0 if kind == "retinanet" else 1
        names = tuple("abcd"[first:])
        plain = opened(model, kind, conf=0.3)(pictures)
        gpu = assemble(
            model, kind, card, names, asked, first=first, device=torch.device("cuda"), batch=4
        )(pictures)
        counts = [(len(a), len(b)) for a, b in zip(plain, gpu, strict=True)]
        assert all(abs(a - b) <= max(2, 0.2 * a) for a, b in counts)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape_hw", [(1, 1000), (1000, 1), (2, 95), (1, 1)])
def test_pictures_of_any_shape_are_taken(kind: str, shape_hw: tuple[int, int]) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (*shape_hw, 3), np.uint8)
    (found,) = opened(tiny(kind, 4), kind, conf=0.01)([picture])
    assert (found.xyxy >= 0).all()
    assert (found.xyxy <= [*shape_hw[::-1]] * 2).all()


def test_the_probe_leaves_thresholds_as_they_were(tmp_path: Path) -> None:
    model = tiny("ssd", 4)
    before = model.score_thresh
    opened(model, "ssd")
    assert model.score_thresh == before
