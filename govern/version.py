"""The release: read from here by every room, so that none of them imports the package's face."""

from typing import Final

VERSION: Final = "0.1.0"
