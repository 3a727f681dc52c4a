"""Weights that others trained into a trunk: prefixes, numbered modules, and mistakes named.

lightly's examples wrap a torchvision network as ``nn.Sequential(*children)``, Lightning prefixes
all names with the attribute that holds the module, distillation keeps a student and a teacher,
``compile`` and ``DataParallel`` add their own. All of these are understood.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from framesel.backbones.architectures import CLASSIFIERS, Trunk
from framesel.errors import WeightsError
from framesel.model_files import read_torch_file

CONTAINERS = ("state_dict", "model_state_dict", "model", "teacher", "student")
NAMED_AT_MOST = 8
State = dict[str, Tensor]


def read_state(path: Path) -> State:
    """The tensors of a safetensors or torch file, by name.

    Raises:
        WeightsError: As ``read_torch_file``, or there are no tensors in it.
    """
    content: dict[str, Any]
    if path.suffix == ".safetensors":
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        try:
            content = load_file(path)
        except (OSError, SafetensorError) as error:
            raise WeightsError(
                f"{path}: cannot read the weights ({error}). Check the path, or fetch them again."
            ) from error
    else:
        content = read_torch_file(path)
        for name in CONTAINERS:
            if isinstance(content.get(name), dict):
                content = content[name]
                break
    state = {str(k): v for k, v in content.items() if isinstance(v, Tensor)}
    if not state:
        raise WeightsError(f"{path}: there are no tensors in it. Save a state dict.")
    return state


def _numbered(network: nn.Module) -> dict[str, str]:
    """The name of a child in ``nn.Sequential(*children)`` by its own name: conv1 -> 0."""
    return {name: str(number) for number, (name, _) in enumerate(network.named_children())}


def _expected(network: nn.Module) -> dict[str, Tensor]:
    return {k: v for k, v in network.state_dict().items() if not k.endswith("num_batches_tracked")}


def _best_prefix(expected: list[str], names: list[str]) -> tuple[str, int]:
    """The prefix under which most expected names are found, and how many."""
    wanted = set(expected)
    found: Counter[str] = Counter()
    for name in names:
        parts = name.split(".")
        for cut in range(len(parts)):
            if ".".join(parts[cut:]) in wanted:
                found["".join(f"{part}." for part in parts[:cut])] += 1
    if not found:
        return "", 0
    # A teacher is the better half of a distilled pair: prefer it among equals, then the shortest.
    best = max(found, key=lambda p: (found[p], "teacher" in p, -len(p), p))
    return best, found[best]


def match_state(trunk: Trunk, state: State, origin: str) -> State:
    """The tensors for ``trunk.network``, found in ``state`` under whatever prefix they have.

    Args:
        trunk: Says what is expected.
        state: Tensors by name.
        origin: Path or name for messages.

    Raises:
        WeightsError: Something is missing, has another shape, or belongs to a deeper network; the
            message lists it.
    """
    expected = _expected(trunk.network)
    numbers = _numbered(trunk.network)
    plain = {name: name for name in expected}
    numbered = {}
    for name in expected:
        first, dot, rest = name.partition(".")
        numbered[name] = numbers.get(first, first) + dot + rest
    options = []
    for aliases in (plain, numbered):
        prefix, count = _best_prefix(list(aliases.values()), list(state))
        options.append((count, prefix, aliases))
    _, prefix, aliases = max(options, key=lambda option: option[0])
    _check_complete(expected, aliases, prefix, state, origin)
    return {name: state[prefix + alias] for name, alias in aliases.items()}


def _check_complete(
    expected: State, aliases: dict[str, str], prefix: str, state: State, origin: str
) -> None:
    """Raise WeightsError with everything that does not fit."""
    wrong = []
    for name, alias in aliases.items():
        found = state.get(prefix + alias)
        if found is None:
            wrong.append(f"missing {name}")
        elif found.shape != expected[name].shape:
            wrong.append(f"{name} is {tuple(found.shape)}, not {tuple(expected[name].shape)}")
    known = {prefix + alias for alias in aliases.values()}
    roots = {alias.partition(".")[0] for alias in aliases.values()} - set(CLASSIFIERS)
    for name in state:
        rest = name.removeprefix(prefix)
        foreign = name not in known and not name.endswith("num_batches_tracked")
        if name.startswith(prefix) and foreign and rest.partition(".")[0] in roots:
            wrong.append(f"unexpected {name}")
    if wrong:
        more = len(wrong) - NAMED_AT_MOST
        listed = "; ".join(wrong[:NAMED_AT_MOST]) + (f"; and {more} more" if more > 0 else "")
        raise WeightsError(
            f"{origin}: the weights do not fit the architecture ({listed}). "
            "Name the architecture that they were trained with."
        )


def load_into(trunk: Trunk, state: State, origin: str) -> None:
    """Load ``state`` into ``trunk.network``; see ``match_state``."""
    matched = match_state(trunk, state, origin)
    trunk.network.load_state_dict({k: v.float() for k, v in matched.items()}, strict=False)
