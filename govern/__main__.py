"""`python -m govern`."""

import sys

from govern.cli import main

if __name__ == "__main__":
    sys.exit(main())
