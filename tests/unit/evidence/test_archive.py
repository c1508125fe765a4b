"""A zip file from a stranger: it may lie about sizes, names and ends, and must neither hurt nor be believed."""

import zipfile
from io import BytesIO

import bundle_worlds as worlds
import pytest

from meterproof_evidence import archive
from meterproof_evidence.archive import read_archive, write_archive
from meterproof_evidence.errors import BundleError


@pytest.fixture
def read(tmp_path):
    def read(content):
        path = tmp_path / "bundle.zip"
        path.write_bytes(content)
        return read_archive(path)

    return read


def test_what_was_written_is_read(read):
    files = {"b.txt": b"two", "a.txt": b"", "data/c.csv": b"x" * 100_000}
    assert read(write_archive(files)) == files


def test_the_same_files_give_the_same_bytes_in_whatever_order_they_come():
    assert write_archive({"a": b"1", "b": b"2"}) == write_archive({"b": b"2", "a": b"1"})


def test_the_bytes_know_neither_the_clock_nor_the_machine():
    (entry,) = zipfile.ZipFile(BytesIO(write_archive({"a": b"1"}))).infolist()
    assert (entry.date_time, entry.create_system, entry.external_attr) == ((1980, 1, 1, 0, 0, 0), 3, 0o100644 << 16)


def test_folders_of_a_bundle_that_was_packed_again_are_passed_over(read):
    assert read(worlds.packed({"data/": b"", "data/a.csv": b"1"})) == {"data/a.csv": b"1"}


def test_a_file_that_is_not_there_and_a_folder_are_told(tmp_path):
    with pytest.raises(BundleError, match=r"none\.zip is no zip file that can be read: No such file"):
        read_archive(tmp_path / "none.zip")
    with pytest.raises(BundleError, match="Is a directory"):
        read_archive(tmp_path)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "0 bytes; that is no zip file"),
        (b"%PDF-1.7\n" * 9, "its end is not that of a bundle"),
        (worlds.packed({"a": b"1"})[:-1], "its end is not that of a bundle"),
        (b"#!/bin/sh\n" + worlds.packed({"a": b"1"}), "bytes were put before, into or after it"),
        (worlds.packed({"a": b"1"}) + b"more", "its end is not that of a bundle"),
    ],
)
def test_what_is_no_plain_zip_file_is_refused(read, content, told):
    with pytest.raises(BundleError, match=told):
        read(content)


def test_a_comment_is_refused(read):
    target = BytesIO(worlds.packed({"a": b"1"}))
    with zipfile.ZipFile(target, "a") as file:
        file.comment = b"hello"
    with pytest.raises(BundleError, match="without a comment"):
        read(target.getvalue())


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_is_there_twice_is_refused(read):
    target = BytesIO(worlds.packed({"a": b"1"}))
    with zipfile.ZipFile(target, "a") as file:
        file.writestr("a", b"2")
    with pytest.raises(BundleError, match="holds 'a' twice"):
        read(target.getvalue())


def test_a_file_that_unpacks_to_more_than_any_of_ours_is_refused_before_it_is_unpacked(read, monkeypatch):
    monkeypatch.setattr(archive, "LARGEST_FILE", 1000)
    with pytest.raises(BundleError, match="'bomb' unpacks to more than 1000 bytes"):
        read(worlds.packed({"bomb": b"0" * 5_000_000}))


def test_the_files_together_may_not_unpack_to_more_than_a_bundle_holds(read, monkeypatch):
    monkeypatch.setattr(archive, "LARGEST_CONTENT", 1500)
    with pytest.raises(BundleError, match="'b' unpacks to more than 500 bytes"):
        read(worlds.packed({"a": b"0" * 1000, "b": b"0" * 1000}))


def test_a_size_that_is_a_lie_is_found(read):
    content = worlds.packed({"a": b"0" * 100})
    lie = content.replace((100).to_bytes(4, "little"), (7).to_bytes(4, "little"))
    assert lie != content
    with pytest.raises(BundleError, match="no zip file that can be read"):
        read(lie)


def test_too_large_a_file_is_not_opened(read, monkeypatch):
    monkeypatch.setattr(archive, "LARGEST_BUNDLE", 50)
    with pytest.raises(BundleError, match="no bundle is larger than 50"):
        read(worlds.packed({"a": b"1"}))


def test_too_many_files_are_refused_before_their_list_is_read(read):
    with pytest.raises(BundleError, match="it lists 1001 files"):
        read(worlds.packed({str(number): b"" for number in range(1001)}))


def test_the_large_kind_of_zip_file_is_refused(read):
    content = worlds.packed({"a": b"1"})
    list_start = content.index(b"PK\x01\x02")
    locator = b"PK\x06\x07".ljust(20, b"\0")
    inside = content[:list_start] + locator
    end = content[-22:-10] + (20).to_bytes(4, "little") + list_start.to_bytes(4, "little") + b"\0\0"
    with pytest.raises(BundleError, match="zip64"):
        read(inside + end)


def test_what_is_packed_in_a_way_that_no_bundle_is_is_refused(read):
    target = BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_BZIP2) as file:
        file.writestr("a", b"1")
    with pytest.raises(BundleError, match="packed in a way that no bundle is"):
        read(target.getvalue())


def test_an_encrypted_file_is_refused(read):
    content = bytearray(worlds.packed({"a": b"1"}))
    content[content.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(BundleError, match="encrypted"):
        read(bytes(content))


def test_a_damaged_file_is_told(read):
    content = worlds.packed({"a": bytes(range(256)) * 9})
    with pytest.raises(BundleError, match="no zip file that can be read"):
        read(content[:60] + b"\xff" * 8 + content[68:])
