"""What a browser would make of a page, as far as it matters here."""

import base64
import hashlib
import json
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any


@dataclass
class Script:
    """A script element."""

    attributes: dict[str, str | None]
    text: str = ""

    @property
    def runs(self) -> bool:
        return self.attributes.get("type") in (None, "module")

    @property
    def sha(self) -> str:
        digest = hashlib.sha256(self.text.encode()).digest()
        return f"'sha256-{base64.b64encode(digest).decode()}'"


@dataclass
class Page(HTMLParser):
    """Elements, their attributes, scripts, and the text outside of scripts and styles."""

    source: str
    tags: list[str] = field(default_factory=list)
    attributes: list[tuple[str, str, str | None]] = field(default_factory=list)
    scripts: list[Script] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._inside = ""
        self.feed(self.source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]
        self._inside = tag
        if tag == "script":
            self.scripts.append(Script(dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "script":
            self.scripts[-1].text += data
        elif self._inside != "style":
            self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())

    @property
    def policy(self) -> dict[str, list[str]]:
        (content,) = [
            self.attributes[at + 1][2]
            for at, found in enumerate(self.attributes)
            if found == ("meta", "http-equiv", "Content-Security-Policy")
        ]
        rules = [rule.split() for rule in (content or "").split(";")]
        return {name: values for name, *values in rules}

    def json(self, name: str) -> Any:
        (script,) = [s for s in self.scripts if s.attributes.get("id") == name]
        return json.loads(script.text)

    @property
    def story(self) -> Any:
        return self.json("story")

    def pictures(self) -> dict[int, bytes]:
        """Small pictures inside the page, found as its own script finds them."""
        blocks = {n: self.json(f"thumbs-{n}") for n in set(self.story["thumb_blocks"].values())}
        return {
            int(row): base64.b64decode(blocks[n][row])
            for row, n in self.story["thumb_blocks"].items()
        }
