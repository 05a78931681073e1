"""What a scan takes, passes over and refuses."""

import errno
import io
import os
import socket
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagecluster.errors import InputError
from imagecluster.scan import PAGE_MARKER, PICTURE_SUFFIXES, STORE_MARKER, read_path_list, scan
from imagecluster.scan import walking as scan_module

posix = pytest.mark.skipif(sys.platform == "win32", reason="symbolic links and odd names need a POSIX system")


def touch(path: Path, content: bytes = b"x") -> Path:
    """A small file, with the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def found(*paths: Path, **options) -> list[Path]:
    """Paths of the files that a scan takes."""
    return [file.path for file in scan(list(paths), **options).files]


def test_pictures_are_taken_by_suffix_in_any_case_and_others_are_counted(tmp_path):
    """A folder gives its pictures, sorted; other files are counted by lower-case suffix."""
    pictures = [touch(tmp_path / name) for name in ("a.JPG", "b.heic", "sub/c.Dng", "z.png")]
    for name in ("notes.TXT", "sub/more.txt", "movie.mp4", "README"):
        touch(tmp_path / name)
    result = scan([tmp_path])
    assert [file.path for file in result.files] == sorted(pictures)
    assert dict(result.ignored) == {"": 1, ".mp4": 1, ".txt": 2}
    assert result.skips == ()


def test_size_and_time_are_those_of_the_file(tmp_path):
    """An ImageFile carries the size and the modification time that the file system gives."""
    path = touch(tmp_path / "a.jpg", b"12345")
    os.utime(path, ns=(1_000_000_007, 2_000_000_009))
    (file,) = scan([tmp_path]).files
    assert (file.size_bytes, file.mtime_ns) == (5, 2_000_000_009)


def test_without_recursion_only_the_folder_itself_counts(tmp_path):
    """recursive=False takes the files of the named folders only."""
    top = touch(tmp_path / "a.jpg")
    touch(tmp_path / "sub/b.jpg")
    assert found(tmp_path, recursive=False) == [top]


KNOWN_FOLDERS = {
    "trash": ["$RECYCLE.BIN", "RECYCLER", "#recycle", "@Recycle", ".Trash-1000", ".Trashes", ".dtrash"],
    "previews of other programs": ["@eaDir", ".thumbnails", ".@__thumb", "Catalog Previews.lrdata", "x.lrcat-data"],
    "snapshots": ["@Recently-Snapshot", "#snapshot", ".snapshot", ".zfs"],
    "folders of the system": ["lost+found", "System Volume Information", "node_modules", "__MACOSX"],
}


@pytest.mark.parametrize(
    ("reason", "name"), [(reason, name) for reason, names in KNOWN_FOLDERS.items() for name in names]
)
def test_known_folders_are_counted_with_the_reason_and_taken_by_name(tmp_path, reason, name):
    """Trash, previews, snapshots: what is in them counts only where they are asked for by name."""
    inside = touch(tmp_path / "album" / name / "a.jpg")
    result = scan([tmp_path])
    assert (result.files, dict(result.left_out)) == ((), {reason: 1})
    assert found(inside.parent) == [inside]


def test_a_hidden_folder_is_passed_over_unless_named(tmp_path):
    """A folder with a leading dot is not the user's album."""
    inside = touch(tmp_path / ".hidden" / "a.jpg")
    assert found(tmp_path) == []
    assert found(tmp_path / ".hidden") == [inside]
    assert dict(scan([tmp_path]).left_out) == {"hidden folders": 1}


def test_a_file_of_a_known_folders_name_is_a_file(tmp_path):
    """Only folders are passed over by name."""
    touch(tmp_path / "lost+found")
    result = scan([tmp_path])
    assert (dict(result.left_out), dict(result.ignored)) == ({}, {"": 1})


def test_hidden_files_are_passed_over_and_those_of_pictures_are_counted(tmp_path):
    """A name with a leading dot is not taken; what macOS writes beside each file is not counted either."""
    for name in ("._IMG_1.jpg", ".picasa.ini", ".secret.jpg", ".trashed-1700000000-IMG_2.jpg"):
        touch(tmp_path / name)
    result = scan([tmp_path])
    assert (result.files, result.skips, dict(result.ignored)) == ((), (), {})
    assert dict(result.left_out) == {"hidden pictures": 1, "trash": 1}


@pytest.mark.parametrize("kind", ["photoslibrary", "photolibrary", "aplibrary"])
def test_of_a_library_of_photographs_only_the_originals_are_taken(tmp_path, kind):
    """Renders, thumbnails and databases inside it are left out, whether it is found or given by name."""
    library = tmp_path / f"My Library.{kind}"
    originals = [touch(library / place / "IMG_1.jpg") for place in ("Masters/2019", "originals/0")]
    for place in ("resources/renders/0", "resources/derivatives", "Previews", "database"):
        touch(library / place / "IMG_1.jpg")
    for folder in (tmp_path, library):
        result = scan([folder])
        assert [file.path for file in result.files] == originals
        assert dict(result.left_out) == {"renders and previews in photo libraries": 3}


LOOKS = {
    "IMG_0001": b"\xff\xd8\xff\xe0",
    "c.jpg_large": b"\xff\xd8\xff\xe0",
    "d.jpeg.download": b"\xff\xd8\xff\xe0",
    "e.png~": b"\x89PNG\r\n\x1a\n",
    "f.webp!w800": b"RIFF\0\0\0\0WEBP",
    "g.tmp": b"GIF89a",
    "h.jpg.1": b"\xff\xd8\xff\xdb",
    "recovered.bin": b"\0\0\0\x20ftypheic",
    "k.heic.part": b"\0\0\0\x20ftypmif1",
}


@pytest.mark.parametrize("name", LOOKS)
def test_files_that_begin_like_pictures_are_counted(tmp_path, name):
    """A file without a picture's suffix is looked into if its name says too little; it is not taken."""
    touch(tmp_path / name, LOOKS[name] + bytes(40))
    touch(tmp_path / f"other {name}", b"only text")
    result = scan([tmp_path])
    assert (result.files, list(result.look_alikes.values()), list(result.ignored.values())) == ((), [1], [2])


def test_files_whose_suffix_says_what_they_are_are_not_opened(tmp_path):
    """Nobody's source code is opened to look for pictures."""
    touch(tmp_path / "a.py", LOOKS["IMG_0001"])
    touch(tmp_path / "b.mp4", LOOKS["IMG_0001"])
    assert dict(scan([tmp_path]).look_alikes) == {}


@pytest.mark.parametrize("marker", [PAGE_MARKER, ".imagecluster-links", ".imagecluster-made"])
def test_trees_of_ours_are_passed_over_under_any_name(tmp_path, marker):
    """A tree of links or copies that was exported, copied or renamed is counted as an output, not scanned."""
    picture = touch(tmp_path / "a.jpg")
    touch(tmp_path / "renamed" / marker)
    touch(tmp_path / "renamed" / "cluster_with_2" / "cluster_0" / "a.jpg")
    result = scan([tmp_path])
    assert [file.path for file in result.files] == [picture]
    assert dict(result.left_out) == {"outputs of imagecluster": 1}


@pytest.mark.parametrize("name", ["index.html", "album.htm"])
def test_a_page_without_its_hidden_marker_is_known_by_its_first_lines(tmp_path, name):
    """`cp -r page/* elsewhere` leaves hidden files behind."""
    touch(tmp_path / "share" / name, b'<html><meta name="generator" content="imagecluster 1.0">')
    touch(tmp_path / "share" / "pictures" / "000" / "0.jpg")
    own = touch(tmp_path / "mine" / "pictures" / "0.jpg")
    touch(tmp_path / "mine" / "index.html", b"<html>")
    assert found(tmp_path) == [own]


def test_our_own_folders_are_passed_over(tmp_path):
    """A folder that holds our marker is passed over with all that it holds."""
    kept = touch(tmp_path / "a.jpg")
    touch(tmp_path / "imagecluster" / STORE_MARKER)
    touch(tmp_path / "imagecluster" / "clusters" / "b.jpg")
    assert found(tmp_path) == [kept]


def test_a_copy_of_the_page_is_scanned_only_by_name(tmp_path):
    """The small pictures that were made of a collection are not pictures in it."""
    picture = touch(tmp_path / "a.jpg")
    small = touch(tmp_path / "share" / "pictures" / "000" / "0.jpg")
    touch(tmp_path / "share" / PAGE_MARKER)
    assert found(tmp_path) == [picture]
    assert found(tmp_path / "share") == [small]


def test_our_own_folder_named_as_pictures_is_refused(tmp_path):
    """Scanning a database as if it held pictures is an error, not an empty result."""
    touch(tmp_path / STORE_MARKER)
    with pytest.raises(InputError, match="a database of imagecluster"):
        scan([tmp_path])


def test_excluded_folders_are_passed_over_by_any_name(tmp_path):
    """An excluded folder is recognised by what it is, and one that does not exist is no error."""
    kept = touch(tmp_path / "a.jpg")
    touch(tmp_path / "db" / "b.jpg")
    exclude = [tmp_path / "x" / ".." / "db", tmp_path / "absent"]
    (tmp_path / "x").mkdir()
    assert found(tmp_path, exclude=exclude) == [kept]


def test_a_folder_both_asked_for_and_excluded_is_refused(tmp_path):
    """Scanning and excluding the same folder is an error, not an empty result."""
    with pytest.raises(InputError, match="excluded"):
        scan([tmp_path], exclude=[tmp_path])


@pytest.mark.parametrize("name", ["Holidays", "Pictures.old", "notes.txt"])
def test_a_missing_folder_is_an_error_that_names_it(tmp_path, name):
    """A folder that does not exist stops the scan with its name."""
    with pytest.raises(InputError, match=name):
        scan([tmp_path / name])


def test_a_missing_picture_is_a_skip(tmp_path):
    """A file given by name that is gone is recorded, and the others are scanned."""
    kept = touch(tmp_path / "a.jpg")
    result = scan([tmp_path / "gone.jpg", kept])
    assert [file.path for file in result.files] == [kept]
    (skip,) = result.skips
    assert (skip.path, skip.stage, skip.reason) == (tmp_path / "gone.jpg", "scan", "the file is gone")


def test_a_file_given_by_name_is_taken_whatever_its_suffix(tmp_path):
    """A named file needs no picture's suffix, and is not counted as passed over beside its folder."""
    odd = touch(tmp_path / "scan0001")
    assert found(odd) == [odd]
    result = scan([odd, tmp_path])
    assert [file.path for file in result.files] == [odd]
    assert dict(result.ignored) == {}


def test_each_path_comes_once(tmp_path):
    """Overlapping arguments give each file once."""
    path = touch(tmp_path / "sub" / "a.jpg")
    (tmp_path / "other").mkdir()
    roundabout = tmp_path / "other" / ".." / "sub" / "." / "a.jpg"
    assert found(tmp_path, tmp_path / "sub", path, roundabout, tmp_path) == [path]


def test_paths_are_absolute(tmp_path, monkeypatch):
    """A relative argument gives absolute paths."""
    path = touch(tmp_path / "sub" / "a.jpg")
    monkeypatch.chdir(tmp_path)
    assert found(Path("sub")) == [path]
    assert found(Path("sub/a.jpg")) == [path]


@posix
def test_the_order_is_that_of_the_bytes_of_the_whole_path(tmp_path):
    """Paths are sorted as bytes, whatever the order of arguments and of the listing."""
    names = ["b.jpg", "a/z.jpg", "a.jpg", "B.jpg", "ä.jpg", "\udcff.jpg", "\U0001f600.jpg"]
    for name in names:
        touch(tmp_path / name)
    expected = sorted(os.fsencode(tmp_path / name) for name in names)
    assert [os.fsencode(path) for path in found(tmp_path)] == expected
    assert [os.fsencode(path) for path in found(tmp_path / "b.jpg", tmp_path)] == expected


@posix
@pytest.mark.parametrize("name", [b"with space.jpg", b"new\nline.jpg", b"\xff\xfe.jpg", "📷é.jpg".encode(), b"-rf.jpg"])
def test_names_of_any_bytes_work(tmp_path, name):
    """Spaces, newlines, bytes that are not UTF-8 and emoji survive the scan."""
    touch(tmp_path / os.fsdecode(name), b"content")
    (path,) = found(tmp_path)
    assert os.fsencode(path.name) == name
    assert path.read_bytes() == b"content"


@posix
def test_symbolic_links_to_files_are_pictures_under_their_own_path(tmp_path):
    """A link to a picture is taken, with the size of what it leads to."""
    target = touch(tmp_path / "elsewhere" / "a.bin", b"123")
    link = tmp_path / "pictures" / "link.jpg"
    link.parent.mkdir()
    link.symlink_to(target)
    (file,) = scan([link.parent]).files
    assert (file.path, file.size_bytes) == (link, 3)


@posix
def test_symbolic_links_to_folders_are_followed_once_and_loops_are_harmless(tmp_path):
    """Each real folder is visited once: loops end, and the real place wins over links that sort before it."""
    real = touch(tmp_path / "pictures" / "real" / "a.jpg")
    outside = touch(tmp_path / "outside" / "b.jpg")
    (tmp_path / "pictures" / "a_link").symlink_to(real.parent)
    (real.parent / "loop").symlink_to(tmp_path / "pictures")
    (real.parent / "self").symlink_to("self")
    (tmp_path / "pictures" / "way_out").symlink_to(outside.parent)
    (outside.parent / "back").symlink_to(tmp_path / "pictures")
    result = scan([tmp_path / "pictures"])
    assert [file.path for file in result.files] == [real, tmp_path / "pictures" / "way_out" / "b.jpg"]
    assert result.skips == ()


@posix
def test_a_link_given_by_name_keeps_its_name(tmp_path):
    """The paths of a folder that was named through a link begin with that link."""
    touch(tmp_path / "real" / "a.jpg")
    (tmp_path / "link").symlink_to("real")
    assert found(tmp_path / "link") == [tmp_path / "link" / "a.jpg"]


@posix
def test_dot_dot_behind_a_link_means_what_the_system_means(tmp_path):
    """`link/..` is the folder above what the link leads to."""
    expected = touch(tmp_path / "deep" / "a.jpg")
    (tmp_path / "deep" / "er").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "deep" / "er")
    assert found(tmp_path / "link" / ".." / "a.jpg") == [expected]


@posix
def test_broken_links_are_skips_where_they_look_like_pictures(tmp_path):
    """A dangling picture link is a skip with its reason; any other dangling link is passed over."""
    (tmp_path / "a.jpg").symlink_to("nowhere")
    (tmp_path / "b").symlink_to("nowhere")
    result = scan([tmp_path])
    assert [(skip.path.name, skip.reason) for skip in result.skips] == [("a.jpg", "a broken symbolic link")]
    assert dict(result.ignored) == {"": 1}


@posix
def test_pipes_and_sockets_are_never_opened(tmp_path):
    """A pipe or socket with a picture's name is a skip; given by name it is an error. Neither hangs."""
    os.mkfifo(tmp_path / "pipe.jpg")
    with socket.socket(socket.AF_UNIX) as server:
        here = Path.cwd()
        os.chdir(tmp_path)  # the path of a socket is limited to about 100 bytes
        try:
            server.bind("socket.jpg")
        finally:
            os.chdir(here)
        result = scan([tmp_path])
    assert [skip.reason for skip in result.skips] == ["not a regular file"] * 2
    with pytest.raises(InputError, match="neither a folder nor a regular file"):
        scan([tmp_path / "pipe.jpg"])


def deny(monkeypatch, denied: Path) -> None:
    """Makes listing one folder fail, as a missing permission does (which root would not notice)."""
    real = os.scandir

    def scandir(folder):
        if Path(folder) == denied:
            raise PermissionError(errno.EACCES, "Permission denied", os.fspath(folder))
        return real(folder)

    monkeypatch.setattr(scan_module.os, "scandir", scandir)


def test_a_folder_that_cannot_be_listed_is_a_skip(tmp_path, monkeypatch):
    """The folder is recorded with the reason, and the rest is scanned."""
    kept = touch(tmp_path / "a.jpg")
    (tmp_path / "locked").mkdir()
    deny(monkeypatch, tmp_path / "locked")
    result = scan([tmp_path])
    assert [file.path for file in result.files] == [kept]
    (skip,) = result.skips
    assert (skip.path, skip.reason) == (tmp_path / "locked", "folder cannot be listed: permission denied")


def test_a_named_folder_that_cannot_be_listed_is_an_error(tmp_path, monkeypatch):
    """An argument of which nothing can be seen stops the scan with its name and the reason."""
    deny(monkeypatch, tmp_path)
    with pytest.raises(InputError, match="permission denied"):
        scan([tmp_path])


def test_a_named_file_that_cannot_be_read_is_a_skip(tmp_path, monkeypatch):
    """A file without read permission is recorded with the reason."""
    path = touch(tmp_path / "a.jpg")
    monkeypatch.setattr(scan_module.os, "access", lambda *_: False)
    result = scan([path])
    assert result.files == ()
    assert [skip.reason for skip in result.skips] == ["permission denied"]


def test_very_deep_folders_do_not_exhaust_the_stack(tmp_path, monkeypatch):
    """A tree deeper than Python's recursion limit is scanned."""
    depth = sys.getrecursionlimit() + 200
    monkeypatch.chdir(tmp_path)
    deepest = tmp_path.joinpath(*["d"] * depth)
    for _ in range(depth):
        Path("d").mkdir()
        os.chdir("d")
    Path("a.jpg").touch()
    os.chdir(tmp_path)
    assert found(tmp_path) == [deepest / "a.jpg"]
    (deepest / "a.jpg").unlink()
    while deepest != tmp_path:  # pytest's own removal of old folders recurses
        deepest.rmdir()
        deepest = deepest.parent


def test_an_empty_scan_gives_nothing():
    """No arguments give no files and no error."""
    assert scan([]).files == ()


def test_a_path_with_a_nul_byte_is_refused(tmp_path):
    """A NUL byte cannot be in a path; the error says so instead of a ValueError from below."""
    with pytest.raises(InputError, match="NUL"):
        scan([tmp_path / "a\0.jpg"])


def test_suffixes_are_lower_case_with_a_dot():
    """The public set of suffixes can be compared with a lower-case suffix."""
    assert all(suffix == suffix.lower() and suffix.startswith(".") for suffix in PICTURE_SUFFIXES)
    assert {".jpg", ".heic", ".dng", ".webp", ".tif"} <= PICTURE_SUFFIXES
    assert not {".eps", ".pdf", ".wmf", ".svg"} & PICTURE_SUFFIXES


def test_a_list_gives_one_path_a_line(tmp_path):
    """Relative paths count from the base; empty lines, Windows line ends and a byte order mark go."""
    stream = io.BytesIO("\N{ZERO WIDTH NO-BREAK SPACE}a b.jpg\r\n\n/abs/ü.jpg\nlast".encode())
    assert read_path_list(stream, base=tmp_path) == [
        tmp_path / "a b.jpg",
        Path("/abs/ü.jpg"),
        tmp_path / "last",
    ]


def test_a_nul_separated_list_keeps_newlines(tmp_path):
    """With NUL as separator a name may hold newlines and carriage returns."""
    stream = io.BytesIO(b"a\nb\r\0c.jpg\0")
    assert read_path_list(stream, base=tmp_path, null_separated=True) == [
        tmp_path / "a\nb\r",
        tmp_path / "c.jpg",
    ]


def test_nul_bytes_in_a_list_of_lines_are_refused(tmp_path):
    """The error says what to do about a NUL-separated list."""
    with pytest.raises(InputError, match="NUL-separated"):
        read_path_list(io.BytesIO(b"a.jpg\0b.jpg\0"), base=tmp_path)


@posix
@given(st.lists(st.binary(min_size=1).filter(lambda name: not set(name) & {0}), max_size=5))
def test_any_bytes_survive_a_nul_separated_list(names):
    """Encoding the paths again gives the bytes of the list."""
    stream = io.BytesIO(b"".join(b"/x" + name + b"\0" for name in names))
    paths = read_path_list(stream, base=Path("/"), null_separated=True)
    assert [os.fsencode(path) for path in paths] == [os.fsencode(Path(os.fsdecode(b"/x" + n))) for n in names]


def names_of(*paths: Path, **options) -> dict[Path, list[Path]]:
    """Further names of the files that a scan takes."""
    return {path: list(names) for path, names in scan(list(paths), **options).other_names.items()}


@posix
def test_hard_and_symbolic_links_are_further_names_of_one_file(tmp_path):
    """A file is taken once, under its first name that is not a symbolic link."""
    file = touch(tmp_path / "b.jpg")
    touch(tmp_path / "c.jpg")
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "hard.jpg").hardlink_to(file)
    (tmp_path / "a_soft.jpg").symlink_to("b.jpg")
    (tmp_path / "links" / "of a link.jpg").symlink_to("../a_soft.jpg")
    (tmp_path / "links" / "loop").symlink_to("..")
    assert found(tmp_path) == [file, tmp_path / "c.jpg"]
    others = [tmp_path / name for name in ("a_soft.jpg", "links/hard.jpg", "links/of a link.jpg")]
    assert names_of(tmp_path) == {file: others}


@posix
def test_two_links_to_a_file_elsewhere_are_one_picture(tmp_path):
    """A file that is not scanned itself is known by the first link to it."""
    touch(tmp_path / "elsewhere" / "x.jpg")
    links = [tmp_path / "pics" / name for name in ("a.jpg", "b.jpg")]
    links[0].parent.mkdir()
    for link in links:
        link.symlink_to("../elsewhere/x.jpg")
    assert found(tmp_path / "pics") == links[:1]
    assert names_of(tmp_path / "pics") == {links[0]: links[1:]}


@posix
def test_a_folder_given_in_several_ways_is_scanned_once(tmp_path):
    """Twice, with one of its subfolders, through a link to it, and with one of its files by another path."""
    picture, inside = touch(tmp_path / "pics" / "a.jpg"), touch(tmp_path / "pics" / "sub" / "b.jpg")
    (tmp_path / "way").symlink_to("pics")
    folder = tmp_path / "pics"
    assert found(folder, folder, folder / "sub", folder / ".." / "pics", tmp_path / "way") == [picture, inside]
    assert names_of(folder, tmp_path / "way" / "a.jpg") == {picture: [tmp_path / "way" / "a.jpg"]}
    assert found(tmp_path / "way" / "a.jpg", folder / "a.jpg") == [picture]


def test_files_without_numbers_are_separate(tmp_path, monkeypatch):
    """Where the file system does not number its files, or gives all the same number, none is taken for another."""
    pictures = [touch(tmp_path / name, name.encode()) for name in ("a.jpg", "b.jpg")]
    for number in (0, 7):
        monkeypatch.setattr(scan_module, "_identity", lambda status, number=number: (number,) if number else None)
        assert found(tmp_path) == pictures
