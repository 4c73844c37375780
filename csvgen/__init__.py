"""csvgen: Computer System Validation as code."""

__version__ = "0.2.0.dev0"
