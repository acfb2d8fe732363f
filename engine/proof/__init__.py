"""Proves or refutes that a release is safe to run.  No database, no SpiffWorkflow."""

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
