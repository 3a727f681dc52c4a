"""Runs a task in actors of a Ray cluster; survives the death of each of them, and of their nodes.

Tasks, pieces of work and outcomes travel through Ray; pixels and vectors lie in the workspace,
which all nodes see. An actor opens the task once and has one piece at a time. What it is about to
touch it writes on a board, which lives beside the caller, before it touches it: so it is known on
which part it died. Deaths count as they do in ``local.py``, unless the node died too.
"""

from __future__ import annotations

import contextlib
import logging
import math
import os
import socket
import time
from collections import deque
from collections.abc import Iterator, Sequence
from functools import cache, partial
from itertools import count
from pathlib import Path
from typing import Any

import ray
from ray.exceptions import ActorUnavailableError, OutOfMemoryError, RayActorError, RayError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from framesel import threads
from framesel.errors import FrameselError, StageError, UsageError
from framesel.runners.actor import Board, Member, Worker
from framesel.runners.deaths import CRASHED, KILLED, LOADING_S, Deaths, Watch
from framesel.runners.sight import Sight, shown
from framesel.settings import RunSettings
from framesel.task import Outcome, Task

OBJECT_STORE_BYTES = 80 * 2**20  # of a cluster that is started here: what travels is small
OWN = "framesel"  # namespace of such a cluster, which does not grow
POLL_S = 0.5
UNOPENED = 3  # so many actors in a row may die before they have opened the task
WAITING = 32  # so many may wait for a cluster to grow


class RayRunner:
    """Actors of a Ray cluster, as many as there is work and room for, and some that wait for room.

    Args:
        run: Says which cluster, and how many actors at most.
        root: The workspace.
        hang_s: Silence after which an actor is ended.
    """

    def __init__(self, run: RunSettings, root: Path, hang_s: float = 600.0) -> None:
        self.run, self.root, self.hang_s = run, root, hang_s

    def map(
        self, task: Task, pieces: Sequence[Any], watch: Watch = lambda key, rows: None
    ) -> Iterator[Outcome]:
        """Runs the task on every piece of work. Outcomes come as they are done.

        Raises:
            UsageError: The cluster that is named cannot be joined.
            FrameselError: The task failed in a way that no retry mends (a full disk, missing
                weights, a bug), a node does not see the workspace, or none has room for a worker.
                What was finished before is on disk.
        """
        if not pieces:
            return
        join(self.run)
        with shown(self.root) as sight:
            crew = _Crew(task, sight, self.run.workers or math.inf, self.hang_s)
            try:
                yield from crew.work(pieces, watch)
            except RayError as error:
                cause = getattr(error, "cause", None) or error
                raise StageError(f"{task.title}: Ray failed: {_first_line(cause)}") from error
            finally:
                crew.dismiss()


def join(run: RunSettings) -> None:
    """Joins the cluster that is named, or one that runs here, or starts one here.

    Raises:
        UsageError: The one that is named, or runs here, cannot be joined.
    """
    if ray.is_initialized():
        return
    # dead workers and nodes are our business: Ray would print a page on each, to stdout
    ray._private.worker._worker_logs_enabled = False
    quiet: dict[str, Any] = {"logging_level": logging.ERROR, "log_to_driver": False}
    named = run.ray_address or os.environ.get("RAY_ADDRESS", "")
    try:
        address = ray._private.services.canonicalize_bootstrap_address(named or None)
        if address is not None:
            host, _, port = address.rpartition(":")
            # by itself Ray tries for minutes where nobody listens
            socket.create_connection((host, int(port)), timeout=10).close()
            ray.init(address=address, **quiet)
            return
    except (OSError, RuntimeError, ValueError) as error:
        if named or not isinstance(error, OSError):
            raise UsageError(
                f"the Ray cluster {named or 'here'} cannot be joined: {_first_line(error)}. Name "
                "another (--set run.ray_address=HOST:PORT), or do without (--runner local)."
            ) from error
    # then everything listens on loopback only, as Ray has it by default on a Mac
    ray._private.ray_constants.ENABLE_RAY_CLUSTER = False
    ray.init(
        address="local",
        namespace=OWN,
        num_cpus=threads.cores(),
        object_store_memory=OBJECT_STORE_BYTES,
        include_dashboard=False,
        _memory=int(run.memory() * 1e9),
        _node_ip_address="127.0.0.1",
        **quiet,
    )


_NUMBERS = count()  # no two actors share one: what an ended one still says counts for nobody


@cache
def _board(node: str, job: str) -> Any:
    """The board of this process, on its node; there is one for each cluster that it joins."""
    del job
    beside = NodeAffinitySchedulingStrategy(node, soft=False)
    return ray.remote(Board).options(num_cpus=0, scheduling_strategy=beside).remote()


def _say(board: Any, number: int, part: int, rows: int) -> None:
    node = ray.get_runtime_context().get_node_id()
    ray.get(board.say.remote(number, node, part, rows))


class _Crew:
    """The actors of one task."""

    def __init__(self, task: Task, sight: Sight, most: float, hang_s: float) -> None:
        self.task, self.sight, self.most, self.hang_s = task, sight, most, hang_s
        self.members: list[Member] = []
        self.todo: deque[Any] = deque()
        self.deaths, self.unopened = Deaths(), 0
        self.moved = time.monotonic()
        here = ray.get_runtime_context()
        self.grows = here.namespace != OWN
        self.board = _board(here.get_node_id(), here.get_job_id())
        takes = task.takes
        self.needs = {"CPU": takes.cpus, "GPU": takes.gpus, "memory": int(takes.gb * 1e9)}
        if not self.grows:  # one worker works with whatever there is, as it does without Ray
            there = int(ray.cluster_resources()["memory"])
            self.needs["memory"] = min(self.needs["memory"], there)
        self.actors = ray.remote(Worker).options(
            num_cpus=takes.cpus,
            num_gpus=takes.gpus,
            memory=self.needs["memory"],
            runtime_env={"env_vars": dict.fromkeys(threads.VARIABLES, "1")},
        )

    def work(self, pieces: Sequence[Any], watch: Watch) -> Iterator[Outcome]:
        """Does them all."""
        self.todo.extend(pieces)
        while self.todo or any(member.work is not None for member in self.members):
            self._hire()
            calls = {member.call: member for member in self.members}
            done, _ = ray.wait(list(calls), num_returns=len(calls), timeout=0)
            done = done or ray.wait(list(calls), timeout=POLL_S)[0]
            self._hear(watch)
            for call in done:
                told = self._told(calls[call])
                if told is not None:
                    self._feed(calls[call])
                if isinstance(told, Outcome):
                    yield told
            self._end_silent()

    def dismiss(self) -> None:
        """Ends all that is left."""
        with contextlib.suppress(RayError):
            for member in self.members:
                ray.kill(member.actor)

    def _hire(self) -> None:
        """Actors for all work that there is room for, and some more if the cluster may grow."""
        opened = sum(member.opened for member in self.members)
        if not self.todo:
            for member in [m for m in self.members if not m.opened]:
                self._end(member)
            return
        waiting = len(self.members) - opened
        growth = max(1, min(opened, WAITING)) if self.grows else 0
        places = max(self._room() - opened, growth)
        new = min(len(self.todo), places) - waiting
        for _ in range(int(min(new, self.most - len(self.members)))):
            number = next(_NUMBERS)
            actor = self.actors.remote(partial(_say, self.board, number))
            call = actor.open.remote(self.task, self.sight)
            self.members.append(Member(number, actor, call))
        if not self.members or self._stuck():
            raise StageError(self._no_room())

    def _room(self) -> int:
        """How many actors the cluster would hold if it did nothing else."""
        has = ray.cluster_resources()
        return min(int(has.get(name, 0) // need) for name, need in self.needs.items() if need)

    def _stuck(self) -> bool:
        if any(member.node for member in self.members):
            self.moved = time.monotonic()
        return time.monotonic() - self.moved > max(self.hang_s, LOADING_S)

    def _no_room(self) -> str:
        has = ray.cluster_resources()
        takes = ", ".join(f"{need:,} {name}" for name, need in self.needs.items() if need)
        there = ", ".join(f"{has.get(name, 0):,.0f} {name}" for name in self.needs)
        return (
            f"no node of the Ray cluster has room for a worker of {self.task.title}, which takes "
            f"{takes}; all nodes together have {there}, some of it in use. Add nodes, or wait "
            "longer (run.hang_s)."
        )

    def _hear(self, watch: Watch) -> None:
        """Reads the board."""
        known = {member.number: member for member in self.members}
        for number, node, part, rows in ray.get(self.board.take.remote()):
            member = known.get(number)
            if member is None:
                continue
            member.node, member.heard = node, time.monotonic()
            if member.work is not None:
                member.part = part
                watch(member.work.key, rows)

    def _told(self, member: Member) -> Outcome | bool | None:
        """What an actor's call came to; None if it is gone."""
        try:
            told: Outcome | bool | FrameselError = ray.get(member.call)
        except ActorUnavailableError:
            # its node may be dying, which takes a while to be known: the next call will tell
            member.strayed, member.call = True, member.actor.answer.remote()
            return None
        except (RayActorError, OutOfMemoryError) as error:
            self._bury(member, error)
            return None
        if isinstance(told, FrameselError):
            raise told
        if member.strayed:  # it lives, and what it did is lost
            self._give_back(member)
            self._end(member)
            return None
        self.unopened, member.opened, member.work = 0, True, None
        return told

    def _feed(self, member: Member) -> None:
        if not self.todo:
            self._end(member)
            return
        member.work, member.part, member.heard = self.todo.popleft(), -1, time.monotonic()
        member.call = member.actor.do.remote(member.work)

    def _end(self, member: Member) -> None:
        self.members.remove(member)
        ray.kill(member.actor)

    def _give_back(self, member: Member) -> None:
        if member.work is not None:
            self.deaths.lost(member.work)
            self.todo.appendleft(member.work)

    def _bury(self, member: Member, error: Exception) -> None:
        """Finds out whose fault it was."""
        self.members.remove(member)
        dead = {node["NodeID"] for node in ray.nodes() if not node["Alive"]}
        for node in dead:
            self.deaths.excuse(node)
        if member.node in dead:
            self._give_back(member)
        elif member.opened:
            cause = KILLED if member.ended else CRASHED
            again = self.deaths.retry(member.work, member.part, cause, node=member.node)
            self.todo.appendleft(again)
        else:
            self.unopened += 1
            if self.unopened >= UNOPENED:
                raise StageError(
                    f"workers of {self.task.title} keep dying before they are ready: "
                    f"{' '.join(str(error).split())}"
                )

    def _end_silent(self) -> None:
        now = time.monotonic()
        for member in self.members:
            patience_s = self.hang_s if member.opened else max(self.hang_s, LOADING_S)
            if member.node and not member.ended and now - member.heard > patience_s:
                member.ended = True
                ray.kill(member.actor)  # its call fails: read as a death


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
