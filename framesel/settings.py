"""The `run:` section of a recipe: how work is done, never what comes out of it."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from framesel import threads
from framesel.memory import half_free_gb


class RunSettings(BaseModel):
    """Machine, memory and patience. Nothing here changes a result or is part of a fingerprint."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    device: Annotated[str, Field(pattern=r"^(auto|cpu|cuda(:\d+)?)$")] = Field(
        "auto", description="auto, cpu, cuda or cuda:N; auto takes a GPU if there is one"
    )
    workers: Annotated[int, Field(ge=0)] = Field(
        0, description="processes at once; 0: one per core, as far as memory_gb reaches"
    )
    memory_gb: Annotated[float, Field(ge=0)] = Field(
        0.0,
        description="memory that all workers together, or one gathering stage, may take; "
        "0: half of what is free",
    )
    threads: Annotated[int, Field(ge=0)] = Field(
        0, description="threads of a gathering stage; 0: one per core"
    )
    hang_s: Annotated[float, Field(gt=0)] = Field(
        600.0, description="a worker that says nothing for so long is ended and its work retried"
    )
    max_failed: Annotated[float, Field(ge=0, le=1)] = Field(
        1.0, description="share of unreadable videos above which a run ends with exit code 3"
    )

    new_classes: bool = Field(
        False, description="accept a detector whose classes are not those of the last round"
    )

    def memory(self) -> float:
        """GB that all workers together, or one gathering stage, may take."""
        return self.memory_gb or half_free_gb()

    def worker_count(self, gb_each: float) -> int:
        """Processes at once, when each takes about ``gb_each``."""
        return self.workers or max(1, min(threads.cores(), int(self.memory() / gb_each)))

    def thread_count(self) -> int:
        """Threads of a stage that runs alone."""
        return self.threads or threads.count()
