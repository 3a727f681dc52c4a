"""The `run:` section of a recipe: how work is done, never what comes out of it."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

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
    runner: Literal["local", "ray"] = Field(
        "local", description="local: processes of this machine; ray: a cluster (docs/cluster.md)"
    )
    ray_address: Annotated[str, Field(pattern=r"^([^/\s]+:\d+)?$")] = Field(
        "", description="HOST:PORT of a Ray cluster; empty: one that runs here, or a new one here"
    )
    max_failed: Annotated[float, Field(ge=0, le=1)] = Field(
        1.0, description="share of unreadable videos above which a run ends with exit code 3"
    )

    new_classes: bool = Field(
        False, description="accept a detector whose classes are not those of the last round"
    )

    @model_validator(mode="after")
    def _a_cluster_numbers_no_gpus(self) -> Self:
        if self.runner == "ray" and ":" in self.device:
            raise ValueError(
                f"device {self.device} is a GPU of one machine: with runner ray say cuda"
            )
        return self

    @property
    def here(self) -> bool:
        """Whether the workers are processes of this machine."""
        return self.runner == "local"

    def memory(self) -> float:
        """GB that all workers together, or one gathering stage, may take."""
        return self.memory_gb or half_free_gb()

    def worker_count(self, gb_each: float, gpus_each: int = 0) -> int:
        """Processes at once on this machine, by the memory and the GPU that each takes."""
        if gpus_each:
            return self.workers or 1
        return self.workers or max(1, min(threads.cores(), int(self.memory() / gb_each)))

    def threads_each(self, workers: int) -> int:
        """Threads that each of so many workers may decode with.

        Where there is less work than cores, those that are left help. Of a cluster, a worker has
        what it asked for.
        """
        return max(1, threads.cores() // workers) if self.here else 1

    def thread_count(self) -> int:
        """Threads of a stage that runs alone."""
        return self.threads or threads.count()
