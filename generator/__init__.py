"""Filter Gallery: what every filter of a convolutional network responds to, as a static site."""

__version__ = "0.1.0"
