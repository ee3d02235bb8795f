"""What some tests of measures need: a database."""

from collections.abc import Iterator

import pytest
from postgresql import server


@pytest.fixture(scope="module")
def postgres_server() -> Iterator[str]:
    """A server on a free loopback port; its administrator's URL without a database, in the words of SQLAlchemy."""
    yield from server()
