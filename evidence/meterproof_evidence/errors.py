"""The errors of evidence; each says which file of a bundle is wrong, where in it, and what is accepted.

::

    EvidenceError (ValueError)
    ├── IssueError      what should go into a bundle cannot
    └── BundleError     a file that is no bundle, or whose content cannot be read
"""


class EvidenceError(ValueError):
    """Root of the errors that this room raises on purpose."""


class IssueError(EvidenceError):
    """What should go into a bundle cannot."""


class BundleError(EvidenceError):
    """A file that is no bundle, or whose content cannot be read."""
