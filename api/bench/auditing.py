"""What the auditor's desk costs: each promised figure as one function, on a database of its own."""

from collections.abc import Callable
from typing import Any

from api.bench.mining import export_ocel
from api.bench.overview import figures_page
from api.bench.place import Place

Figure = dict[str, Any]

AUDIT: dict[str, Callable[[Place], Figure]] = {
    "export_ocel": export_ocel,
    "figures_page": figures_page,
}
