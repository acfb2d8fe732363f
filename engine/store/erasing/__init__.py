"""What is erased by law, as PostgreSQL does it and lets nobody else do it.

Two functions run as the owner of the tables: one for an incident, one for what stands beside
incidents and for the end.  Each asks by itself whether a second person has agreed, whether somebody
holds on to it, and whether it was done before; while it runs, the guard lets pass that words become
others, and nothing else.  A newcomer would give the application's role the right to change records
for the purpose: it would have it for every other purpose too.
"""

from typing import Final

from engine.store.erasing.deeds import DEEDS
from engine.store.erasing.passing import PASSING
from engine.store.erasing.whom import WHOM

FUNCTIONS: Final = PASSING + WHOM + DEEDS
# What runs as the owner of the tables, and may be called by the application's role alone.
DEFINERS: Final = (
    "putright_erase_incident(uuid, uuid)",
    "putright_finish_erasing(uuid, timestamptz)",
)
