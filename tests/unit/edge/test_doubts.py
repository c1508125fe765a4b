"""What `check` says of broker and spool without opening a socket."""

import json
import os
from datetime import UTC, datetime

import pytest
from certificates import Certificates
from typer.testing import CliRunner

from meterproof_core.errors import SettingsError
from meterproof_edge.cli import app
from meterproof_edge.doubts import doubts
from meterproof_edge.settings import load_settings
from meterproof_edge.spool.place import check_place, filesystem, place_doubts

NOW = datetime.now(UTC)
_TABLE = """\
/dev/sda1 / ext4 rw 0 0
tmpfs /run tmpfs rw 0 0
/dev/sdb1 /mnt/usb\\040stick vfat rw 0 0
server:/share /srv/share nfs4 rw 0 0
overlay /var/lib/box overlay rw 0 0
/dev/sdc1 /data ext4 rw 0 0
tmpfs /data tmpfs rw 0 0
nonsense
"""


@pytest.fixture
def gateway(tmp_path):
    """Return a function that writes a gateway's settings and gives their path."""
    authority = Certificates(tmp_path)

    def made(name="north-mill/gateway-1", *, papers=None, broker=""):
        papers = papers or authority.client(name)
        file = tmp_path / "gateway.toml"
        file.write_text(
            f"""
plant = "north-mill"
gateway = "gateway-1"
[broker]
{
                broker
                or f'''url = "mqtts://broker.example"
ca_file = "{authority.ca_file.name}"
cert_file = "{papers.cert_file.name}"
key_file = "{papers.key_file.name}"'''
            }
[spool]
max_mib = 1
[[meter]]
point = "main"
map = "schneider-iem3155"
host = "192.168.1.20"
poll_s = 60
max_power_kw = 10
"""
        )
        return file

    made.authority = authority
    return made


def on_disk(found):
    """Leave out what is said of the file system on which the tests happen to run."""
    return [doubt for doubt in found if "lies on" not in doubt]


def test_a_sound_gateway_raises_no_doubt(gateway):
    assert on_disk(doubts(load_settings(gateway()), NOW)) == []


def test_a_certificate_of_another_gateway_is_doubtful(gateway):
    (doubt,) = on_disk(doubts(load_settings(gateway("north-mill/gateway-2")), NOW))
    assert "is made out to 'north-mill/gateway-2'" in doubt
    assert "which is 'north-mill/gateway-1'" in doubt


def test_every_doubt_is_told_at_once_and_check_still_succeeds(gateway):
    papers = gateway.authority.expired_client("north-mill/gateway-1")
    papers.key_file.chmod(0o644)
    file = gateway(papers=papers)
    called = CliRunner().invoke(app, ["check", str(file), "--json"])
    assert called.exit_code == 0
    told = on_disk(json.loads(called.stdout)["doubts"])
    assert len(told) == 2
    assert any("expired on 2002-01-01" in doubt for doubt in told)
    assert any("can be read by others" in doubt for doubt in told)
    called = CliRunner().invoke(app, ["check", str(file)])
    assert called.stderr.count("doubtful: broker: ") == 2
    assert "broker broker.example:8883 over TLS" in called.stdout


def test_a_file_that_cannot_be_used_is_an_error_of_the_settings(gateway):
    file = gateway()
    file.write_text(file.read_text().replace("client-north-mill-gateway-1.key", "gone.key"))
    called = CliRunner().invoke(app, ["check", str(file)])
    assert called.exit_code == 2
    assert "key_file" in called.stderr
    assert "gone.key cannot be read (No such file or directory)" in called.stderr


def test_without_a_certificate_no_name_is_looked_for(gateway):
    settings = load_settings(gateway(broker='url = "mqtts://broker.example"'))
    assert on_disk(doubts(settings, NOW)) == []


def test_a_folder_that_is_missing_or_a_spool_that_is_a_folder_is_refused(tmp_path):
    with pytest.raises(SettingsError, match=r"the folder .*gone does not exist; make it first"):
        check_place(tmp_path / "gone" / "spool.db")
    with pytest.raises(SettingsError, match=r"is a folder; name a file"):
        check_place(tmp_path)


@pytest.mark.parametrize(
    ("closed", "says"), [(".", "the folder .* cannot be written"), ("spool.db", "spool.db cannot")]
)
def test_what_cannot_be_written_by_this_user_is_refused(tmp_path, monkeypatch, closed, says):
    (tmp_path / "spool.db").touch()
    # root may write anywhere: what the system would tell another user is put in its place
    monkeypatch.setattr(os, "access", lambda path, _: path != tmp_path / closed)
    with pytest.raises(SettingsError, match=says):
        check_place(tmp_path / "spool.db")


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/var/spool.db", "ext4"),
        ("/run/spool.db", "tmpfs"),
        ("/mnt/usb stick/spool.db", "vfat"),
        ("/srv/share/a/b.db", "nfs4"),
        ("/srv/sharing/b.db", "ext4"),
        ("/data/spool.db", "tmpfs"),
    ],
)
def test_the_nearest_mount_says_on_what_a_path_lies_and_the_last_of_two_counts(tmp_path, path, kind):
    assert filesystem(tmp_path.__class__(path), _TABLE) == kind
    assert filesystem(tmp_path.__class__(path), "") == ""


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("tmpfs", "which is memory: a power cut takes every reading in it"),
        ("nfs4", "a network's"),
        ("vfat", "which has no journal"),
        ("overlay", "a container's layer"),
    ],
)
def test_a_place_that_does_not_outlive_a_power_cut_is_doubtful(tmp_path, kind, says):
    (doubt,) = place_doubts(tmp_path / "spool.db", 1, f"x / {kind} rw 0 0")
    assert f"lies on {kind}" in doubt
    assert says in doubt


def test_less_room_than_the_bound_is_doubtful(tmp_path):
    (tmp_path / "spool.db").write_bytes(b"x")
    (doubt,) = place_doubts(tmp_path / "spool.db", 10**9, "x / ext4 rw 0 0")
    assert "MiB are free and max_mib is 1000000000" in doubt
    assert place_doubts(tmp_path / "spool.db", 1, "x / ext4 rw 0 0") == []
