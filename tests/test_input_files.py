import os
import re
import time

import pytest

from sim.core.faults import InputError
from sim.core.input_files import read_rows, read_toml

COLUMNS = ["need", "value"]


def rows(tmp_path, content):
    path = tmp_path / "table.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_rows(path, COLUMNS)


def refused(tmp_path, content):
    with pytest.raises(InputError) as error:
        rows(tmp_path, content)
    assert all("table.csv" in fault for fault in error.value.faults)
    return error.value


@pytest.mark.parametrize(
    "content",
    [
        "need,value\nconduct,1\n",
        "need,value\r\nconduct,1\r\n",
        "\ufeffneed,value\nconduct,1",
        "\nneed,value\n\nconduct,1\n\n\n",
        "need,value,,\nconduct,1,,\n,,,\n,,,\n",
        " need , value\n conduct ,1 \n",
        '"need","value"\n"conduct","1"\n',
        "value,need\n1,conduct\n",
    ],
)
def test_tables_are_read_as_spreadsheets_write_them(tmp_path, content):
    assert rows(tmp_path, content) == [{"need": "conduct", "value": "1"}]


def test_a_row_knows_its_line(tmp_path):
    found = rows(tmp_path, 'need,value\n\n"two\nlines",1\nconduct,2\n')
    assert [(row.line, row["need"]) for row in found] == [(3, "two\nlines"), (5, "conduct")]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "is empty"),
        ("\n\n", "is empty"),
        (",,\n,,\n", "is empty"),
        ("need,value\n", "no rows"),
        ("need;value\nconduct;1\n", "semicolons"),
        ("need\tvalue\nconduct\t1\n", "tabs"),
        ("need,value\nconduct,1\n".encode("utf-16"), "UTF-16"),
        ("need,value\ncafé,1\n".encode("cp1252"), r"line 2: is not UTF-8"),
        ("need,value\ncon\0duct,1\n", "line 2: holds a NUL"),
        ("need,value,need\nconduct,1,x\n", "'need'|need: column is given twice"),
        ("need\nconduct\n", "value: column is missing"),
        ("need,valeu\nconduct,1\n", "did you mean 'value'"),
        ("need,value\nconduct,1,911\n", r"line 2: .*\(3, not 2\)"),
        ("need,value\nconduct\n", r"line 2: .*\(1, not 2\)"),
        ('need,value\nconduct,"1\n', "quotation mark"),
        ("need,value\n" + "x" * 200_000 + ",1\n", "is not CSV"),
    ],
)
def test_a_table_that_cannot_be_read_says_why(tmp_path, content, says):
    assert re.search(says, str(refused(tmp_path, content)))


def test_every_row_with_a_fault_is_named(tmp_path):
    assert len(refused(tmp_path, "need,value\na,1,2\nb,1\nc\n").faults) == 2


def test_a_byte_order_mark_in_toml_is_no_matter(tmp_path):
    (tmp_path / "a.toml").write_bytes(b"\xef\xbb\xbfvalue = 1\n")
    assert read_toml(tmp_path / "a.toml") == {"value": 1}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"value = [" + b"[" * 20_000, "nested too deeply"),
        (b"value = " + b"9" * 5_000, "too many digits"),
        (b"a" + b".a" * 200_000 + b" = 1", "dots"),
        (b"value = \x00", "NUL"),
        (b"\xff\xfev\x00", "UTF-16"),
        (b"# caf\xe9\n", "line 1: is not UTF-8"),
        (b"value = ", "not valid TOML"),
        (b"# " + b"x" * 5_000_000, "5 MB at most"),
    ],
)
def test_toml_that_cannot_be_read_says_why(tmp_path, content, says):
    (tmp_path / "a.toml").write_bytes(content)
    started = time.process_time()
    with pytest.raises(InputError, match=says) as error:
        read_toml(tmp_path / "a.toml")
    assert "a.toml" in str(error.value)
    assert time.process_time() - started < 5


@pytest.mark.parametrize("reader", [read_toml, lambda path: read_rows(path, COLUMNS)])
def test_what_is_no_file_is_refused_without_waiting_for_it(tmp_path, reader):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", "/dev/zero", tmp_path):
        with pytest.raises(InputError, match="is not a file"):
            reader(path)
    for path in (tmp_path / "none", "x" * 5_000, "a\0b"):
        with pytest.raises(InputError):
            reader(path)
