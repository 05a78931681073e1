"""Sort the pictures of the folder pics/ with the original's functions, the short way."""

from imagecluster import calc, postproc
from imagecluster import io as icio

# Fingerprints are kept in pics/imagecluster, so the second time this only reads the pictures.
images, fingerprints, timestamps = icio.get_image_data("pics/")

# Clusters at similarity index 0.5 (relative to the two most different pictures, as in the original).
clusters = calc.cluster(fingerprints, sim=0.5)

# Folders of links: pics/imagecluster/clusters/cluster_with_N/cluster_i/.
postproc.make_links(clusters, "pics/imagecluster/clusters")

# All clusters in one figure, one per column.
fig, ax = postproc.plot_clusters(clusters, images)
fig.savefig("clusters.png")
postproc.plt.show()
