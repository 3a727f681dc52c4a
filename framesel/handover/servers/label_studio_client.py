"""Requests to one Label Studio server.

Label Studio's own SDK is not used: it pins an OpenCV build that collides with the one used here and
brings nltk and a code generator along, for a handful of requests.

The token goes into one header and nowhere else. Redirects are not followed, so that it never
reaches another machine.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

import httpx

from framesel.annotation.outside.json_file import parse_json
from framesel.annotation.outside.json_values import mapping
from framesel.errors import LabelsError, ServerError, UsageError

MOST_MB = 64
"""Of an answer; exports are not read this way."""

PATIENCE = httpx.Timeout(60.0, read=600.0)
"""Seconds; a large project takes minutes to be exported."""

TELLS = 300
"""Characters of the server's own words in a message."""


class Client:
    """A server, with somebody's token. To be used in a ``with`` statement."""

    def __init__(self, url: str, token: str) -> None:
        """Connects to nothing yet.

        Raises:
            UsageError: The address or the token cannot be one.
        """
        self.url = checked_url(url)
        self._http = httpx.Client(
            base_url=self.url,
            auth=_Auth(self.url, checked_token(token)),
            timeout=PATIENCE,
            follow_redirects=False,
            transport=httpx.HTTPTransport(retries=2),
        )

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.close()

    @property
    def path(self) -> str:
        """Below which path of its host the server is; mostly empty."""
        return urlsplit(self.url).path

    def get(self, path: str, **parameters: Any) -> Any:
        """Asks for something.

        Raises:
            ServerError: It cannot be reached, or refuses.
            LabelsError: It answers nonsense; see ``understood``.
            UsageError: The token is not accepted, or what is asked for is not there.
        """
        return self._answer("GET", path, params=parameters)

    def send(self, method: str, path: str, content: Any, **parameters: Any) -> dict[str, Any]:
        """Sends JSON; raises as ``get``."""
        body = json.dumps(content, ensure_ascii=False, allow_nan=False).encode("utf-8")
        headers = {"Content-Type": "application/json"}
        found = self._answer(method, path, params=parameters, content=body, headers=headers)
        return mapping(found, self.url + path)

    def upload(
        self, path: str, files: Sequence[tuple[str, Path]], **parameters: Any
    ) -> dict[str, Any]:
        """Sends files under names, in this order; raises as ``get``."""
        with ExitStack() as opened:
            parts = [
                (f"file{number:04d}", (name, opened.enter_context(source.open("rb"))))
                for number, (name, source) in enumerate(files)
            ]
            found = self._answer("POST", path, params=parameters, files=parts)
        return mapping(found, self.url + path)

    def download(self, path: str, target: Path, most_mb: float, **parameters: Any) -> None:
        """Writes an answer into a file; raises as ``get``."""
        with target.open("wb") as file, self._asked("GET", path, params=parameters) as answer:
            for part in _limited(answer, most_mb):
                file.write(part)

    def _answer(self, method: str, path: str, **options: Any) -> Any:
        with self._asked(method, path, **options) as answer:
            return parse_json(b"".join(_limited(answer, MOST_MB)), f"{self.url}{path}")

    @contextmanager
    def understood(self) -> Iterator[None]:
        """Turns what is wrong with an answer into words about the server.

        Raises:
            ServerError: An answer is no JSON, or not what a Label Studio answers.
        """
        try:
            yield
        except LabelsError as error:
            told = f"{error}: is {self.url} the address of a Label Studio?"
            raise ServerError(told) from None

    @contextmanager
    def _asked(self, method: str, path: str, **options: Any) -> Iterator[httpx.Response]:
        where = f"{self.url}{path}"
        try:
            with self._http.stream(method, path, **options) as answer:
                if not answer.is_success:
                    _refuse(answer, where)
                yield answer
        except httpx.HTTPError as error:
            raise ServerError(f"{where} cannot be reached: {str(error)[:TELLS]}") from None


class _Auth(httpx.Auth):
    """Legacy tokens go along as they are, personal access tokens buy access for five minutes."""

    requires_response_body = True

    def __init__(self, url: str, token: str) -> None:
        self._url = url
        self._token = token
        self._access = ""

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        if not _is_personal(self._token):
            request.headers["Authorization"] = f"Token {self._token}"
            yield request
            return
        if self._access:
            request.headers["Authorization"] = f"Bearer {self._access}"
            if (yield request).status_code != httpx.codes.UNAUTHORIZED:
                return
        bought = yield httpx.Request(
            "POST", f"{self._url}/api/token/refresh/", json={"refresh": self._token}
        )
        where = f"{self._url}/api/token/refresh/"
        if not bought.is_success:
            _refuse(bought, where)
        access = mapping(parse_json(bought.content, where), where).get("access")
        self._access = checked_token(access if isinstance(access, str) else "")
        request.headers["Authorization"] = f"Bearer {self._access}"
        yield request


def checked_url(url: str) -> str:
    """A server's address without a slash at its end.

    Raises:
        UsageError: It is no address of a web server, or holds a password.
    """
    try:
        parts = urlsplit(url)
        sound = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        raise UsageError("--url is no address: write https://HOST or http://HOST:PORT") from None
    if not sound or not url.isprintable() or parts.query or parts.fragment:
        raise UsageError(f"{url[:TELLS]!r} is no address: write https://HOST or http://HOST:PORT")
    if parts.username or parts.password:
        raise UsageError("leave name and password out of --url: the token is asked for")
    return url.rstrip("/")


def checked_token(token: str) -> str:
    """A token without spaces around it, and never part of a message.

    Raises:
        UsageError: It cannot be one.
    """
    plain = token.strip()
    if not plain or not plain.isascii() or not plain.isprintable() or " " in plain:
        raise UsageError("that is no token of Label Studio: copy it from Account & Settings")
    return plain


def _is_personal(token: str) -> bool:
    """Whether it is a personal access token (a JWT) and not a legacy one."""
    return token.count(".") == 2


def _refuse(answer: httpx.Response, where: str) -> None:
    if answer.is_redirect:
        target = answer.headers.get("location", "")[:TELLS]
        raise UsageError(f"{where} sends us on to {target!r}: give the final address as --url")
    if answer.status_code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
        raise UsageError(
            f"{where} does not accept the token: copy it from Account & Settings, and see there "
            "whether legacy tokens are switched off"
        )
    text = b"".join(_limited(answer, MOST_MB)).decode("utf-8", "replace")
    said = "".join(c for c in text if c.isprintable())[:TELLS]
    if answer.headers.get("content-type", "").startswith("text/html"):
        said = "a page for people"
    if answer.status_code == httpx.codes.NOT_FOUND:
        raise UsageError(f"{where} is not there: {said}")
    raise ServerError(f"{where} refuses ({answer.status_code}): {said}")


def _limited(answer: httpx.Response, most_mb: float) -> Iterator[bytes]:
    """The bytes of an answer.

    Raises:
        ServerError: There are too many.
    """
    left = most_mb * 2**20
    for part in answer.iter_bytes():
        left -= len(part)
        if left < 0:
            raise ServerError(f"{answer.url} answers with more than {most_mb:g} MB")
        yield part
