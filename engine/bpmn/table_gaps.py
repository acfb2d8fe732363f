"""What is wrong with a decision table as a whole: rows that overlap, and cases that none answers.

The proof meets a table only with the values that a run can bring there, and says that the run would
stop; here the table is looked at by itself, so that its author hears of the rows.  A newcomer would
go through every combination of inputs: rows are sets of regions, kept as bits, and the search for a
gap leaves out whatever a row answers already.  It ends at a bound, and then says so.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from engine.bpmn.findings import Finding, Severity
from engine.bpmn.table_regions import Region, regions_of
from engine.bpmn.tables import DecisionTable, Scalar
from engine.errors import ExpressionRefused
from engine.language import Said, say

MOST_COMPARED = 2_000_000
"""So many comparisons of a cell with a value are made for a table, about half a second."""
MOST_LOOKED_AT = 300_000
"""So many steps a search takes, about a second; what is not found by then is not known."""
MOST_TOLD = 10
"""So many findings of each sort are told; who has mended those sees the next."""
_MOST_INPUTS = 40
_MOST_NAMED = 3


class _TooMuchError(Exception):
    """The search has come to its bound."""


@dataclass(frozen=True, slots=True)
class _Column:
    """An input: what it is called, its regions, and by region the rules (as bits) it lets pass."""

    label: str
    regions: tuple[Region, ...]
    passed: tuple[int, ...]

    def seen_by(self, rule: int) -> set[int]:
        """Return the numbers of the regions that a rule lets pass."""
        return {number for number, rules in enumerate(self.passed) if rules >> rule & 1}


# of one column: its label and the words of the regions in which something is the case
_Case = Sequence[tuple[str, Sequence[Said]]]


def table_findings(
    table: DecisionTable, known: Mapping[str, Sequence[Scalar]]
) -> tuple[Finding, ...]:
    """Return what is wrong with a table's rows; refused is what would stop a run for sure.

    `known` has the values that an input's expression can have, where they are known.
    """
    looking = _Looking(table, known)
    try:
        looking.compare()
    except _TooMuchError:
        return (*looking.failing, looking.told(None, "table_too_large", _TOO_MUCH, _SPLIT))
    return (*looking.failing, *looking.rows(), *looking.gaps())


_TOO_MUCH = say("It has too many rows and values to say whether they overlap or leave gaps.")
_NO_GAPS_KNOWN = say("It has too many cases to say whether a row answers each of them.")
_SPLIT = say("Split it into smaller tables.")


class _Looking:
    """Looks at one table; `steps` are those that a search may still take."""

    def __init__(self, table: DecisionTable, known: Mapping[str, Sequence[Scalar]]) -> None:
        self.table = table
        self.known = known
        self.columns: list[_Column] = []
        self.failing: list[Finding] = []
        # by column: the rules that answer whatever comes in it and in those after it
        self.anything: list[int] = []
        self.steps = 0

    def compare(self) -> None:
        """Find out which rules each region of each column lets pass."""
        if len(self.table.inputs) > _MOST_INPUTS:
            raise _TooMuchError
        compared = 0
        for place, (told, label) in enumerate(
            zip(self.table.inputs, self.table.labels, strict=True)
        ):
            cells = [rule.tests[place] for rule in self.table.rules]
            rules_of: dict[tuple[str, bool, Scalar], int] = {}
            cell_of = {}
            for number, cell in enumerate(cells):
                key = cell.how, isinstance(cell.value, bool), cell.value
                rules_of[key] = rules_of.get(key, 0) | 1 << number
                cell_of[key] = cell
            regions = regions_of(cells, self.known.get(told.text))
            compared += len(regions) * len(cell_of)
            if compared > MOST_COMPARED:
                raise _TooMuchError
            passed: list[int] = []
            for region in regions:
                rules = 0
                for key, cell in cell_of.items():
                    try:
                        rules |= rules_of[key] if cell.matches(region.value) else 0
                    except ExpressionRefused:
                        self._cannot_be_compared(rules_of[key], label, region)
                passed.append(rules)
            self.columns.append(_Column(label, regions, tuple(passed)))
        self.anything = [everything := (1 << len(self.table.rules)) - 1]
        for column in reversed(self.columns):
            for rules in column.passed:
                everything &= rules
            self.anything.insert(0, everything)

    def rows(self) -> Iterator[Finding]:
        """Yield the rows that can never answer, that overlap, or that are never reached."""
        seen = [
            [column.seen_by(number) for column in self.columns]
            for number in range(len(self.table.rules))
        ]
        idle = {number for number, regions in enumerate(seen) if not all(regions)}
        yield from islice(self._idle(idle, seen), MOST_TOLD)
        if self.table.policy == "UNIQUE":
            yield from islice(self._overlapping(idle, seen), MOST_TOLD)
        else:
            yield from islice(self._unreached(idle), MOST_TOLD)

    def gaps(self) -> Iterator[Finding]:
        """Yield what no row answers; one finding for each group of cases."""
        self.steps = MOST_LOOKED_AT
        everything = (1 << len(self.table.rules)) - 1
        try:
            for case in islice(self._uncovered(everything, 0, set()), MOST_TOLD):
                sentence = say("No row answers where %(case)s.", case=_case(case))
                if not any(words for _, words in case):
                    sentence = say("No row answers anything.")
                yield self.told(None, "table_gap", sentence, _ANSWER_IT)
        except _TooMuchError:
            yield self.told(None, "table_too_large", _NO_GAPS_KNOWN, _SPLIT)

    def told(
        self,
        rule: int | None,
        kind: str,
        sentence: Said,
        mend: Said,
        severity: Severity = Severity.WARNING,
    ) -> Finding:
        """Return a finding about a rule, or about the table."""
        where = self.table.id if rule is None else self.table.rules[rule].id
        return Finding(self.table.file, where, kind, sentence, mend, severity)

    def _cannot_be_compared(self, rules: int, label: str, region: Region) -> None:
        if len(self.failing) < MOST_TOLD:
            number = (rules & -rules).bit_length() - 1
            sentence = say(
                "Row %(row)s cannot compare %(input)s with %(value)s:"
                " an incident could stop there.",
                row=number + 1,
                input=label,
                value=region.words,
            )
            mend = say("Compare numbers with numbers, and texts with texts.")
            self.failing.append(self.told(number, "table_unlike", sentence, mend, Severity.REFUSED))

    def _idle(self, idle: set[int], seen: Sequence[Sequence[set[int]]]) -> Iterator[Finding]:
        for number in sorted(idle):
            place = next(at for at, regions in enumerate(seen[number]) if not regions)
            column = self.columns[place]
            sentence = say(
                "Row %(row)s never answers: %(input)s can only be %(values)s.",
                row=number + 1,
                input=column.label,
                values=_or([region.words for region in column.regions]),
            )
            mend = say("Change or remove the row.")
            yield self.told(number, "table_idle", sentence, mend)

    def _overlapping(self, idle: set[int], seen: Sequence[Sequence[set[int]]]) -> Iterator[Finding]:
        rows = [number for number in range(len(seen)) if number not in idle]
        bits = [[sum(1 << one for one in regions) for regions in seen[row]] for row in rows]
        for later, mine in enumerate(bits):
            for earlier in range(later):
                if not all(map(int.__and__, bits[earlier], mine)):
                    continue
                one, other = rows[earlier], rows[later]
                case = [
                    (column.label, [column.regions[min(seen[one][at] & seen[other][at])].words])
                    for at, column in enumerate(self.columns)
                ]
                sentence = say(
                    "Rows %(one)s and %(other)s both answer where %(case)s:"
                    " an incident would stop there.",
                    one=one + 1,
                    other=other + 1,
                    case=_case(case),
                )
                mend = say("Change one of them, or let the first row that fits decide.")
                yield self.told(other, "table_overlap", sentence, mend, Severity.REFUSED)

    def _unreached(self, idle: set[int]) -> Iterator[Finding]:
        """Yield the rows of which the rows before leave nothing."""
        self.steps = MOST_LOOKED_AT
        for number in range(len(self.table.rules)):
            if number in idle:
                continue
            before = (1 << number) - 1
            try:
                if next(self._uncovered(before, 0, set(), within=1 << number), None) is None:
                    sentence = say(
                        "Row %(row)s is never reached:"
                        " the rows before it answer all that it would.",
                        row=number + 1,
                    )
                    mend = say("Move it up, or remove it.")
                    yield self.told(number, "table_unreached", sentence, mend)
            except _TooMuchError:
                yield self.told(None, "table_too_large", _NO_GAPS_KNOWN, _SPLIT)
                return

    def _uncovered(
        self, rules: int, place: int, closed: set[tuple[int, int]], within: int = 0
    ) -> Iterator[_Case]:
        """Yield the cases that none of `rules` answers, from the column at `place` on.

        With `within` only what that rule (as a bit) would answer.  `closed` are the rules and
        columns of which it is known that nothing is left open.
        """
        if not rules:
            yield ()
            return
        if rules & self.anything[place] or (place, rules) in closed:
            return
        column = self.columns[place]
        alike: dict[int, list[Said]] = {}
        for region, passed in zip(column.regions, column.passed, strict=True):
            if not within or passed & within:
                alike.setdefault(rules & passed, []).append(region.words)
        self.steps -= len(column.regions) + 1
        if self.steps < 0:
            raise _TooMuchError
        is_open = False
        tells_apart = len(alike) > 1
        for left, words in sorted(alike.items()):
            for case in self._uncovered(left, place + 1, closed, within):
                is_open = True
                yield ((column.label, words if tells_apart else ()), *case)
        if not is_open:
            closed.add((place, rules))


_ANSWER_IT = say("Add a row for it, or a last row that answers whatever is left.")


def _case(case: _Case) -> Said:
    """Return a case in words: what each input is, as far as it matters."""
    said = [
        say("%(input)s is %(values)s", input=label, values=_or(words))
        for label, words in case
        if words
    ]
    found = said[0] if said else say("anything comes")
    for one in said[1:]:
        found = say("%(one)s and %(other)s", one=found, other=one)
    return found


def _or(words: Sequence[Said]) -> Said:
    """Return a few of these as a choice; the rest is counted."""
    named: list[Said] = list(words[:_MOST_NAMED])
    found = named[0]
    for one in named[1:]:
        found = say("%(one)s or %(other)s", one=found, other=one)
    if len(words) > len(named):
        count = len(words) - len(named)
        found = say("%(one)s or one of %(count)s others", one=found, count=count)
    return found
