"""Reading raw files: forms, line numbers, broken files."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pandas as pd
import pytest

from patronage.data.files import LINE, list_files, read_tables
from patronage.errors import DataError


def only(path: Path):
    (table,) = list(read_tables(path, path.name))
    return table


def test_text_stays_text_and_lines_are_counted_from_the_header(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("\ufeffRCID,Country_Code\n1,NA\n\n2,CU\n", encoding="utf-8")
    table = only(path)
    assert table.columns == {"rcid", "country_code"}
    assert table.frame["country_code"].tolist() == ["NA", "CU"]  # Namibia is no missing value
    assert table.frame[LINE].tolist() == [2, 4]


def test_other_encodings_and_tabs_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.tab"
    path.write_bytes("name\tyear\nCôte d'Ivoire\t1960\n".encode("latin-1"))
    assert only(path).frame["name"].tolist() == ["Côte d'Ivoire"]


def test_a_line_too_long_is_kept_apart_and_the_rest_read(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a,b\n1,2\n1,2,3\n4,5\n")
    table = only(path)
    assert table.frame["a"].tolist() == ["1", "4"]
    assert table.frame[LINE].tolist() == [2, 4]
    assert table.bad_lines == ["3: 1,2,3"]


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".rda", ".rds", ".zip"])
def test_every_form_gives_the_same_table(tmp_path: Path, suffix: str) -> None:
    frame = pd.DataFrame({"Year": [1962, 1963], "Value": [1.5, 2.5]})
    path = tmp_path / f"x{suffix}"
    if suffix == ".csv":
        frame.to_csv(path)  # with row names in a first column without name, as R writes them
    elif suffix == ".parquet":
        frame.to_parquet(path)
    elif suffix == ".zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("folder/x.csv", frame.to_csv(index=False))
            archive.writestr("folder/readme.txt", "words")
    else:
        rdata = pytest.importorskip("rdata")
        if suffix == ".rda":
            rdata.write_rda(path, {"x": frame})
        else:
            rdata.write_rds(path, frame)
    table = only(path)
    assert table.columns == {"year", "value"}
    assert table.name == "x"
    assert pd.to_numeric(table.frame["value"]).tolist() == [1.5, 2.5]


@pytest.mark.parametrize("name", ["a.parquet", "a.rda", "a.zip", "a.csv"])
def test_a_broken_file_is_named(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"" if name.endswith("csv") else b"PAR1 not at all")
    with pytest.raises(DataError, match=name):
        list(read_tables(path, name))


def test_folders_that_hold_nothing_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such folder"):
        list_files(tmp_path / "none")
    with pytest.raises(DataError, match="holds no file"):
        list_files(tmp_path)
    (tmp_path / "a.csv").write_text("a\n1\n")
    with pytest.raises(DataError, match="not a folder"):
        list_files(tmp_path / "a.csv")


def test_files_below_folders_are_found_and_hidden_ones_are_not(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "b.csv").write_text("a\n1\n")
    (tmp_path / ".hidden.csv").write_text("a\n1\n")
    assert [p.name for p in list_files(tmp_path)] == ["b.csv"]
