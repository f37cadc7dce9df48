"""Errors. The text of each is one line: what is wrong, where, and how to mend it."""


class GalleryError(Exception):
    """Base of all errors that a person can mend; the command line prints the text and exits."""


class ConfigError(GalleryError):
    """A setting, flag or name that does not exist or does not fit."""


class ImagesError(GalleryError):
    """An image set that cannot be found, fetched or read."""


class NetworkError(GalleryError):
    """Weights or a network that cannot be used."""


class AtlasError(GalleryError):
    """An atlas that is missing, damaged, of another schema, or made from something else."""


class ContentError(GalleryError):
    """A text, template or reference in `content/` or `site_templates/` that is wrong or missing."""


class OutputError(GalleryError):
    """A folder that cannot be written, or that this program did not make."""


class ElsewhereError(GalleryError):
    """Another process of the same run has failed; that process says why."""


class LostProcessError(GalleryError):
    """Another process of the same run has ended, perhaps without a word."""
