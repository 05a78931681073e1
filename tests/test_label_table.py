"""Tables of labels as people and programs write them."""

import codecs
import csv
import dataclasses
import io
import os
import shutil
import sys
import unicodedata
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from imagecluster.cli import main
from imagecluster.collection import Settings
from imagecluster.errors import InputError
from imagecluster.evaluate.label_table import as_label, table_labels
from imagecluster.evaluate.table_text import plain_cell, spreadsheet_cell
from imagecluster.functions.running import run
from imagecluster.present.tables import write_csv
from pictures import draw_groups
from report_samples import sample_report

posix = pytest.mark.skipif(sys.platform == "win32", reason="names that are not UTF-8 need a POSIX system")
ROOT = Path("/pictures")
NAMES = ["niño.jpg", "sub/Ångström.jpg", "a, b.jpg", "plain.jpg"]
LABELS = ["año", "mit Ö", "x", "y"]


def read(tmp_path, content, names=NAMES, name="labels.csv", **columns):
    """Labels of these pictures, from a table with this content in a folder beside them."""
    (tmp_path / name).write_bytes(content)
    return table_labels(tmp_path / name, ROOT, [ROOT / each for each in names], **columns).labels


def written(sign=",", *, names=NAMES, labels=LABELS, head=("path", "label"), end="\n"):
    """A table as the module csv writes it."""
    text = io.StringIO()
    csv.writer(text, delimiter=sign, lineterminator=end).writerows([head, *zip(names, labels, strict=True)])
    return text.getvalue()


@pytest.mark.parametrize("sign", ["\t", ",", ";", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (b"", "utf-8"),
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (b"", "utf-16-le"),
        (b"", "utf-16-be"),
        (b"", "cp1252"),
        (b"", "latin-1"),
    ],
)
def test_every_separator_line_end_and_encoding_is_understood(tmp_path, sign, end, mark, encoding):
    """As spreadsheets of different countries and systems save them; Excel may say the separator in a first line."""
    text = written(sign, end=end)
    assert read(tmp_path, mark + text.encode(encoding)) == tuple(LABELS)
    if end != "\r":
        assert read(tmp_path, mark + f"sep={sign}{end}{text}".encode(encoding)) == tuple(LABELS)


def spelled(spell):
    """A table whose paths are spelled in another way."""
    return written(names=[spell(name) for name in NAMES])


@pytest.mark.parametrize(
    "spell",
    [
        lambda name: unicodedata.normalize("NFD", name),
        lambda name: name.replace("/", "\\"),
        lambda name: ".\\" + name.replace("/", "\\"),
        lambda name: "./" + name,
        lambda name: f"  {name} ",
        lambda name: name.upper(),
        lambda name: f"/pictures/{name}",
        lambda name: f"sub/../{name}",
        lambda name: f"pictures/{name}",
        lambda name: f"/home/other/Pictures/{name}",
        lambda name: "C:\\Users\\me\\Pictures\\" + name.replace("/", "\\"),
        lambda name: "\\\\nas\\share\\" + name.replace("/", "\\"),
    ],
)
def test_a_name_is_understood_however_it_is_spelled(tmp_path, spell):
    """Accents in two forms, backslashes, spaces, capitals, whole paths, and paths of the machine it was on before."""
    assert read(tmp_path, spelled(spell).encode()) == tuple(LABELS)


def test_what_is_there_twice_is_taken_exactly_or_not_at_all(tmp_path):
    """Two files whose names differ only in the form of accents, in capitals or in a backslash stay two."""
    accents = [unicodedata.normalize(form, "é.jpg") for form in ("NFC", "NFD")]
    for names in (accents, ["a.jpg", "A.jpg"], ["a/b.jpg", "a\\b.jpg"], [" a.jpg", "a.jpg"]):
        if sys.platform != "win32":
            assert read(tmp_path, written(names=names, labels="xy").encode(), names) == ("x", "y")
    assert read(tmp_path, b"path,label\nA.JPG,x\nb.jpg,y\n", ["a.jpg", "A.jpg", "b.jpg"]) == ("", "", "y")


def test_a_folder_of_before_is_taken_only_if_there_is_one(tmp_path):
    """Two that fit as well are none; and names that are found where they say are not replaced."""
    two = written(names=["/x/plain.jpg", "/y/plain.jpg"], labels="ab").encode()
    with pytest.raises(InputError, match="names no picture"):
        read(tmp_path, two)
    found = table_labels_of(tmp_path, written(names=["/pictures/plain.jpg", "/x/niño.jpg"], labels="ab").encode())
    assert (found.labels, found.n_strangers) == (("", "", "", "a"), 1)


def table_labels_of(tmp_path, content):
    """Labels with the number of rows that mean no picture."""
    (tmp_path / "labels.csv").write_bytes(content)
    return table_labels(tmp_path / "labels.csv", ROOT, [ROOT / each for each in NAMES])


@pytest.mark.parametrize(
    "head", [("Path", "LABEL"), (" file name ", "Class"), ("FILE_NAME", "category "), ("Name", "Group")]
)
def test_columns_are_found_in_any_letters(tmp_path, head):
    """Capitals, spaces and underscores do not matter; an exact name goes first, also of two that are alike."""
    assert read(tmp_path, written(head=head).encode()) == tuple(LABELS)
    rows = b"PATH,path,label\nx,plain.jpg,1\n"
    assert read(tmp_path, rows) == ("", "", "", "1")
    assert read(tmp_path, b"Bild,Art\nplain.jpg,1\n", path_column="bild", label_column="ART") == ("", "", "", "1")


def test_labels_that_look_alike_are_one_label(tmp_path):
    """Spaces around them and the form of their accents are no difference."""
    labels = ["fête", unicodedata.normalize("NFD", "fête"), " fête ", "fête\t"]
    assert set(read(tmp_path, written(labels=labels).encode())) == {"fête"}


def test_quotes_are_understood_as_programs_write_them(tmp_path):
    """After a space, doubled, around line ends, and by themselves in a table with tabs."""
    assert read(tmp_path, b'path, label\n"plain.jpg", "a ""b"", c"\n') == ("", "", "", 'a "b", c')
    assert read(tmp_path, b'path,label\n"plain.jpg","a\r\nb"\n') == ("", "", "", "a\r\nb")
    assert read(tmp_path, b'path\tlabel\nplain.jpg\t"5 inches\n') == ("", "", "", '"5 inches')
    assert read(tmp_path, b'path\tlabel\nplain.jpg\t5" disc\n') == ("", "", "", '5" disc')


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "has the columns none; expected any of path"),
        (b"\n\n", "has the columns none"),
        (b"PK\x03\x04....", "it is a spreadsheet; save it as CSV in UTF-8"),
        (b"\xd0\xcf\x11\xe0....", "it is a spreadsheet; save it as CSV in UTF-8"),
        (b"path,label\ncaf\xe9.jpg,a\n", "'caf\u00e9.jpg'.*it is not in UTF-8, and was read as cp1252"),
        (codecs.BOM_UTF16_LE + b"p\0a\0t", "expected a table in UTF-8"),
        (b'path,label\n"plain.jpg,a\n', "expected a table in UTF-8, separated by .*unexpected end of data"),
        (b"path,label\nplain.jpg\0,a\n", "names no picture|expected a table"),
        (b"path;label\nplain.jpg;a\nplain.jpg;b\n", "two labels: 'a' and 'b'"),
    ],
)
def test_a_table_that_is_none_is_refused_in_a_sentence(tmp_path, content, said):
    """With what it is, or how it was read."""
    with pytest.raises(InputError, match=said) as error:
        read(tmp_path, content)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@a", "\t=1", "\r", " =1", "'=1", "''-", "＝1", "\n=1"])
def test_a_formula_is_text_for_a_spreadsheet(text):
    """An apostrophe comes before it, and is taken off again."""
    assert spreadsheet_cell(text) == f"'{text}"
    assert plain_cell(spreadsheet_cell(text)) == text


@pytest.mark.parametrize("text", ["", "a", "'a", "a=b", "1-2", "'", "é", "日本"])
def test_what_is_no_formula_stays(text):
    """In both directions."""
    assert spreadsheet_cell(text) == plain_cell(text) == text


def is_name(text):
    """Whether a file can be called so."""
    return text not in (".", "..") and not {"\0", "/"} & {*text}


names_of_files = st.binary(min_size=1, max_size=8).map(os.fsdecode).filter(is_name)
odd = st.text(st.sampled_from("=+-@\t\r\n'\",;\\ aé\u0301\ufeff|"), min_size=1, max_size=6)
texts = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=6)


@posix
@given(
    names=st.lists(
        (odd | names_of_files).filter(lambda name: name not in (".", "..")), min_size=2, max_size=6, unique=True
    ),
    label=texts | odd,
    is_for_spreadsheets=st.booleans(),
)
@example(names=["a\rb.jpg", "a\nb.jpg", "=a", "'=a"], label="=1+1\r\n", is_for_spreadsheets=True)
@example(names=["\udcff.jpg", "é.jpg", "e\u0301.jpg"], label="'=x", is_for_spreadsheets=False)
def test_our_reader_reads_what_our_writer_wrote(tmp_path_factory, names, label, is_for_spreadsheets):
    """Every name that a file can have, and every name of a cluster, in both forms of the table."""
    names = sorted(names, key=os.fsencode)
    report = sample_report([len(names)], names=names)
    cluster = dataclasses.replace(report.clusters.clusters[0], name=label)
    report = dataclasses.replace(report, clusters=dataclasses.replace(report.clusters, clusters=(cluster,)))
    file = tmp_path_factory.getbasetemp() / "written.csv"
    write_csv(report, file, is_for_spreadsheets=is_for_spreadsheets)
    paths = [ROOT / name for name in names]
    assert table_labels(file, ROOT, paths, label_column="cluster").labels == ("1",) * len(names)
    assert table_labels(file, ROOT, paths, label_column="name").labels == (as_label(label),) * len(names)
    with file.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as lines:
        rows = [*csv.reader(lines, strict=True)][1:]
    assert [os.path.normpath(row[0]) for row in rows] == [os.path.normpath(name) for name in names]
    if is_for_spreadsheets:
        assert file.read_bytes().startswith(codecs.BOM_UTF8)
        assert all(spreadsheet_cell(cell) == cell or cell.startswith("'") for row in rows for cell in row)
    else:
        assert [row[3] for row in rows] == [label] * len(names)


def test_other_names_of_a_file_are_no_formulas_either(tmp_path):
    """They are paths too."""
    report = sample_report([2], names=["a.jpg", "b.jpg"], other_names={"a.jpg": ("=c.jpg", "d.jpg")})
    write_csv(report, tmp_path / "a.csv", is_for_spreadsheets=True)
    assert "a.jpg,1,2,,./=c.jpg | d.jpg" in (tmp_path / "a.csv").read_text("utf-8").splitlines()


def test_a_run_writes_the_form_that_is_asked_for(tmp_path, capsys):
    """`--csv spreadsheet` at the command line; the table of the run before is not read."""
    pics = draw_groups(tmp_path / "pics", (2, 3))
    shutil.move(pics / "0_0.png", pics / "=a.png")
    table = pics / "imagecluster" / "clusters.csv"
    run([pics], Settings(links="none", page=False))
    assert table.read_bytes().startswith(b"path,cluster,size,name\n0_1.png,")
    assert main([str(pics), "--links=none", "--no-page", "--csv=spreadsheet"]) == 0
    assert table.read_bytes().startswith(codecs.BOM_UTF8 + b"path,cluster,size,name\n")
    assert b"\n./=a.png," in table.read_bytes()
    assert main(["eval", str(pics), "--labels", str(table), "--label-column", "cluster"]) == 0


@pytest.mark.photos
def test_the_tables_of_reports(photos, tmp_path, capsys):
    """Names as typed, and with backslashes, mean the files that a Mac named."""
    given_ = shutil.copytree(photos / "reports" / "label-tables", tmp_path / "given", copy_function=shutil.copyfile)
    for folder in (given_, given_ / "pics"):
        folder.chmod(0o755)
    for picture in [*(given_ / "pics").iterdir()]:
        picture.rename(picture.with_name(unicodedata.normalize("NFD", picture.name)))
    run([given_ / "pics"], Settings(links="none", page=False))
    for table in ("typed.csv", "windows.csv"):
        assert main(["eval", str(given_ / "pics"), "--labels", str(given_ / table)]) == 0
        assert "4: 4 in " in capsys.readouterr().out
