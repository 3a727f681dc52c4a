"""A connection to a CVAT server, and its errors in our words."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from framesel.errors import MissingExtraError, ServerError, UsageError

POLL_S = 1.0
"""How often the server is asked whether it is done."""

REFUSED = {
    401: "does not accept the login",
    403: "does not allow it to this user",
    404: "has nothing of that number",
}


@dataclass(frozen=True, slots=True)
class Login:
    """Who asks: an access token, or a user with a password. Never shown.

    Attributes:
        token: A personal access token; empty for a user with a password.
        user: Name of the user.
        password: Of the user.
    """

    token: str = field(default="", repr=False)
    user: str = ""
    password: str = field(default="", repr=False)


@contextmanager
def connected(url: str, login: Login, poll_s: float = POLL_S) -> Iterator[Any]:
    """A client of cvat-sdk that is logged in; errors inside become ``ServerError``.

    Args:
        url: Of the server.
        login: Who asks.
        poll_s: Seconds between two questions whether the server is done.

    Raises:
        MissingExtraError: cvat-sdk is not installed.
        UsageError: The address is none, or has a password in it, or the login is not accepted.
        ServerError: The server cannot be reached, refuses, or answers nonsense.
    """
    try:
        from cvat_sdk.core.client import Client, Config
    except ImportError:
        raise MissingExtraError("cvat-sdk", "cvat", "talking to CVAT") from None
    address = checked_address(url)
    quiet = logging.getLogger("framesel.cvat")
    quiet.addHandler(logging.NullHandler())
    quiet.propagate = False
    with _understood(address, login):
        config = Config(status_check_period=poll_s)
        client = Client(address, logger=quiet, config=config, check_server_version=False)
        with client:
            _log_in(client, login, address)
            try:
                yield client
            finally:
                if not login.token:
                    with suppress(*_errors()):
                        client.logout()


def checked_address(url: str) -> str:
    """The address of a server without a slash at its end.

    Raises:
        UsageError: It is none, or holds a password, which would end up in logs.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError(f"--url {parts.hostname or '…'} is no address like https://cvat.example")
    if parts.username is not None or parts.password is not None:
        raise UsageError("--url must hold no user and no password: they come from the environment")
    return url.rstrip("/")


def _log_in(client: Any, login: Login, address: str) -> None:
    from cvat_sdk.api_client.exceptions import ApiException
    from cvat_sdk.core.client import AccessTokenCredentials

    if login.token:
        client.login(AccessTokenCredentials(login.token))
        return
    try:
        client.login((login.user, login.password))
    except ApiException as error:
        if error.status != HTTPStatus.BAD_REQUEST:
            raise
        raise UsageError(
            f"{address} {REFUSED[HTTPStatus.UNAUTHORIZED]} of {login.user!r}"
        ) from None


@contextmanager
def _understood(address: str, login: Login) -> Iterator[None]:
    from cvat_sdk.api_client.exceptions import ApiException
    from urllib3.exceptions import HTTPError

    try:
        yield
    except ApiException as error:
        said = f"{error.status} {_told(error.body or error.reason, login)}"
        if error.status in REFUSED:
            raise UsageError(f"{address} {REFUSED[error.status]} ({said})") from None
        raise ServerError(f"{address} answers {said}") from None
    except HTTPError as error:
        said = _told(getattr(error, "reason", None) or error, login)
        raise ServerError(f"{address} cannot be reached: {said}") from None
    except _errors() as error:
        said = _told(str(error) or type(error).__name__, login)
        raise ServerError(f"{address} does not answer as CVAT does: {said}") from None


def _errors() -> tuple[type[Exception], ...]:
    """What cvat-sdk raises: its models take no pains where an answer is nonsense."""
    from cvat_sdk.api_client.exceptions import OpenApiException
    from cvat_sdk.core.exceptions import CvatSdkException
    from urllib3.exceptions import HTTPError

    return (OpenApiException, CvatSdkException, HTTPError, AssertionError, TypeError, ValueError)


def _told(body: object, login: Login) -> str:
    """What a server said, short, and without the secrets, should it repeat them."""
    text = body.decode("utf-8", "replace") if isinstance(body, bytes) else str(body)
    for secret in (login.token, login.password):
        if secret:
            text = text.replace(secret, "…")
    return " ".join(text.split())[:300]
