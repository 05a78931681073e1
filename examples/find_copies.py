"""Find the copies among the pictures of the folder pics/, move those with the same bytes aside, and bring them back."""

from pathlib import Path

import imagecluster
from imagecluster.errors import ImageclusterError


def main(folder: Path, aside: Path) -> int:
    """Print the groups of copies, and clean up the ones that are sure beyond doubt."""
    try:
        # What `imagecluster duplicates pics/` does. No file is touched.
        found = imagecluster.duplicates(folder)
    except ImageclusterError as error:  # no such folder, a database that another run writes to ...
        print(error)
        return 1

    # The first file of a group is the one to keep; each of the others was compared with it.
    for group in found.groups:
        print("keep", group.kept.path.relative_to(found.root), f"({group.kept.why})")
        for file in group.files[1:]:
            print(f"  {file.kind} {file.path.relative_to(found.root)}: {file.why}")

    # A plan holds what may go. Before each step it is checked that nothing has changed and that the other file stays.
    sure = [file.path for group in found.groups for file in group.removable if file.kind == "identical"]
    applied = imagecluster.apply_plan(found.plan(only=sure), to=aside)
    for left in applied.left:
        print(f"left {left.path}: {left.reason}")
    print(f"{len(applied.done)} files moved to {aside}")

    # As good as never moved.
    if applied.number is not None:
        print(f"{len(imagecluster.undo(folder, applied.number).done)} files are back")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(Path("pics/"), Path("aside/").absolute()))
