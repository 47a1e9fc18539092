"""What can go wrong while judging, as one tree.

ClassifierError
├── DataError      a shipped or user-made data file is malformed: file and line (exit 3)
│   └── LabelError a file of labels that a user named is missing or malformed (exit 2)
├── OutputError    a file or folder that is to be written cannot be (exit 3)
├── WorkerError    a process that did part of the work was killed (exit 3)
├── PolicyError    a policy cannot be made or checked without being wrong (exit 2)
└── PageError      the site cannot be written (exit 3)
    └── AddressError  the address that a user gave for the site is none (exit 2)
"""


class ClassifierError(Exception):
    """Base of everything that classifier raises on purpose."""


class DataError(ClassifierError):
    """A data file that does not say what it must."""


class LabelError(DataError):
    """A file of labels that does not say what it must."""


class OutputError(ClassifierError):
    """An output that cannot be written: there may be a result, but it is nowhere."""


class WorkerError(ClassifierError):
    """Part of the work that nobody finished."""


class PolicyError(ClassifierError):
    """A policy that would be broken, wider than intended, or without effect."""


class PageError(ClassifierError):
    """A site that cannot be written."""


class AddressError(PageError):
    """An address for a site that is none."""
