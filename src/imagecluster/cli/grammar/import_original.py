"""Grammar of `import-original`: fingerprints of the original imagecluster."""

from __future__ import annotations

import argparse
from pathlib import Path

from imagecluster.cli.grammar.arguments import Commands, add_db


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    """The parser of `import-original`."""
    parser = commands.add_parser(
        "import-original",
        help="take over the fingerprints.pk of the original imagecluster",
        description=(
            "Read a fingerprints.pk of the original imagecluster (0.1 to 0.4) into the database of its folder, so that "
            "`io.get_image_data` and `main.main(layer='fc2')` need not compute these fingerprints again. Nothing but "
            "arrays of numbers is read from it; any other content is refused."
        ),
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="PATH/imagecluster/fingerprints.pk")
    parser.add_argument(
        "--pictures", type=Path, default=None, metavar="PATH",
        help="the folder of pictures (default: the folder above that of FILE)",
    )  # fmt: skip
    parser.add_argument(
        "--layer", choices=("fc2", "fc1", "flatten"), default="fc2",
        help="layer of VGG16 that the fingerprints are from (default: fc2)",
    )  # fmt: skip
    add_db(parser)
