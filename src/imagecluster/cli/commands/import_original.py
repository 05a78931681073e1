"""`imagecluster import-original`: import fingerprints of the original imagecluster."""

from __future__ import annotations

import argparse
import sys

from imagecluster.cli.arguments import Commands, add_db
from imagecluster.cli.commands.run import SHOWN_SKIPS
from imagecluster.cli.paths import existing_path
from imagecluster.cli.text import printable


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    """Add the parser of `import-original`."""
    parser = commands.add_parser(
        "import-original",
        help="import the fingerprints.pk of the original imagecluster",
        description=(
            "Read a fingerprints.pk of the original imagecluster (0.1 to 0.4) into the database of its folder, so that "
            "`io.get_image_data` and `main.main(layer='fc2')` need not compute these fingerprints again. Only arrays "
            "of numbers are read from the file; any other content is refused."
        ),
    )
    parser.add_argument("file", type=existing_path, metavar="FILE", help="PATH/imagecluster/fingerprints.pk")
    parser.add_argument(
        "--pictures", type=existing_path, default=None, metavar="PATH",
        help="the folder of pictures (default: the parent of FILE's folder)",
    )  # fmt: skip
    parser.add_argument(
        "--layer", choices=("fc2", "fc1", "flatten"), default="fc2",
        help="layer of VGG16 that the fingerprints come from (default: fc2)",
    )  # fmt: skip
    add_db(parser)


def command(arguments: argparse.Namespace) -> int:
    """Read a fingerprints.pk into the database of its folder."""
    from imagecluster.original.importing import import_fingerprints

    found = import_fingerprints(arguments.file, pictures=arguments.pictures, layer=arguments.layer, db=arguments.db)
    for skip in found.left_out[:SHOWN_SKIPS]:
        print(f"left out {printable(skip.path)}: {skip.reason}", file=sys.stderr)
    if len(found.left_out) > SHOWN_SKIPS:
        print(f"... and {len(found.left_out) - SHOWN_SKIPS} more", file=sys.stderr)
    print(
        f"{found.n_in_file} fingerprints = {found.n_imported} imported as {found.model} + "
        f"{len(found.left_out)} left out, in {printable(found.directory)}"
    )
    return 0
