"""What the tests of CVAT's server share."""

from collections.abc import Iterator
from typing import Any

import pytest

from framesel.annotation.returned import Returned
from framesel.annotation.sheet import Sheet
from framesel.handover.servers.cvat_client import Login
from framesel.handover.servers.cvat_server import Pushed, pull, push
from tests.annotation.conftest import some_pictures
from tests.handover.fake_cvat import PASSWORD, TOKEN, USER, running
from tests.handover.fake_cvat_state import FakeCvat

NAMES = [picture.name for picture in some_pictures()]


@pytest.fixture
def fake() -> Iterator[FakeCvat]:
    """A stand-in for a server."""
    with running() as found:
        yield found


def pushed(fake: FakeCvat, sheet: Sheet, **more: Any) -> Pushed:
    """Pushes with a token, without waiting between two questions."""
    return push(sheet, fake.url, Login(TOKEN), poll_s=0, **more)


def pulled(fake: FakeCvat, *tasks: int) -> Returned:
    """Pulls with a password."""
    return pull(fake.url, Login(user=USER, password=PASSWORD), tasks, poll_s=0)
