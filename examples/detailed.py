"""Sort the pictures of the folder pics/ step by step, with principal components and times."""

from imagecluster import calc, postproc
from imagecluster import io as icio

# Pictures in memory, by file name, in the size that the network reads.
images = icio.read_images("pics/", size=(224, 224))

# VGG16 of Keras, without TensorFlow. Its weights are taken from ~/.keras/models, or downloaded once.
model = calc.get_model()

# One fingerprint of 4096 numbers per picture.
fingerprints = calc.fingerprints(images, model)

# Fewer numbers: as many principal components as explain 95 % of the variance.
fingerprints = calc.pca(fingerprints, n_components=0.95)

# When each picture was taken: by EXIF, otherwise by the time of the file.
timestamps = icio.read_timestamps("pics/")

# Clusters at similarity index 0.5; distances are 80 % content and 20 % time.
clusters, extra = calc.cluster(fingerprints, sim=0.5, timestamps=timestamps, alpha=0.2, extra_out=True)

# Folders of links: pics/imagecluster/clusters/cluster_with_N/cluster_i/.
postproc.make_links(clusters, "pics/imagecluster/clusters")

# All clusters in one figure, one per column.
fig, ax = postproc.plot_clusters(clusters, images)
fig.savefig("clusters.png")

# The dendrogram, with the cut and the pictures at its leaves.
fig, ax = postproc.plot_dendrogram(extra, images, sim=0.5)
fig.savefig("dendrogram.png")
postproc.plt.show()
