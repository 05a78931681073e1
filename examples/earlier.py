"""Sort the pictures of the folder pics/ with the names of the original's releases before 0.4."""

from imagecluster import calc as ic
from imagecluster import common, main
from imagecluster import imagecluster as first_release
from imagecluster import postproc as pp

# Releases 0.2 and 0.3: pictures in memory, fingerprints by VGG16, clusters, a plot.
ias = ic.image_arrays("pics/", size=(224, 224))
fps = ic.fingerprints(ias, ic.get_model(layer="fc2"))
fps = ic.pca(fps, n_components=0.95)
clusters = ic.cluster(fps, sim=0.5, method="average", metric="euclidean")
fig, ax = pp.plot_clusters(clusters, ias)
fig.savefig("clusters.png")

# All releases before 0.4: everything at once, with links in pics/imagecluster/clusters and a plot in a window.
main.main("pics/", sim=0.5, layer="fc2", vis=True, max_csize=30)

# Release 0.1: the fingerprints that main kept, clustered again in another way.
kept = common.read_pk(f"pics/{main.ic_base_dir}/fingerprints.pk")
for names in first_release.cluster(kept, sim=0.6, metric="cosine"):
    print(len(names), names[0])
