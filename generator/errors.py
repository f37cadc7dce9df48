"""What goes wrong, in one line each: what, where, how to mend it."""


class GalleryError(Exception):
    """Base of every error that a person can mend; the command line prints its text and exits."""


class ConfigError(GalleryError):
    """A setting, flag or name that does not exist or does not fit."""


class ImagesError(GalleryError):
    """An image set that cannot be found, fetched or read."""


class NetworkError(GalleryError):
    """Weights or a network that cannot be used."""


class AtlasError(GalleryError):
    """An atlas that is missing, damaged, of another schema, or does not fit what is asked."""


class ContentError(GalleryError):
    """A text, template or reference in `content/` or `site_templates/` that does not hold."""


class OutputError(GalleryError):
    """A folder that cannot be written, or that is not ours to replace."""


class ElsewhereError(GalleryError):
    """Another process of the same run has failed, and says itself why."""


class LostProcessError(GalleryError):
    """Another process of the same run has ended, and perhaps could not say why."""
