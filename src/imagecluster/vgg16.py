"""VGG16 as a function of arrays, for programs that prepare pictures themselves; see `load_vgg16`."""

from imagecluster.original.vgg16 import Vgg16, load_vgg16, vgg16_of_layer

__all__ = ["Vgg16", "load_vgg16", "vgg16_of_layer"]
