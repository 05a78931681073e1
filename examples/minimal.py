"""Sort the pictures of the folder pics/: the shortest way through the original's functions."""

from imagecluster import calc, postproc
from imagecluster import io as icio

# Fingerprints are kept in pics/imagecluster: the second time this takes no more than reading the pictures.
images, fingerprints, timestamps = icio.get_image_data("pics/")

# Clusters of similarity index 0.5.
clusters = calc.cluster(fingerprints, sim=0.5)

# Folders of links: pics/imagecluster/clusters/cluster_with_N/cluster_i/.
postproc.make_links(clusters, "pics/imagecluster/clusters")

# All clusters in one picture, one a column.
fig, ax = postproc.plot_clusters(clusters, images)
fig.savefig("clusters.png")
postproc.plt.show()
