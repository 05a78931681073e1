"""A process that commits batches to a store until it is killed; started by the tests, not collected.

Arguments: the collection's folder, and how many batches to commit (0: without end). It begins where the store ends
and prints the number of pictures after each commit.
"""

import sys
from pathlib import Path

from imagecluster.errors import ImageclusterError
from imagecluster.store import Store
from store_samples import BATCH, MODEL, crash_batch


def main() -> None:
    """Commits batches."""
    root, n_batches = Path(sys.argv[1]), int(sys.argv[2])
    with Store.open(root / "imagecluster", root=root) as store:
        n = store.info().n_files
        print(n, flush=True)
        done = 0
        while not n_batches or done < n_batches:
            store.commit(crash_batch(root, range(n, n + BATCH)), model=MODEL)
            n += BATCH
            done += 1
            print(n, flush=True)


if __name__ == "__main__":
    try:
        main()
    except ImageclusterError as error:
        print(f"{type(error).__name__}: {error}", flush=True)
        sys.exit(3)
