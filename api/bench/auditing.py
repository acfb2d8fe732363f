"""What the auditor's desk costs: each promised figure as one function, on a database of its own."""

from collections.abc import Callable
from typing import Any

from api.bench.access import looking, noting
from api.bench.chains import append, verify_million
from api.bench.closures import closures_at_the_desk
from api.bench.finding import find_million
from api.bench.instance import incident_2000_entries
from api.bench.mining import export_ocel
from api.bench.overview import figures_page
from api.bench.place import Place

Figure = dict[str, Any]

AUDIT: dict[str, Callable[[Place], Figure]] = {
    "find_million": find_million,
    # each list within 1 s, one closure within 0.3 s
    "closures_at_the_desk": closures_at_the_desk,
    "incident_2000_entries": incident_2000_entries,
    "append": append,
    "verify_million": verify_million,
    "looking": looking,
    "noting": noting,
    "export_ocel": export_ocel,
    "figures_page": figures_page,
}
