"""A project of a Label Studio server: found, made, fitted to what is to be labelled in it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from framesel.annotation.checks import checked_name
from framesel.annotation.label_studio_tasks import FROM, MODEL, TO
from framesel.annotation.outside.json_values import listed, mapping, whole
from framesel.annotation.sheet import Picture
from framesel.errors import UsageError

if TYPE_CHECKING:
    from framesel.handover.servers.label_studio_client import Client

PAGE = 500
TITLE = range(3, 51)
"""Characters that Label Studio allows in a project's title."""


@dataclass(frozen=True)
class Project:
    """One project.

    Attributes:
        client: Of its server.
        number: As the server counts.
    """

    client: Client
    number: int

    @property
    def path(self) -> str:
        """Where its requests go."""
        return f"/api/projects/{self.number}"

    @property
    def url(self) -> str:
        """Where people open it."""
        return f"{self.client.url}/projects/{self.number}/data"

    @cached_property
    def told(self) -> dict[str, Any]:
        """All that the server says of it."""
        return mapping(self.client.get(f"{self.path}/"), self.url)

    @cached_property
    def tools(self) -> dict[str, dict[str, Any]]:
        """What may be drawn, by the tool's name, as the server parsed its labeling interface."""
        parsed = mapping(self.told.get("parsed_label_config") or {}, self.url)
        return {name: mapping(tool, self.url) for name, tool in parsed.items()}

    @property
    def classes(self) -> tuple[str, ...]:
        """What boxes may be called."""
        found = [name for tool in self.tools.values() for name in self._classes_of(tool)]
        return tuple(dict.fromkeys(found))

    def shows_guesses(self) -> bool:
        """Whether annotators see what was guessed, as the server has it now."""
        now = mapping(self.client.get(f"{self.path}/"), self.url)
        return now.get("show_collab_predictions") is True and now.get("model_version") == MODEL

    def fit(self, config: str, names: tuple[str, ...]) -> None:
        """Sees to it that it can show what is pushed: an empty interface is replaced.

        Args:
            config: The labeling interface that is needed.
            names: The classes that it has.

        Raises:
            UsageError: It has another one, which lacks something.
        """
        if not self.tools:
            self.client.send("PATCH", f"{self.path}/", {"label_config": config})
            return
        box = self.tools.get(FROM, {})
        known = self._classes_of(box)
        lacking = [repr(name) for name in names if name not in known]
        inputs = [mapping(one, self.url) for one in listed(box.get("inputs", []), self.url)]
        if box.get("to_name") != [TO] or [one.get("value") for one in inputs] != ["image"]:
            lacking = [f'boxes named "{FROM}" on an image named "{TO}"', *lacking]
        context = "$framesel_context"
        if context in config and context not in str(self.told.get("label_config")):
            lacking.append("a place for context")
        if lacking:
            raise UsageError(
                f"the labeling interface of {self.url} lacks {', '.join(lacking)}: put it there, "
                f"or push into a new project. What it needs:\n{config}"
            )

    def known(self) -> Known:
        """The frames that it has tasks of."""
        found: set[str] = set()
        seen, page = 0, 1
        while True:
            where = f"{self.client.url}/api/tasks, page {page}"
            answer = self.client.get(
                "/api/tasks", project=self.number, page=page, page_size=PAGE, fields="task_only"
            )
            rows = listed(mapping(answer, where).get("tasks"), where)
            for row in rows:
                data = mapping(mapping(row, where).get("data"), where)
                found |= {str(data.get("framesel_key")), str(data.get("framesel_name"))}
            seen, page = seen + len(rows), page + 1
            if not rows or seen >= whole(answer.get("total"), where):
                return Known(frozenset(found))

    def _classes_of(self, tool: dict[str, Any]) -> tuple[str, ...]:
        if tool.get("type") != "RectangleLabels":
            return ()
        where = f"the labeling interface of {self.url}"
        return tuple(checked_name(name, where) for name in listed(tool.get("labels", []), where))


@dataclass(frozen=True)
class Known:
    """Keys and names of frames."""

    said: frozenset[str]

    def __contains__(self, picture: Picture) -> bool:
        return (picture.key if picture.video_no >= 0 else picture.name) in self.said


def find(client: Client, project: str) -> Project | None:
    """A project by its number or its title; None where there is none of that title.

    Raises:
        UsageError: There is no such number, or several projects have that title.
    """
    if project.isascii() and project.isdigit():
        found = mapping(client.get(f"/api/projects/{int(project)}/"), client.url)
        return Project(client, whole(found.get("id"), f"{client.url}: the project's number"))
    if len(project) not in TITLE or not project.isprintable():
        raise UsageError("a project's title has 3 to 50 characters in Label Studio")
    numbers = _numbers(client, project)
    if len(numbers) > 1:
        told = ", ".join(map(str, sorted(numbers)))
        raise UsageError(f"{client.url} has several projects {project!r}: name one of {told}")
    return Project(client, numbers[0]) if numbers else None


def make(client: Client, title: str, config: str) -> Project:
    """Makes a project in which guesses are shown, and tasks in their order."""
    settings = {
        "title": title,
        "label_config": config,
        "sampling": "Sequential sampling",
        "show_collab_predictions": True,
    }
    answer = client.send("POST", "/api/projects/", settings)
    return Project(client, whole(answer.get("id"), f"{client.url}: the new project's number"))


def _numbers(client: Client, title: str) -> list[int]:
    """Of all projects with exactly that title; the server looks for it as a part of titles."""
    found: list[int] = []
    page = 1
    while True:
        where = f"{client.url}/api/projects/, page {page}"
        answer = mapping(client.get("/api/projects/", title=title, page=page), where)
        rows = [mapping(row, where) for row in listed(answer.get("results"), where)]
        found += [whole(row.get("id"), where) for row in rows if row.get("title") == title]
        page += 1
        if not rows or not answer.get("next"):
            return found
