"""Photographs and cut-outs that Debian and Python packages ship, for fitting: none of them is in the test sets."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from PIL import Image

PACKAGES = (
    "gnome-backgrounds",
    "lomiri-wallpapers-16.04",
    "mate-backgrounds",
    "opencv-doc",
    "plasma-workspace-wallpapers",
    "tuxpaint-stamps-default",
    "ukui-wallpapers",
)
"""Debian packages to download and unpack (`apt-get download`, `dpkg-deb -x`), each into a folder of its name."""

# fmt: off
PHOTOGRAPHS = (
    "aero1.jpg", "aloeL.jpg", "apple.jpg", "baboon.jpg", "basketball1.png", "board.jpg", "box_in_scene.png",
    "building.jpg", "butterfly.jpg", "chicky_512.png", "fruits.jpg", "home.jpg", "leuvenA.jpg", "messi5.jpg",
    "orange.jpg", "plant.jpg", "rubberwhale1.png", "squirrel_cls.jpg", "starry_night.jpg", "stuff.jpg", "000.jpg",
    "home.png", "scenetext01.jpg", "scenetext03.jpg", "scenetext04.jpg", "scenetext06.jpg", "graf1.png", "Aqua.jpg",
    "Dune.jpg", "FreshFlower.jpg", "Garden.jpg", "GreenMeadow.jpg", "LadyBird.jpg", "RainDrops.jpg", "Storm.jpg",
    "TwoWings.jpg", "YellowFlower.jpg", "Bridge_by_Sander_Klootwijk.jpg", "Dragonfly_by_Bolly.jpg",
    "Picture_0B_by_freespace.jpg", "Picture_1A_by_freespace.jpg", "Wine_by_Jakkub_Mede.jpg",
    "aitzgorri_by_Aitzol_Berasategi.jpg", "free_by_Peter_Nerlich.jpg", "friends_by_Aitzol_Berasategi.jpg",
    "greentock_by_Peter_Nerlich.jpg", "life_by_Aitzol_Berasategi.jpg", "picosdeeuropa_by_Aitzol_Berasategi.jpg",
    "seeding_by_Clements_Engelhardt.jpg", "sunset_by_Aitzol_Berasategi.jpg", "Kleiber_by_Lukas_Baubkus.jpg",
    "Fossa_by_Jasper_Roks.jpg", "Autumn", "BytheWater", "ColorfulCups", "EveningGlow", "FallenLeaf", "Grey", "Kite",
    "OneStandsOut", "Path", "Volna", "summer_1am", "astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg",
    "china.jpg", "flower.jpg", "motorcycle_left.png",
)
# fmt: on
"""Names of photographs; a name without a suffix is that of a folder with one photograph in several sizes."""

SEVERAL_VIEWS = (
    ("aloeL.jpg", "aloeR.jpg"),
    ("basketball1.png", "basketball2.png"),
    ("graf1.png", "graf3.png"),
    ("leuvenA.jpg", "leuvenB.jpg"),
    ("rubberwhale1.png", "rubberwhale2.png"),
    tuple(f"{side}0{i}.jpg" for side in ("left", "right") for i in (1, 2, 3, 4, 5)),
    ("left.jpg", "right.jpg"),
    ("motorcycle_left.png", "motorcycle_right.png"),
)
"""Photographs of one place or thing from several sides."""

KINDS = (
    "animals/birds",
    "animals/fish",
    "animals/insects",
    "animals/mammals/bovines",
    "clothes/hats",
    "food/fruit",
    "food/vegetables",
    "household/tools",
    "plants/flowers",
    "plants/trees",
    "town/roadsigns",
    "vehicles",
)
"""Folders of cut-outs that are each of one kind."""


def photographs(packages: Path) -> Iterator[tuple[str, Path]]:
    """Name and file of each of PHOTOGRAPHS that is there, the largest where there are several sizes."""
    files = _by_name(packages)
    for name in PHOTOGRAPHS:
        if name in files:
            yield name, files[name]


def several_views(packages: Path) -> Iterator[tuple[str, Path]]:
    """Name of a place or thing, and a photograph of it."""
    files = _by_name(packages)
    for names in SEVERAL_VIEWS:
        for name in names:
            if name in files:
                yield names[0], files[name]


def cutouts(packages: Path, *, smallest_px: int = 100) -> Iterator[tuple[str, Path]]:
    """Kind and file of each thing with transparent surroundings; the kind is empty for those of none of KINDS.

    Drawings, signs and mirror images are left out.
    """
    root = packages / "tuxpaint-stamps-default" / "usr/share/tuxpaint/stamps"
    for path in sorted(root.rglob("*.png")):
        name = path.relative_to(root).as_posix()
        if "cartoon" in path.parts or "mirror" in path.name or name.startswith(("symbols", "space", "naturalforces")):
            continue
        with Image.open(path) as image:
            if min(image.size) >= smallest_px and image.mode in ("RGBA", "LA"):
                yield next((kind for kind in KINDS if name.startswith(kind)), ""), path


def _by_name(packages: Path) -> dict[str, Path]:
    """Files by their name, and by that of the folder of a wallpaper."""
    found: dict[str, Path] = {}
    folders = [packages / name for name in PACKAGES]
    for module, inside in (("skimage", "data"), ("sklearn", "datasets/images")):
        spec = find_spec(module)
        if spec is not None and spec.submodule_search_locations:
            folders.append(Path(spec.submodule_search_locations[0]) / inside)
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.suffix not in (".jpg", ".png") or path.is_symlink() or "html" in path.parts:
                continue
            is_wallpaper = path.parent.name == "images" and path.parent.parent.name == "contents"
            name = path.parts[-4] if is_wallpaper else path.name
            if name not in found or path.stat().st_size > found[name].stat().st_size:
                found[name] = path
    return found
