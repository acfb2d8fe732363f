"""Which names fields may have, and which they get from their label.

A field's name is what diagrams read and what is stored with every answer.  A newcomer would take
any word: some break the expressions of diagrams, one (`typename`) a stored run.
"""

import keyword
import re
import unicodedata
from collections.abc import Collection

from engine.language import Said, say
from forms.rules import MAX_NAME, NAME, NEVER_A_NAME

_SPELT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "æ": "ae", "ø": "o", "ł": "l"})
_NO_LETTERS = re.compile(r"[^a-z0-9]+")


def why_not_a_name(
    name: str, *, taken: Collection[str] = (), reserved: Collection[str] = ()
) -> Said | None:
    """Return why no field can be called so; None if one can.

    `reserved` are the names that expressions own, `taken` those of the fields beside it.
    """
    if not NAME.fullmatch(name):
        return say(
            "A name has small letters, digits and underscores, begins with a letter, and has at"
            " most %(most)s characters.",
            most=MAX_NAME,
        )
    if name == "typename":
        return say("“typename” would make what is stored of an incident unreadable.")
    if keyword.iskeyword(name):
        return say("“%(name)s” is a word of the language of conditions.", name=name)
    if name in reserved:
        return say("Conditions use “%(name)s” for something else.", name=name)
    if name in NEVER_A_NAME:
        return say("Conditions could not read a field called “%(name)s”.", name=name)
    if name in taken:
        return say("There is a field called “%(name)s” already.", name=name)
    return None


def name_from(
    label: str, *, taken: Collection[str] = (), reserved: Collection[str] = (), otherwise: str
) -> str:
    """Return a name made of a label; it begins with `otherwise` where the label has no letters."""
    base = _letters(label)
    if not base[:1].isalpha():
        base = f"{otherwise}_{base}".strip("_")
    base = _short(base, MAX_NAME)
    name, number = base, 1
    while why_not_a_name(name, taken=taken, reserved=reserved) is not None:
        number += 1
        name = f"{_short(base, MAX_NAME - 4)}_{number}"
    return name


def _letters(label: str) -> str:
    spelt = unicodedata.normalize("NFKD", label.lower().translate(_SPELT))
    plain = "".join(one for one in spelt if not unicodedata.combining(one))
    return _NO_LETTERS.sub("_", plain).strip("_")


def _short(name: str, most: int) -> str:
    """Return the name cut where a word ends, if one does."""
    if len(name) <= most:
        return name
    cut = name[: most + 1]
    return (cut.rpartition("_")[0] or cut[:most]).strip("_")[:most]
