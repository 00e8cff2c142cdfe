"""mailapp: a self-hosted mail system one person can run."""

__version__ = "0.1.0"
