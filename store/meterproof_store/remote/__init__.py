"""The storage ports through the HTTP API of the server that holds the DuckDB file.

DuckDB gives a file to one process. So the server announces itself beside the file, with a token that only the file's
owner can read, and commands that find the file held read and import through the server. Both ends of what travels lie
here: the `StoreDoor` that the server opens, and the ports that a command uses.
"""

from meterproof_store.remote.announcement import Announcement, announced, find_server, new_token
from meterproof_store.remote.composing import make_door
from meterproof_store.remote.door import StoreDoor
from meterproof_store.remote.opening import RemoteStore, open_remote, opened_or_remote

__all__ = [
    "Announcement",
    "RemoteStore",
    "StoreDoor",
    "announced",
    "find_server",
    "make_door",
    "new_token",
    "open_remote",
    "opened_or_remote",
]
