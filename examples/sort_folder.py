"""Group the pictures of the folder pics/, and go on with the result in Python."""

from pathlib import Path

import imagecluster
from imagecluster.errors import ImageclusterError


def main(folder: Path) -> int:
    """Print the clusters of a folder and what looks like the first picture of the largest one."""
    try:
        # What `imagecluster pics/` does: fingerprint what is new, cluster, write pics/imagecluster/clusters.html.
        result = imagecluster.run(folder, imagecluster.Settings(sim=0.5, links="none"))
    except ImageclusterError as error:  # no such folder, a database that another run writes to ...
        print(error)
        return 1
    for skip in result.skips:
        print(f"could not be read: {skip.path}")

    # Members are row numbers, the largest cluster comes first.
    for cluster in result.clusters.clusters:
        print(f"cluster {cluster.number}:", ", ".join(result.names[row] for row in cluster.members))

    # Rows of `result.paths` are pictures for anything else, here for a search in the same folder.
    if result.clusters.clusters:
        picture = result.paths[result.clusters.clusters[0].representative]
        for hit in imagecluster.search(folder, picture, k=3):
            print(f"like {picture.name}: {hit.path.name}, cosine {hit.similarity:.2f}")

    # Fingerprints are an array, for NumPy and scikit-learn too; this keeps nothing on disk.
    fingerprints = imagecluster.fingerprint(result.paths)
    labels = imagecluster.ImageClusterer(sim=0.7).fit_predict(fingerprints)
    print(f"{len(set(labels.tolist()) - {-1})} clusters at 0.7")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(Path("pics/")))
