"""A recipe: YAML on one side, stages on the other, every mistake reported at once.

A recipe comes from outside: it is parsed without tags, aliases or repeated keys, and it can name
files but run nothing.
"""

from __future__ import annotations

import difflib
import types
import typing
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from framesel.annotation.classes import Classes, feeds
from framesel.errors import RecipeError
from framesel.recipe_paths import placed, portable
from framesel.settings import RunSettings
from framesel.stage import Stage
from framesel.stages.catalog import CatalogSettings
from framesel.stages.detections import Detections, Member
from framesel.stages.duplicates import Duplicates
from framesel.stages.embeddings import Embeddings
from framesel.stages.export import ExportSettings
from framesel.stages.frames import Frames
from framesel.stages.pretrain import Pretrain
from framesel.stages.refining import COARSE, Refining
from framesel.stages.scores import Scores
from framesel.stages.selection import Selection
from framesel.stages.tau import Tau
from framesel.stages.train import Train
from framesel.stages.trust import Trust
from framesel.stages.windows import CoarseToFine, Windows
from framesel.stopping.settings import Stop

MAX_BYTES = 1_000_000


class Recipe(BaseModel):
    """The settings of each stage, and a `run` section that never changes a result."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    catalog: Annotated[CatalogSettings, Field(description="how input is read")] = CatalogSettings()
    classes: Annotated[
        Classes,
        Field(
            description="what may be labelled: a list, or a mapping; empty: as the detector says"
        ),
    ] = {}
    frames: Annotated[Frames, Field(description="what is decoded")] = Frames()
    coarse: Annotated[CoarseToFine | None, Field(description="keyframes first; null: no")] = None
    embeddings: Annotated[Embeddings, Field(description="pictures to vectors")] = Embeddings()
    detections: Annotated[Detections, Field(description="what a detector sees")] = Detections()
    committee: Annotated[
        tuple[Member, ...], Field(description="more detectors, whose disagreement counts")
    ] = ()
    duplicates: Annotated[Duplicates, Field(description="what counts as the same")] = Duplicates()
    scores: Annotated[Scores, Field(description="what the detector does not know")] = Scores()
    selection: Annotated[Selection, Field(description="what is chosen")] = Selection()
    export: Annotated[ExportSettings, Field(description="what is handed over")] = ExportSettings()
    train: Annotated[Train, Field(description="a detector from your labels")] = Train()
    stop: Annotated[Stop, Field(description="when another round is not worth it")] = Stop()
    pretrain: Annotated[Pretrain, Field(description="a backbone of your own")] = Pretrain()
    run: Annotated[RunSettings, Field(description="machine and memory")] = RunSettings()

    @model_validator(mode="after")
    def _committee_has_a_chair(self) -> Self:
        if self.committee and not self.detections.weights:
            raise ValueError(
                "a committee votes beside a detector: set detections.weights to one of its members"
            )
        if any(not member.weights for member in self.committee):
            raise ValueError("each member of the committee needs its weights")
        return self

    def stages(self) -> dict[str, Stage]:
        """The stages in the order in which they run, by name.

        Without a detector there are neither detections nor scores, and the selection does without.
        """
        scored = bool(self.detections.weights)
        looks: dict[str, Refining] = {"frames": self.frames, "embeddings": self.embeddings}
        looks |= {"detections": self.detections} if scored else {}
        found: dict[str, Stage] = {}
        if self.coarse:
            first = {**looks, "frames": self.frames.first_look(self.coarse.every_s)}
            found = {name + COARSE: stage for name, stage in first.items()}
            found["windows"] = Windows.of(self.coarse, self.frames.sample, scored=scored)
            looks = {name: stage.refining() for name, stage in looks.items()}
        found |= looks
        found |= {f"detections.{n}": m for n, m in enumerate(self.committee, 2)}
        if self.duplicates.tau_cos == "auto":
            found["tau"] = self._tau()
        found |= {"shots": self.duplicates.shots(), "duplicates": self.duplicates}
        if scored:
            found["scores"] = self.scores.seated(len(self.committee))
        selection = self.selection.informed(scored=scored, coarse=self.coarse is not None)
        if "trust" in selection.needs():
            found["trust"] = self._trust()
        found["selection"] = selection
        return found

    def _trust(self) -> Trust:
        return Trust(
            confident=self.scores.settings.confident,
            rule=self.train.rule,
            rename=self.train.rename,
            fed=feeds(self.classes),
            calibration=self.scores.calibration,
        )

    def _tau(self) -> Tau:
        at_least_cos = Duplicates.model_fields["tau_cos"].default
        return Tau(gate=self.duplicates.gate, at_least_cos=at_least_cos)

    def remarks(self) -> list[str]:
        """What is allowed and probably not meant."""
        store_px, found = self.frames.store_px, []
        for name, size_px in (
            [("detections.size_px", self.detections.size_px)] if self.detections.weights else []
        ) + [(f"committee.{n}.size_px", m.size_px) for n, m in enumerate(self.committee)]:
            if 0 < store_px < size_px:
                found.append(
                    f"{name} is {size_px}, but frames are stored at {store_px} pixels: the "
                    f"detector sees enlarged pictures. Set frames.store_px={size_px}."
                )
        return found

    def to_yaml(self, workspace: Path | None = None) -> str:
        """The whole recipe with every default written out.

        Args:
            workspace: Folder that the file will lie in; paths into it are written such that it can
                be moved (``recipe_paths``). None: paths stay as they are.
        """
        content = self.model_dump(mode="json")
        if workspace is not None:
            content = portable(content, workspace)
        return str(yaml.safe_dump(content, sort_keys=False, allow_unicode=True))


def load(path: Path | None, overrides: Sequence[str] = ()) -> Recipe:
    """Reads a recipe and applies ``--set`` overrides.

    Args:
        path: A YAML file; None for the defaults. In paths that begin with ``{workspace}`` its
            folder takes that place.
        overrides: Texts like ``frames.sample.fps=2``; values are YAML.

    Raises:
        RecipeError: With all mistakes, each with its place and the nearest valid key.
    """
    content = _parse(path) if path else {}
    for text in overrides:
        _override(content, text)
    if path is not None:
        content = placed(content, path.absolute().parent)
    try:
        return Recipe.model_validate(content)
    except ValidationError as error:
        where = f"{path}" if path else "the settings"
        mistakes = sorted({_mistake(dict(e)) for e in error.errors()})
        raise RecipeError(
            f"{where}: {len(mistakes)} mistake{'s' if len(mistakes) > 1 else ''}\n"
            + "\n".join(f"  - {m}" for m in mistakes)
        ) from None


class _Loader(yaml.SafeLoader):  # type: ignore[misc]
    """Safe YAML without aliases (they can blow up a small file) and without repeated keys."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark
            raise RecipeError(f"line {mark.line + 1}: aliases (*name) are not allowed in a recipe")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if isinstance(key, str) and key in seen:
                line = key_node.start_mark.line + 1
                raise RecipeError(f"line {line}: the key {key!r} appears twice")
            seen.add(key if isinstance(key, str) else repr(key))
        return dict(super().construct_mapping(node, deep))


def _parse(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise RecipeError(f"{path} is larger than {MAX_BYTES:,} bytes: that is no recipe")
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(f"{path} cannot be read: {error}") from None
    try:
        content = yaml.load(text, _Loader)  # noqa: S506 - a SafeLoader, made stricter
    except RecipeError as error:
        raise RecipeError(f"{path}, {error}") from None
    except (yaml.YAMLError, RecursionError) as error:
        raise RecipeError(f"{path} is not valid YAML: {error}") from None
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise RecipeError(f"{path} must hold sections such as `frames:`, not a {type(content)}")
    return content


def _override(content: dict[str, Any], text: str) -> None:
    name, equals, value = text.partition("=")
    keys = name.strip().split(".")
    if not equals or not all(keys):
        raise RecipeError(f"--set {text!r}: write it as stage.key=value")
    here = content
    for key in keys[:-1]:
        inner = here.setdefault(key, {})
        if not isinstance(inner, dict):
            raise RecipeError(f"--set {text!r}: {key!r} is {inner!r}, which has no keys of its own")
        here = inner
    try:
        here[keys[-1]] = yaml.load(value, _Loader)  # noqa: S506 - a SafeLoader, made stricter
    except yaml.YAMLError as error:
        raise RecipeError(f"--set {text!r}: the value is not valid YAML: {error}") from None


def _mistake(error: dict[str, Any]) -> str:
    place, models = _walk([str(p) for p in error["loc"]])
    name = ".".join(place)
    if error["type"] == "extra_forbidden":
        return f"{name}: unknown key{_nearest(place[-1], models)}"
    if error["type"] == "union_tag_not_found":
        return f"{name}: needs the key {error['ctx']['discriminator']}"
    if error["type"] == "union_tag_invalid":
        tags = [str(t) for m in models for t in _tags(m)]
        return f"{name}: there is no {error['ctx']['tag']!r}{_close(error['ctx']['tag'], tags)}"
    message = error["msg"].removeprefix("Value error, ")
    return f"{name}: {message}; found {error['input']!r}"


def _walk(loc: Sequence[str]) -> tuple[list[str], list[type[BaseModel]]]:
    """A place as a user wrote it (pydantic adds the tags of unions), and the models around it.

    The models are those that hold the last key; where the place is itself a union, its members.
    """
    models: list[type[BaseModel]] = [Recipe]
    place: list[str] = []
    for last, step in ((i == len(loc) - 1, s) for i, s in enumerate(loc)):
        tagged = [m for m in models if step in _tags(m)]
        if tagged and not last:
            models = tagged
            continue
        place.append(step)
        inner = [
            found
            for m in models
            if step in m.model_fields
            for found in _models(m.model_fields[step].annotation)
        ]
        models = inner or models
    return place, models


def _nearest(key: str, models: Sequence[type[BaseModel]]) -> str:
    return _close(key, sorted({name for m in models for name in m.model_fields}))


def _close(word: str, known: Sequence[str]) -> str:
    """Advice that names the closest known word, or all of them."""
    close = difflib.get_close_matches(word, known, 1, 0.5)
    if close:
        return f"; did you mean {close[0]!r}?"
    return f"; valid are {', '.join(known)}" if known else ""


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and not isinstance(annotation, types.GenericAlias):
        if issubclass(annotation, BaseModel):
            yield annotation
        return
    for inner in typing.get_args(annotation):
        yield from _models(inner)


def _tags(model: type[BaseModel]) -> tuple[Any, ...]:
    return tuple(
        tag
        for name in ("mode", "name", "how")
        if name in model.model_fields
        for tag in typing.get_args(model.model_fields[name].annotation)
    )
