"""A decision table that a draft begins with: one input, one output, and a row for everything."""

from uuid import UUID

from lxml import etree

from engine.domain.permissions import Actor
from engine.errors import InvalidAnswers
from engine.expressions import is_reserved
from engine.language import say
from engine.queries.drafts import draft_files
from engine.usecases.drafting import require_process_owner, save_over
from engine.usecases.handling import Handling
from forms.naming import name_from

_DMN = "https://www.omg.org/spec/DMN/20191111/MODEL/"
_NAMESPACE = "https://putright.example/workflows"
_ENDING = ".dmn"


def begin_table(
    handling: Handling, draft_id: UUID, title: str, output: str, *, actor: Actor
) -> str:
    """Put a new table into a draft and return its file's name.

    Its id is made from the title.  Raises InvalidAnswers without a title or for an output that no
    table can have, NotAllowed, NotFound, or Conflict for a draft that is over.
    """
    require_process_owner(actor)
    if not title:
        raise InvalidAnswers({"title": say("Please say what it decides.")})
    if is_reserved(output):
        raise InvalidAnswers({"output": say("No output can be called “%(name)s”.", name=output)})
    with handling.store.read() as conn:
        there = draft_files(conn, draft_id)
    taken = {name.removesuffix(_ENDING) for name in there if name.endswith(_ENDING)}
    name = name_from(title, taken=taken, otherwise="table")
    file = f"{name}{_ENDING}"
    try:
        content = new_table(name, title, output)
    except ValueError as error:
        raise InvalidAnswers({"title": say("Please use plain letters.")}) from error
    save_over(handling, draft_id, file, content, actor=actor)
    return file


def new_table(name: str, title: str, output: str) -> bytes:
    """Return the file of a table that gives nothing much yet, whatever comes.

    Raises ValueError for a title that no XML can hold.
    """
    root = etree.Element(
        f"{{{_DMN}}}definitions",
        {"id": f"{name}_definitions", "name": title, "namespace": _NAMESPACE},
        nsmap={None: _DMN},  # type: ignore[dict-item]  # its stubs know no namespace without name
    )
    decision = _below(root, "decision", id=name, name=title)
    table = _below(decision, "decisionTable", id=f"{name}_table", hitPolicy="FIRST")
    column = _below(table, "input", id=f"{name}_input", label="impact")
    told = _below(column, "inputExpression", id=f"{name}_expression", typeRef="string")
    _below(told, "text").text = "impact"
    _below(table, "output", id=f"{name}_output", label=output, name=output, typeRef="string")
    rule = _below(table, "rule", id=f"{name}_any")
    for cell, text in (("inputEntry", "-"), ("outputEntry", '"unknown"')):
        _below(_below(rule, cell, id=f"{name}_any_{cell}"), "text").text = text
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)


def _below(holder: etree._Element, tag: str, **attributes: str) -> etree._Element:
    return etree.SubElement(holder, f"{{{_DMN}}}{tag}", attributes)
