"""Reading and writing of files, as releases 0.1 to 0.3 of the original called it; `imagecluster.io` has the same."""

from imagecluster.original.common import get_files, read_pk, write_pk

__all__ = ["get_files", "read_pk", "write_pk"]
