"""What happened, as a file for the tools of process mining: XES and OCEL 2.0."""

from api.mining.writing import FORMATS, Format, write_mined

__all__ = ["FORMATS", "Format", "write_mined"]
