"""Reads a file's XML with everything switched off that an attacker or an editor could abuse.

No DOCTYPE, so no entities, internal or external; no network; bounded in bytes, nodes and depth.
Sequence flows without an id are valid XML that the engine drops without a word: they get one
here, before anybody else sees the tree; conditions that say nothing go.
"""

import re
from dataclasses import dataclass

from lxml import etree

from engine.bpmn.findings import Finding

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
SPIFF = "http://spiffworkflow.org/bpmn/schema/1.0/core"


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a file is read; `any_encoding` takes the encoding that the file declares."""

    max_bytes: int
    max_nodes: int
    max_depth: int
    any_encoding: bool = False


OF_RELEASE = Limits(max_bytes=1_000_000, max_nodes=20_000, max_depth=60)
FROM_ANYWHERE = Limits(max_bytes=20_000_000, max_nodes=150_000, max_depth=100, any_encoding=True)
_DECLARED = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")


class UnreadableError(Exception):
    """The file is no XML that may be read; carries its one finding."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.sentence)
        self.finding = finding


def parse_xml(file: str, content: bytes, limits: Limits = OF_RELEASE) -> etree._Element:
    """Return the root of a file's XML.

    Raises UnreadableError for files that are too large or deep, are no UTF-8, hold a DOCTYPE, or
    are not well-formed.
    """
    if len(content) > limits.max_bytes:
        raise _refused(
            file, "too_large", f"It is larger than {limits.max_bytes} bytes.", "Split it."
        )
    text = _decoded(file, content, limits)
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise _refused(file, "doctype", "It holds a DOCTYPE.", "Remove the DOCTYPE.")
    # before a tree of them takes the memory: tags that open and close, and attributes
    if max(text.count("<"), text.count('="') + text.count("='")) > 2 * limits.max_nodes:
        raise _too_many(file, limits)
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        encoding="utf-8",
    )
    try:
        root = etree.fromstring(_without_declaration(text).encode("utf-8"), parser)
    except (etree.LxmlError, ValueError) as error:
        if "Excessive depth" in str(error):
            raise _too_deep(file, limits) from error
        raise _refused(
            file, "not_xml", f"It is not well-formed XML ({error}).", "Export it again."
        ) from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise _refused(file, "doctype", "It holds a DOCTYPE.", "Remove the DOCTYPE.")
    _check_bounds(file, root, limits)
    return root


def _decoded(file: str, content: bytes, limits: Limits) -> str:
    encodings = ["utf-8-sig"]
    if limits.any_encoding:
        declared = _DECLARED.match(content.lstrip()[:300])
        if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
            encodings = ["utf-16"]
        elif declared is not None:
            encodings.append(declared[1].decode("ascii"))
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
    raise _refused(file, "not_utf8", "It is not UTF-8.", "Save it as UTF-8.")


def text_of(content: bytes) -> str:
    """Return a file's text in the encoding that it declares; what cannot be read is a sign."""
    try:
        return _decoded("", content, FROM_ANYWHERE)
    except UnreadableError:
        return content.decode("utf-8", "replace")


def _without_declaration(text: str) -> str:
    """What is UTF-8 now must not say that it is something else."""
    text = text.lstrip()
    if text.startswith("<?xml ") and "?>" in text[:300]:
        return text.partition("?>")[2]
    return text


def name_flows(root: etree._Element) -> None:
    """Give an id to every sequence flow that has none; the same file gets the same ids."""
    nameless = [flow for flow in root.iter(f"{{{BPMN}}}sequenceFlow") if not flow.get("id")]
    taken = ids(root) if nameless else set()
    number = 0
    for flow in nameless:
        base = f"{flow.get('sourceRef', 'from')}_to_{flow.get('targetRef', 'there')}"
        name = base
        while name in taken:
            number += 1
            name = f"{base}_{number}"
        taken.add(name)
        flow.set("id", name)


def drop_empty_conditions(root: etree._Element) -> None:
    """Take away conditions without a word, as some tools write them on every flow.

    The engine would take white space for an expression.
    """
    for flow in root.iter(f"{{{BPMN}}}sequenceFlow"):
        for condition in bpmn_children(flow, "conditionExpression"):
            if not (condition.text or "").strip():
                flow.remove(condition)


def ids(root: etree._Element) -> set[str]:
    """Return every id in a file, BPMN's or not."""
    return {name for node in root.iter() if (name := node.get("id"))}


def local(node: etree._Element) -> str:
    """Return a tag without its namespace."""
    return node.tag.rpartition("}")[2]


def bpmn_children(node: etree._Element, *tags: str) -> list[etree._Element]:
    """Return the direct BPMN children with one of these local names; all of them without."""
    return list(node.iterchildren(*(f"{{{BPMN}}}{tag}" for tag in tags or "*")))


def _check_bounds(file: str, root: etree._Element, limits: Limits) -> None:
    nodes = 0
    level = [root]
    for _ in range(limits.max_depth):
        nodes += len(level)
        if nodes > limits.max_nodes:
            raise _too_many(file, limits)
        level = [child for node in level for child in node]
        if not level:
            return
    raise _too_deep(file, limits)


def _too_deep(file: str, limits: Limits) -> UnreadableError:
    sentence = f"It nests over {limits.max_depth} levels."
    return _refused(file, "too_deep", sentence, "Flatten it.")


def _too_many(file: str, limits: Limits) -> UnreadableError:
    return _refused(file, "too_large", f"It has over {limits.max_nodes} nodes.", "Split it.")


def _refused(file: str, rule: str, sentence: str, mend: str) -> UnreadableError:
    return UnreadableError(Finding(file, None, rule, sentence, mend))
