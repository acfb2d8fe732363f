"""Proves or refutes that a release is safe to run.  No database, no SpiffWorkflow.

A process is drawn as a net of places and transitions (`drawing`, `activities`, `happenings`,
`waking`), a machine fires them (`machine`, `firing`, `data`), a search visits every state
(`search`, or fewer by `stubborn` and `weighing`), and properties are read off with a path to
whatever is wrong (`judging`, `closing`, `choosing`, `sentences`).  `settling` decides how much of
that is needed; `prove` is the door.

A newcomer would look for one semantics.  There are two: a release is proved *run to completion*,
as the engine runs it, quirks included; any BPMN is proved *interleaving*, as its standard says.
"""

from engine.proof.prove import prove_release, prove_soundness
from engine.proof.values import (
    PROPERTIES,
    After,
    Bound,
    Domains,
    ProofFinding,
    Proved,
    Semantics,
    Severity,
    Verdict,
)

__all__ = [
    "PROPERTIES",
    "After",
    "Bound",
    "Domains",
    "ProofFinding",
    "Proved",
    "Semantics",
    "Severity",
    "Verdict",
    "prove_release",
    "prove_soundness",
]
