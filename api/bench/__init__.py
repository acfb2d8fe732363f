"""The figures that Putright promises, measured in one run on a database of their own."""

from api.bench.command import bench

__all__ = ["bench"]
