"""Sample pictures that packages ship, for statistics: more kinds of things, in better resolution than small sets have.

They come from two wheels and five Debian packages (of Debian 12). None of them is kept or shipped here.

    pip install scikit-image==0.26.0 scikit-learn==1.9.1
    apt-get download mate-backgrounds=1.26.0-1 ukui-wallpapers=20.04.3-1.1 opencv-doc=4.6.0+dfsg-12 \
        lomiri-wallpapers-16.04=20.04.0-2 lomiri-wallpapers-20.04=20.04.0-2
    for package in *.deb; do dpkg-deb -x $package SAMPLES; done
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from PIL import Image

from imagecluster.decode import decode

NAMES = {
    "skimage/data": """
        astronaut.png brick.png camera.png chelsea.png coffee.png coins.png grass.png gravel.png hubble_deep_field.jpg
        ihc.png moon.png motorcycle_left.png retina.jpg rocket.jpg
    """,
    "sklearn/datasets/images": "china.jpg flower.jpg",
    "SAMPLES": """
        Aqua.jpg Blinds.jpg Bridge_by_Sander_Klootwijk.jpg Dragonfly_by_Bolly.jpg Dune.jpg Elephants.jpg
        Fossa_by_Jasper_Roks.jpg FreshFlower.jpg Garden.jpg GreenMeadow.jpg HappyFish.jpg Infinite-Sea_by_Aury88.jpg
        Kleiber_by_Lukas_Baubkus.jpg LadyBird.jpg Picture_0B_by_freespace.jpg Picture_1A_by_freespace.jpg RainDrops.jpg
        Storm.jpg TwoWings.jpg Wine_by_Jakkub_Mede.jpg Wood.jpg YellowFlower.jpg aero1.jpg
        aitzgorri_by_Aitzol_Berasategi.jpg aloeL.jpg analogpattern_by_Peter_Nerlich.jpg apple.jpg baboon.jpg
        basketball1.png board.jpg box_in_scene.png building.jpg butterfly.jpg calla.png cards.png chicky_512.png
        city.png desert.png free_by_Peter_Nerlich.jpg friends_by_Aitzol_Berasategi.jpg fruits.jpg goldfish.png graf1.png
        greentock_by_Peter_Nerlich.jpg home.jpg leuvenA.jpg life_by_Aitzol_Berasategi.jpg messi5.jpg orange.jpg
        picosdeeuropa_by_Aitzol_Berasategi.jpg plant.jpg rhythm.jpg rubberwhale1.png scenetext01.jpg scenetext02.jpg
        scenetext03.jpg scenetext04.jpg scenetext05.jpg scenetext06.jpg seeding_by_Clements_Engelhardt.jpg smarties.png
        squirrel_cls.jpg starry_night.jpg stuff.jpg sunset_by_Aitzol_Berasategi.jpg the-mouse.jpg
        umang_by_Abhishek_Mudgal.jpg
    """,
}
"""File names by folder: those of two packages, and SAMPLES."""


def sample_pictures(samples: Path, *, short_side_px: int) -> Iterator[Image.Image]:
    """The pictures in the order of `NAMES`; FileNotFoundError if one is missing.

    `samples` is the folder in which the Debian packages are unpacked.
    """
    unpacked = {file.name: file for file in sorted(samples.rglob("*"), reverse=True) if not file.is_symlink()}
    for folder, names in NAMES.items():
        for name in names.split():
            file = unpacked.get(name) if folder == "SAMPLES" else _folder(folder) / name
            if file is None:
                raise FileNotFoundError(f"{samples} does not contain {name}")
            yield decode(file.read_bytes(), short_side_px=short_side_px).image


def _folder(folder: str) -> Path:
    """Folder of an installed package."""
    module, _, rest = folder.partition("/")
    found = find_spec(module)
    if found is None or found.origin is None:
        raise FileNotFoundError(f"{module} is not installed")
    return Path(found.origin).parent / rest
