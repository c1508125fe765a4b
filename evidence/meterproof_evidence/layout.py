"""Which files a bundle has, how they are named, and how large they may be: what is not named here is refused."""

import re
from urllib.parse import quote

BUNDLE_FORMAT = "meterproof-bundle/1"
STATEMENT_FORMAT = "meterproof-statement/1"

MANIFEST = "manifest.json"
STATEMENT = "statement.json"
PDF = "statement.pdf"
PLAN = "plan.json"
SERIES = "series.json"
FACTORS = "factors.json"
README = "README.txt"
FIXED = (README, FACTORS, PLAN, SERIES, STATEMENT, PDF)
"""What every bundle has besides its manifest."""
DATA, ROWS = "data/", "rows/"
FOLDERS = (DATA, ROWS)
"""Folders of CSV files: one a series, and one a stream with the rows that its model compared."""

LARGEST_BUNDLE = 128 * 2**20  # bytes; a year of quarter hours of four counters takes 2 MiB
LARGEST_FILE = 64 * 2**20  # bytes, unpacked: seven years of one counter by the minute would still fit
LARGEST_CONTENT = 256 * 2**20  # bytes, unpacked, of all files together
MOST_FILES = 1000
_CSV = re.compile(r"(?:data|rows)/[A-Za-z0-9._~%-]{1,200}\.csv")


def is_known(path: str) -> bool:
    """Return whether a bundle may hold a file of that name.

    Examples
    --------
    >>> is_known("data/bills--natural_gas.csv"), is_known("data/../plan.json"), is_known("setup.exe")
    (True, False, False)
    """
    return path == MANIFEST or path in FIXED or _CSV.fullmatch(path) is not None


def csv_path(folder: str, name: str) -> str:
    """Return where the CSV file of a series or stream stands: ``/`` becomes ``--``, what no file name bears ``%XX``.

    Examples
    --------
    >>> csv_path(DATA, "bills/natural_gas")
    'data/bills--natural_gas.csv'
    """
    return f"{folder}{quote(name.replace('/', '--'), safe='')}.csv"
