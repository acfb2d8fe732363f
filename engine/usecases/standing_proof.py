"""Finding how runs of a release come to stand, from its files alone.

No database is asked and none is loaded: this is what the process that proves apart begins with, and
whoever draws waits for that process.
"""

from collections.abc import Mapping

from engine.bpmn import judge_release
from engine.proof import Bound
from engine.proof.standing import Stands, stands
from engine.usecases.form_rules import read_forms
from engine.usecases.verifying import domains_of


def prove_here(files: Mapping[str, bytes], diagram: str, bound: Bound | None = None) -> Stands:
    """Prove it in this very thread; whoever serves pages has it done in a process apart."""
    release = judge_release(files).release
    return stands(release, diagram, domains_of(release, read_forms(files).forms), bound)
