"""csvgen: Computer System Validation as code."""

__version__ = "0.1.0"
