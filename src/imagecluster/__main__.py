"""`python -m imagecluster`."""

import sys

from imagecluster.cli import main

if __name__ == "__main__":
    sys.exit(main())
