"""Holds the lines of the architecture: who may import whom (framesel/ARCHITECTURE.md)."""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "framesel"

# What a part of the package may import from it. A part without a row may import anything but
# those that nothing imports.
LEAVES = {
    "disk", "errors", "memory", "settings", "storage", "table_files", "tables", "threads",
    "vector_column", "runtime", "model_files",
}  # fmt: skip
PARTS = {
    "video", "backbones", "detectors", "uncertainty", "selection", "annotation", "evaluation",
    "stopping", "training",
}  # fmt: skip
MAY_IMPORT: dict[str, set[str]] = {
    "errors": set(),
    "quiet": set(),
    "disk": {"errors"},
    "memory": set(),
    "threads": set(),
    "storage": {"errors"},
    "settings": {"errors", "memory", "threads"},
    "table_files": {"storage"},
    "tables": {"errors", "table_files"},
    "vector_column": {"errors", "tables"},
    "runtime": {"errors"},
    "model_files": {"errors"},
    "workspace": {"disk", "errors", "tables", "storage"},
    "catalog": LEAVES | {"workspace"},
    "task": {"errors", "threads"},
    "stage": LEAVES | {"workspace", "catalog", "rounds", "task"},
    "runners": LEAVES | {"task"},
    "labels": LEAVES | {"workspace"} | PARTS,
    "rounds": LEAVES | {"workspace", "labels"} | PARTS,
    "stages": LEAVES | {"workspace", "catalog", "stage", "task", "rounds", "labels"} | PARTS,
    "selection": {"errors", "threads"},
    "uncertainty": {"errors"},
    "evaluation": {"errors"},
    "stopping": {"errors"},
    "training": LEAVES | {"workspace", "detectors"},
    "annotation": LEAVES | {"workspace"},
} | dict.fromkeys(("video", "backbones", "detectors"), LEAVES)
# These stand on top; only they and the entry point may import them.
TOPS = {
    "cli", "desk", "simulation", "report", "plots", "handover", "splitting", "checking",
    "learning", "looping", "history", "drift", "foresight", "api",
}  # fmt: skip

# The whole world of the parts that only compute. (llvmlite is numba's own foundation.)
COMPUTING = {"selection", "uncertainty", "evaluation", "stopping"}
COMPUTING_WORLD = {
    "numpy", "scipy", "sklearn", "numba", "llvmlite", "faiss", "pydantic", "annotated_types",
    "typing_extensions",
}  # fmt: skip
DISK = {"os", "io", "pathlib", "shutil", "tempfile", "glob", "pickle", "sqlite3", "shelve", "mmap"}

# Where alone a package may be imported.
CONFINED = {
    "ray": ("runners/ray.py",),
    "ultralytics": ("detectors/", "training/"),
    "fsspec": ("storage/",),
}


@dataclass(frozen=True)
class Import:
    """One import: the file, its line, and the full name of what is imported."""

    file: str
    line: int
    target: str

    @property
    def part(self) -> str:
        """First folder of the package that the file lies in, or the file's own name."""
        return self.file.split("/", maxsplit=1)[0].removesuffix(".py")

    def __str__(self) -> str:
        return f"framesel/{self.file}:{self.line} imports {self.target}"


def imports(package: Path) -> Iterator[Import]:
    """Every import in every file, wherever in the file it stands."""
    for path in sorted(package.rglob("*.py")):
        file = path.relative_to(package).as_posix()
        here = ["framesel", *path.relative_to(package).parent.parts]
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            for target in targets(node, here):
                yield Import(file, node.lineno, target)  # type: ignore[attr-defined]


def targets(node: ast.AST, here: list[str]) -> list[str]:
    """The full names that a node imports; `here` is the package of its file."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        base = here[: len(here) - node.level + 1] if node.level else []
        stem = ".".join([*base, *([node.module] if node.module else [])])
        return [f"{stem}.{alias.name}" for alias in node.names]
    if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
        name = (
            node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        )
        if name in ("import_module", "__import__") and isinstance(node.args[0].value, str):
            return [node.args[0].value]
    return []


def defines_a_stage(path: Path) -> bool:
    """Whether a file defines a stage: a class that inherits from one of the two contracts."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ClassDef):
            bases = {base.id for base in node.bases if isinstance(base, ast.Name)}
            if bases & {"Stage", "Gather"}:
                return True
    return False


def violations(package: Path) -> list[str]:
    """Every import that crosses a line."""
    stage_files = {path.stem for path in package.glob("stages/*.py") if defines_a_stage(path)}
    found = []
    for item in imports(package):
        root, *rest = item.target.split(".")
        broken = crosses(item, rest[0]) if root == "framesel" and rest else leaves(item, root)
        if broken:
            found.append(f"{item}: {broken}")
        into_stage = rest[:1] == ["stages"] and rest[1:2] and rest[1] in stage_files
        if item.part == "stages" and into_stage and Path(item.file).stem in stage_files:
            found.append(f"{item}: stages meet in the workspace only")
    return found


def crosses(item: Import, target: str) -> str:
    """What is wrong with importing a part of the package, or nothing."""
    if target == item.part or item.file == "__init__.py":
        return ""
    if target in TOPS and item.part not in TOPS and item.file != "__main__.py":
        return f"nothing imports {target}"
    allowed = MAY_IMPORT.get(item.part)
    known = {path.name.removesuffix(".py") for path in PACKAGE.iterdir()} | PARTS | TOPS
    if allowed is not None and target in known and target not in allowed:
        return f"{item.part} may import {', '.join(sorted(allowed)) or 'nothing'}"
    return ""


def leaves(item: Import, root: str) -> str:
    """What is wrong with importing another package, or nothing."""
    if root in CONFINED and not item.file.startswith(CONFINED[root]):
        return f"{root} stays inside {', '.join(CONFINED[root])}"
    if item.part in COMPUTING:
        if root in DISK:
            return f"{item.part} does not know the disk"
        if root not in sys.stdlib_module_names and root not in COMPUTING_WORLD:
            return f"{item.part} knows only {', '.join(sorted(COMPUTING_WORLD))}"
    return ""


def test_no_line_is_crossed() -> None:
    assert violations(PACKAGE) == []


def test_there_is_something_to_look_at() -> None:
    parts = {item.part for item in imports(PACKAGE)}
    assert {"video", "selection", "backbones", "stages", "runners", "cli", "simulation"} <= parts
    assert any(defines_a_stage(path) for path in PACKAGE.glob("stages/*.py"))


@pytest.mark.parametrize(
    ("file", "line", "complaint"),
    [
        ("selection/a.py", "import torch", "knows only"),
        ("selection/a.py", "from pathlib import Path", "disk"),
        ("selection/a.py", "from framesel.stages import x", "may import errors"),
        ("selection/a.py", "def f():\n    from .. import workspace", "may import errors"),
        ("uncertainty/a.py", "import cv2", "knows only"),
        ("video/a.py", "from framesel.backbones.x import y", "may import"),
        ("backbones/a.py", "from framesel import video", "may import"),
        ("detectors/a.py", "import importlib\nimportlib.import_module('framesel.video')", "may"),
        ("video/a.py", "import framesel.stages.frames", "may import"),
        ("workspace.py", "from framesel.stage import Stage", "may import"),
        ("stage.py", "from framesel.pipeline import x", "may import"),
        ("stages/frames.py", "from framesel.runners import local", "may import"),
        ("stages/frames.py", "from framesel.stages.other import x", "meet in the workspace"),
        ("pipeline.py", "from framesel.cli import run", "nothing imports cli"),
        ("stages/frames.py", "import framesel.simulation", "nothing imports simulation"),
        ("pipeline.py", "import ray", "stays inside"),
        ("runners/actor.py", "import ray", "stays inside"),
        ("backbones/a.py", "from ultralytics import YOLO", "stays inside"),
    ],
)
def test_a_crossed_line_is_seen(file: str, line: str, complaint: str, tmp_path: Path) -> None:
    stage = "class Frames(Stage):\n    pass\n"
    for name, text in {"stages/other.py": stage, "stages/frames.py": stage}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    assert violations(tmp_path) == []
    (tmp_path / file).parent.mkdir(exist_ok=True)
    with (tmp_path / file).open("a") as text_file:
        text_file.write(line + "\n")
    (found,) = violations(tmp_path)
    assert complaint in found


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("selection/a.py", "import faiss, numba, math\nfrom framesel.errors import UsageError"),
        ("runners/ray.py", "import ray"),
        ("training/yolo.py", "from ultralytics import YOLO"),
        ("detectors/yolo.py", "def f():\n    import ultralytics"),
        ("__main__.py", "from framesel.cli import main"),
        ("simulation/demo.py", "from framesel.stages import frames\nimport framesel.workspace"),
    ],
)
def test_what_is_allowed_passes(file: str, line: str, tmp_path: Path) -> None:
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).write_text(line)
    assert violations(tmp_path) == []
