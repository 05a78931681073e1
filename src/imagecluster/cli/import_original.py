"""`imagecluster import-original`: fingerprints of the original imagecluster."""

from __future__ import annotations

import argparse
import sys

from imagecluster.cli.run import SHOWN_SKIPS
from imagecluster.cli.text import printable
from imagecluster.original.importing import import_fingerprints


def command(arguments: argparse.Namespace) -> int:
    """Read a fingerprints.pk into the database of its folder."""
    found = import_fingerprints(arguments.file, pictures=arguments.pictures, layer=arguments.layer, db=arguments.db)
    for skip in found.left_out[:SHOWN_SKIPS]:
        print(f"left out {printable(skip.path)}: {skip.reason}", file=sys.stderr)
    if len(found.left_out) > SHOWN_SKIPS:
        print(f"... and {len(found.left_out) - SHOWN_SKIPS} more", file=sys.stderr)
    print(
        f"{found.n_in_file} fingerprints = {found.n_imported} taken over as {found.model} + "
        f"{len(found.left_out)} left out, in {printable(found.directory)}"
    )
    return 0
