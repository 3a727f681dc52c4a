"""What all tests share: no network, fixed seeds, the footage, and what a machine must have."""

import os
import random
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

# Before numpy or torch is imported: several test processes on few cores fight over threads.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import hypothesis
import pytest

from tests.browser.fixtures import browser, browser_errors, browser_page
from tests.requirements import demand
from tests.sharing import shared

if TYPE_CHECKING:
    from framesel.simulation.truth import Truth

__all__ = ["browser", "browser_errors", "browser_page"]  # fixtures for all folders

ROOT = Path(__file__).resolve().parent.parent
OFFLINE = Path(__file__).resolve().parent / "offline"

hypothesis.settings.register_profile("dev", deadline=None)
# The same examples each time: more of them find nothing new.
hypothesis.settings.register_profile(
    "ci", deadline=None, derandomize=True, print_blob=True, max_examples=50
)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "dev")


def _block_network() -> ModuleType:
    """Blocks the network here and, through PYTHONPATH, in every Python process started later."""
    earlier = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join([str(OFFLINE), *([earlier] if earlier else [])])
    # A test process may itself be a child of one that has loaded it as the real sitecustomize.
    loaded = sys.modules.get("sitecustomize")
    if loaded is not None and hasattr(loaded, "attempts"):
        return loaded
    import importlib.util

    spec = importlib.util.spec_from_file_location("framesel_offline", OFFLINE / "sitecustomize.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


_network = _block_network()


@pytest.fixture
def network_attempts() -> list[str]:
    """The connections that were tried and blocked so far, in this process."""
    attempts: list[str] = _network.attempts
    return attempts


@pytest.fixture(autouse=True)
def no_network(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fails a test that tried to reach another machine, even if the code swallowed the refusal."""
    before = len(_network.attempts)
    yield
    tried = _network.attempts[before:]
    if tried and "network_attempts" not in request.fixturenames:
        pytest.fail(f"the network was used: {', '.join(tried)}")


@pytest.fixture(autouse=True)
def seeds() -> None:
    """Seeds the global generators, for libraries that draw from them."""
    random.seed(0)
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(0)
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(0)


@pytest.fixture(scope="session")
def require() -> Callable[[str, bool, str], None]:
    """``require("browser", path is not None, "chromium is not installed")``.

    Skips when the second argument is false, or fails if FRAMESEL_REQUIRE names the first one or is
    "all". For what `.ci/run` can install; what no installation brings (a GPU) calls `pytest.skip`.
    """
    return demand


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder with the real footage: FRAMESEL_DATA, or shared/data beside the checkout."""
    folder = Path(os.environ.get("FRAMESEL_DATA") or ROOT.parent / "shared" / "data")
    demand("data", folder.is_dir(), f"no real footage at {folder}; set FRAMESEL_DATA")
    return folder


@pytest.fixture(scope="session")
def footage(tmp_path_factory: pytest.TempPathFactory) -> "Truth":
    """Small rendered footage with known content: `footage.folder` holds the videos."""
    from framesel.simulation.footage import render
    from framesel.simulation.presets import PRESETS

    return shared(tmp_path_factory, "tiny", partial(render, preset=PRESETS["tiny"], seed=0))
