"""Reads any BPMN from anywhere for its control flow, whatever may be run of it.

A newcomer would refuse what is not executable: here flows and elements without ids get one,
nothing needs to be marked, named or in a lane, and several pools in one file are fine.
"""

from collections import Counter
from types import MappingProxyType

from lxml import etree

from engine.bpmn.document import (
    BPMN,
    FROM_ANYWHERE,
    UnreadableError,
    bpmn_children,
    drop_empty_conditions,
    ids,
    local,
    name_flows,
    parse_xml,
)
from engine.bpmn.findings import Finding
from engine.bpmn.model import AnyFile, Collaboration, MessageFlow
from engine.bpmn.reader import FLOW_NODES, read_processes

_REFERENCES = frozenset(
    {"sourceRef", "targetRef", "attachedToRef", "default", "processRef", "calledElement"}
)


def read_any(file: str, content: bytes) -> AnyFile:
    """Return the processes and pools of a BPMN file.

    Raises UnreadableError with one finding if it is no XML that may be read, no BPMN, or holds an
    id twice (then nobody can say what leads where).
    """
    root = parse_xml(file, content, FROM_ANYWHERE)
    if root.tag != f"{{{BPMN}}}definitions":
        raise _refused(file, None, "not_bpmn", "It is not a BPMN 2.0 file.", "Export it as BPMN.")
    nodes = list(root.iter(f"{{{BPMN}}}*"))
    _name_nodes(root, nodes)
    _mend_references(root, nodes)
    name_flows(root)
    drop_empty_conditions(root)
    _check_ids(file, nodes)
    processes = {one.id: one for one in read_processes(file, root, by_id=True)}
    if not processes:
        raise _refused(file, None, "no_process", "It holds no process.", "Draw one.")
    collaborations = tuple(_collaboration(one) for one in root.iter(f"{{{BPMN}}}collaboration"))
    return AnyFile(file, MappingProxyType(processes), collaborations)


def _name_nodes(root: etree._Element, nodes: list[etree._Element]) -> None:
    """Give an id to every process, pool, and flow node that has none."""
    nameless = [node for node in nodes if not node.get("id") and local(node) in _NAMED]
    taken = ids(root) if nameless else set()
    number = 0
    for node in nameless:
        tag = local(node)
        number += 1
        while f"{tag}_{number}" in taken:
            number += 1
        node.set("id", f"{tag}_{number}")


_NAMED = FLOW_NODES | {"process", "participant", "collaboration", "messageFlow"}
_COUNTED = FLOW_NODES | {"sequenceFlow", "process"}


def _mend_references(root: etree._Element, nodes: list[etree._Element]) -> None:
    """Some tools write a prefix before the id that they mean."""
    known = ids(root)
    for node in nodes:
        for attribute, name in node.items():
            if attribute in _REFERENCES and name not in known:
                bare = str(name).rpartition(":")[2]
                if bare in known:
                    node.set(attribute, bare)


def _check_ids(file: str, nodes: list[etree._Element]) -> None:
    counted = Counter(node.get("id") for node in nodes if local(node) in _COUNTED)
    for name, count in counted.items():
        if count > 1:
            sentence = f"The id “{name}” stands {count} times."
            raise _refused(file, name, "duplicate_id", sentence, "Rename one.")


def _collaboration(node: etree._Element) -> Collaboration:
    return Collaboration(
        id=node.get("id", ""),
        name=node.get("name", ""),
        pools=MappingProxyType(
            {
                one.get("id", ""): one.get("processRef") or None
                for one in bpmn_children(node, "participant")
            }
        ),
        message_flows=tuple(
            MessageFlow(
                one.get("id", ""),
                one.get("name", ""),
                one.get("sourceRef", ""),
                one.get("targetRef", ""),
            )
            for one in bpmn_children(node, "messageFlow")
        ),
    )


def _refused(
    file: str, element: str | None, rule: str, sentence: str, mend: str
) -> UnreadableError:
    return UnreadableError(Finding(file, element, rule, sentence, mend))
