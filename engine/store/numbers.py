"""Numbers that were given to an incident that there never was: each is on record, with why.

PostgreSQL takes no number of a sequence back, so that a report that is not kept after all leaves a
gap, which looks just like an incident that somebody took out.  The register's chain is keyed: who
takes one out cannot write there why it is missing.  A newcomer would count numbers up in a table:
then whoever reports waits for everybody else who does.
"""

import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING
from uuid import uuid5

from engine.domain.permissions import Machine
from engine.domain.register import NUMBER, REGISTER
from engine.errors import PutrightError
from engine.store.registering import register

if TYPE_CHECKING:
    from engine.store.work import Store

log = logging.getLogger(__name__)

_PUTRIGHT = Machine("Putright")


def give_up(store: "Store", numbers: Iterable[int], because: Exception) -> None:
    """Put on record that these numbers were given in a transaction that was rolled back.

    Where the database is away that cannot be done: then the gap stays unexplained, and is logged.
    """
    why = because.code if isinstance(because, PutrightError) else "fault"
    for number in numbers:
        content = {"name": f"#{number}", "number": number, "why": why}
        try:
            with store.begin() as work:
                subject = uuid5(REGISTER, f"{NUMBER} {number}")
                register(work, "number:given_up", NUMBER, subject, content, _PUTRIGHT)
        except PutrightError:
            log.warning("number %s was given up, and that is not on record", number)
