"""An archive that is not what it was is refused, whole, with the name of the member, before anything is restored."""

import json
import re
import resource
import zipfile

import pytest
from archiving import archived, filled, in_memory, restored

from meterproof_core.errors import DataError, SettingsError, StoreError
from meterproof_store.archive import Archive, back_up, checked

BOILER = "readings/works/boiler.jsonl"
MEMBERS = [
    "journal.jsonl",
    "readings/mill/water.jsonl",
    BOILER,
    "intervals/mill/water/volume_m3.jsonl",
    "intervals/works/boiler/energy_import_kwh.jsonl",
    "manifest.json",
]


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    path = tmp_path_factory.mktemp("good") / "a.zip"
    archived(filled(in_memory()), path)
    return path


def packed_again(good, target, change):
    """Write an archive anew with its members changed, all of zip's own checksums being right."""
    with zipfile.ZipFile(good) as file:
        members = {name: file.read(name) for name in file.namelist()}
    change(members)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in members.items():
            file.writestr(name, text)
    return target


def refused(path, match):
    store = in_memory()
    with pytest.raises(DataError, match=match) as told:
        restored(path, store)
    assert list(store.readings.extents()) == []
    assert str(path) in str(told.value)


def test_an_archive_holds_these_members(good):
    with zipfile.ZipFile(good) as file:
        assert file.namelist() == MEMBERS


@pytest.mark.parametrize("member", MEMBERS)
def test_a_flipped_bit_names_the_member(good, tmp_path, member):
    text = bytearray(good.read_bytes())
    with zipfile.ZipFile(good) as file:
        info = file.getinfo(member)
    text[info.header_offset + 30 + len(member) + info.compress_size // 2 + 20] ^= 1
    path = tmp_path / "a.zip"
    path.write_bytes(text)
    refused(path, re.escape(repr(member)))


@pytest.mark.parametrize("share", [0.05, 0.3, 0.6, 0.9, 0.999])
def test_an_archive_that_is_cut_short_names_the_last_member_in_it(good, tmp_path, share):
    whole = good.read_bytes()
    path = tmp_path / "a.zip"
    path.write_bytes(whole[: int(len(whole) * share)])
    with zipfile.ZipFile(good) as file:
        begun = [info.filename for info in file.infolist() if info.header_offset + 60 < len(whole) * share]
    refused(path, f"{re.escape(repr(begun[-1]))}.*cut short")


def test_a_cut_at_any_byte_is_refused(good, tmp_path):
    whole = good.read_bytes()
    path = tmp_path / "a.zip"
    for length in [*range(0, len(whole), 97), *range(len(whole) - 30, len(whole))]:
        path.write_bytes(whole[:length])
        with pytest.raises(DataError, match=r"a\.zip"):
            checked(path)


@pytest.mark.parametrize("member", MEMBERS[:-1])
def test_a_member_that_was_exchanged_is_named_though_its_zip_is_sound(good, tmp_path, member):
    def change(members):
        members[member] = members[member].replace(b"1", b"2", 1)

    refused(packed_again(good, tmp_path / "a.zip", change), re.escape(repr(member)))


@pytest.mark.parametrize("member", MEMBERS[:-1])
@pytest.mark.parametrize("added", [b"\n", b"{", b"[]", b"\xff"])
def test_a_member_with_something_added_is_named(good, tmp_path, member, added):
    def change(members):
        members[member] += added

    refused(packed_again(good, tmp_path / "a.zip", change), re.escape(repr(member)))


@pytest.mark.parametrize("member", MEMBERS)
def test_a_missing_member_is_named(good, tmp_path, member):
    refused(packed_again(good, tmp_path / "a.zip", lambda members: members.pop(member)), re.escape(member))


def test_a_member_that_nobody_named_is_refused(good, tmp_path):
    for name in ("readings/works/other.jsonl", "../outside.jsonl", "notes.txt"):

        def change(members, name=name):
            members[name] = b"{}"

        refused(packed_again(good, tmp_path / "a.zip", change), rf"{re.escape(repr(name))} is not in its manifest")


def test_a_member_that_is_there_twice_is_refused(good, tmp_path):
    path = packed_again(good, tmp_path / "a.zip", lambda members: None)
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(path, "a") as file:
        file.writestr(BOILER, b"{}")
    refused(path, f"{re.escape(repr(BOILER))} is in it twice")


def changed_manifest(good, target, change):
    def of_members(members):
        told = json.loads(members["manifest.json"])
        change(told)
        members["manifest.json"] = json.dumps(told).encode()

    return packed_again(good, target, of_members)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda told: told["points"][1].update(rows=99), re.escape(repr(BOILER))),
        (lambda told: told["points"][1]["quantities"][0].update(checksum="0" * 64), re.escape(repr(BOILER))),
        (lambda told: told["series"][0].update(intervals=2), "intervals/mill/water/volume_m3"),
        (lambda told: told["journal"].pop(), "journal.jsonl"),
        (lambda told: told["members"].pop(), "is not in its manifest"),
        (lambda told: told["points"].pop(), "is not in its manifest"),
        (lambda told: told.update(version=2), r"version 2 unknown; this program reads meterproof-archive version 1"),
        (lambda told: told.update(format="other"), "other version 1 unknown"),
        (lambda told: told.pop("points"), r"manifest\.json.*points"),
    ],
)
def test_a_manifest_that_says_otherwise_is_refused(good, tmp_path, change, says):
    refused(changed_manifest(good, tmp_path / "a.zip", change), says)


@pytest.mark.parametrize("text", [b"", b"no zip", b"PK\x03\x04 but no archive of ours"])
def test_what_is_no_archive_is_refused(tmp_path, text):
    path = tmp_path / "a.zip"
    path.write_bytes(text)
    refused(path, "no zip file; name an archive")


def test_a_zip_of_something_else_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
        file.writestr("notes.txt", "hello")
    refused(tmp_path / "a.zip", r"no manifest\.json in it")


def test_a_file_that_is_not_there_is_named(tmp_path):
    refused(tmp_path / "nowhere.zip", "cannot be read")


# ---------------------------------------------------------------- keeping


def test_a_backup_never_overwrites_a_file(tmp_path):
    (tmp_path / "a.zip").write_text("mine")
    with pytest.raises(SettingsError, match=r"a\.zip: there is something already"):
        archived(filled(in_memory()), tmp_path / "a.zip")
    assert (tmp_path / "a.zip").read_text() == "mine"


@pytest.mark.parametrize(
    "chunks", [iter([b"PK"]), (chunk for chunk in [b"x" * 10_000, b"y"]), iter([])], ids=["two bytes", "noise", "none"]
)
def test_a_backup_that_does_not_read_back_leaves_nothing_behind(tmp_path, chunks):
    with pytest.raises(DataError):
        back_up(chunks, tmp_path / "a.zip")
    assert list(tmp_path.iterdir()) == []


def test_a_store_that_fails_on_the_way_leaves_nothing_behind(tmp_path):
    def chunks():
        yield b"PK"
        raise StoreError("disk gone")

    with pytest.raises(StoreError, match="disk gone"):
        back_up(chunks(), tmp_path / "a.zip")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(SettingsError, match="nowhere: no file can be made there"):
        archived(in_memory(), tmp_path / "nowhere" / "a.zip")


def test_a_file_that_cannot_grow_is_named_and_nothing_is_left_behind(tmp_path):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(StoreError, match=r"a\.zip: cannot be written .*; nothing was kept"):
            back_up(iter([b"x" * 100_000]), tmp_path / "a.zip")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(tmp_path.iterdir()) == []


def test_an_archive_is_for_its_owner_alone(good):
    assert good.stat().st_mode & 0o077 == 0


def test_reading_an_archive_twice_gives_the_same(good):
    with Archive(good) as archive:
        archive.check()
        archive.check()
        assert len(list(archive.readings(archive.manifest.points[1]))) == 1
