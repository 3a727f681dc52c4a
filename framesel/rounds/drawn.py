"""What was drawn once and holds from then on: small files that are read whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from framesel.errors import WorkspaceError

FORMAT = 1

_Draw = TypeVar("_Draw", bound=BaseModel)


class Drawn(BaseModel):
    """One frame that was drawn."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    digest: str
    pts: int


def read_drawn(path: Path, kind: type[_Draw], mend: str) -> _Draw | None:
    """What a file says was drawn; None where there is none.

    Args:
        path: A file that says its format.
        kind: What it holds.
        mend: What to do where it is damaged.

    Raises:
        WorkspaceError: It is damaged, or a newer framesel wrote it.
    """
    try:
        found = json.loads(path.read_text("utf-8"))
        written = found.get("format") if isinstance(found, dict) else None
        if isinstance(written, int) and written > FORMAT:
            raise WorkspaceError(f"{path} was written by a newer framesel: update this one")
        return kind.model_validate(found)
    except FileNotFoundError:
        return None
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        told = f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
    except (OSError, ValueError) as error:
        told = str(error)
    raise WorkspaceError(f"{path} is damaged ({told}). {mend}")
