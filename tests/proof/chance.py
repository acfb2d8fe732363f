"""Random diagrams in the notation of `drawing`: blocks within blocks, and defects on demand.

A newcomer would draw random graphs: those are nearly always broken in the first step.  Blocks are
sound by construction, and `defects` then moves the end of a flow or changes a gateway.
"""

import random
from dataclasses import dataclass, field

LENGTHS = ("PT1H", "PT3H", "P1D")


@dataclass
class Chance:
    """Draws one random process; `steps`, `timers`, `messages`, `fields` say what it is made of."""

    seed: int
    depth: int = 3
    defects: int = 0
    loops: bool = True
    inclusive: bool = True
    scopes: bool = True
    events: bool = True
    throws: bool = False
    tells: bool = False  # scripts say what process data is
    lengths: bool = False  # the diagram says how long timers run
    prefix: str = ""
    steps: list[str] = field(default_factory=list)
    timers: list[str] = field(default_factory=list)
    messages: dict[str, str] = field(default_factory=dict)  # element: message
    flows: list[list[str]] = field(default_factory=list)  # source, condition, target, holder
    lines: dict[str, str] = field(default_factory=dict)  # element: what is said of it
    shapes: dict[str, str] = field(default_factory=dict)
    holders: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Draw."""
        self.dice = random.Random(self.seed)
        self._number = 0
        self._holder = ""
        start, end = self._new("s"), self._new("e")
        first = self._tell(start) if self.tells else start
        self._join(first, end, self.depth)
        for _ in range(self.defects):
            self._break()

    @property
    def text(self) -> str:
        """The diagram."""
        return "\n".join(self._level(""))

    def _level(self, holder: str) -> list[str]:
        drawn = [
            f"{self._shown(source)} -{condition}> {self._shown(target)}"
            for source, condition, target, within in self.flows
            if within == holder
        ]
        for name, within in self.holders.items():
            if within == holder and name in set(self.holders.values()):
                drawn += [f"{name} = {{", *self._level(name), "}"]
        says = [
            f"{name}: {said}"
            for name, said in self.lines.items()
            if said and self.holders[name] == holder
        ]
        return says + drawn

    def _shown(self, name: str) -> str:
        shape = self.shapes.get(name, "")
        return f"[{name}]" if shape == "[" else f"{shape}{name}"

    def _new(self, kind: str, shape: str = "", says: str = "") -> str:
        self._number += 1
        name = f"{self.prefix}{kind}{self._number}"
        self.shapes[name], self.lines[name], self.holders[name] = shape, says, self._holder
        return name

    def _flow(self, source: str, target: str, condition: str = "") -> None:
        self.flows.append([source, f"({condition})-" if condition else "", target, self._holder])

    def _join(self, source: str, target: str, depth: int, condition: str = "") -> None:
        """Draw something between two elements."""
        if depth == 0:
            self._activity(source, target, condition)
            return
        blocks = [self._sequence, self._choice, self._parallel, self._activity]
        blocks += [self._loop] if self.loops else []
        blocks += [self._some] if self.inclusive else []
        blocks += [self._scope] if self.scopes else []
        blocks += [self._first] if self.events else []
        self.dice.choice(blocks)(source, target, condition, depth - 1)

    def _activity(self, source: str, target: str, condition: str, depth: int = 0) -> None:
        if self.tells and self.dice.random() < 0.3:
            source, condition = self._tell(source, condition), ""
        if self.throws and self.dice.random() < 0.15:
            name = self._new("t", says=f"signal x{self.dice.randrange(2)}; throws")
        elif self.dice.random() < 0.4:
            name = self._new("t")
        else:
            name = self._new("u", "[")
            self.steps.append(name)
            if self.events and self.dice.random() < 0.3:
                for _ in range(self.dice.choice((1, 1, 2))):
                    self._border(name, target)
        self._flow(source, name, condition)
        self._flow(name, target)
        del depth

    def _tell(self, source: str, condition: str = "") -> str:
        """Draw a script after an element; return it."""
        name = self._new("t", says=f'script word = "w{self.dice.randrange(3)}"')
        self._flow(source, name, condition)
        return name

    def _border(self, host: str, target: str) -> None:
        beside = self.dice.random() < 0.4
        name = self._new("b")
        if self.dice.random() < 0.6:
            self.timers.append(name)
            what = self._timer(repeats=beside)
        elif self.throws and self.dice.random() < 0.5:
            what = f"signal x{self.dice.randrange(2)}"
        else:
            what = f"message m{self.dice.randrange(3)}"
            self.messages[name] = what.split()[1]
        self.lines[name] = f"{what} {'beside' if beside else 'on'} {host}"
        if beside:
            note, end = self._new("t"), self._new("e")
            self._flow(name, note)
            self._flow(note, end)
        else:
            self._flow(name, target)

    def _timer(self, *, repeats: bool = False) -> str:
        if not self.lengths or self.dice.random() < 0.3:
            return "timer"
        again = "R/" if repeats and self.dice.random() < 0.4 else ""
        return f'timer "{again}{self.dice.choice(LENGTHS)}"'

    def _sequence(self, source: str, target: str, condition: str, depth: int) -> None:
        middle = self._new("t")
        self._join(source, middle, depth, condition)
        self._join(middle, target, depth)

    def _ways(self, kind: str, source: str, target: str, condition: str, depth: int) -> None:
        split, join = self._new("g", kind), self._new("j", kind)
        self._flow(source, split, condition)
        count = self.dice.choice((2, 2, 3))
        for number in range(count):
            said = ""
            if kind in "?*":
                said = "else" if number == count - 1 else self._condition(number)
            self._join(split, join, depth, said)
        self._flow(join, target)

    def _condition(self, number: int) -> str:
        if not self.steps or self.dice.random() < 0.2:
            return f'word == "w{number}"'
        return f'{self.dice.choice(self.steps)}.way == "w{number}"'

    def _choice(self, source: str, target: str, condition: str, depth: int) -> None:
        self._ways("?", source, target, condition, depth)

    def _parallel(self, source: str, target: str, condition: str, depth: int) -> None:
        self._ways("+", source, target, condition, depth)

    def _some(self, source: str, target: str, condition: str, depth: int) -> None:
        self._ways("*", source, target, condition, depth)

    def _loop(self, source: str, target: str, condition: str, depth: int) -> None:
        entry, check = self._new("l", "?"), self._new("c", "?")
        step = self._new("u", "[")
        self.steps.append(step)
        self._flow(source, entry, condition)
        self._join(entry, step, depth)
        self._flow(step, check)
        self._flow(check, entry, f'{step}.way == "w0"')
        self._flow(check, target, "else")

    def _first(self, source: str, target: str, condition: str, depth: int) -> None:
        split, join = self._new("g", "%"), self._new("j", "?")
        self._flow(source, split, condition)
        late = self._new("w", says=f"{self._timer()}; as intermediateCatchEvent")
        heard = self._new("w", says="message m0; as intermediateCatchEvent")
        self.timers.append(late)
        self.messages[heard] = "m0"
        for one in (late, heard):
            self._flow(split, one)
            self._join(one, join, depth)
        self._flow(join, target)

    def _scope(self, source: str, target: str, condition: str, depth: int) -> None:
        part = self._new("p")
        self._flow(source, part, condition)
        self._flow(part, target)
        around, self._holder = self._holder, part
        start, end = self._new("s"), self._new("e")
        thrown = self._throw(start, end, depth) if self.throws else ""
        if not thrown:
            self._join(start, end, depth)
        if self.dice.random() < 0.3:
            self.lines[end] = "terminate"
        self._holder = around
        if thrown:
            self._catch(thrown, part, target)
        if self.events and self.dice.random() < 0.4:
            name = self._new("b", says=f"{self._timer()} on {part}")
            self.timers.append(name)
            self._flow(name, target)

    def _throw(self, start: str, end: str, depth: int) -> str:
        """Draw the inside of a subprocess that may throw; return what it throws."""
        step, check, after = self._new("u", "["), self._new("c", "?"), self._new("t")
        self.steps.append(step)
        thrown = self.dice.choice(("error", "escalation", "escalation"))
        out = self._new("e", says=f"{thrown} y")
        split = self._new("g", "+") if self.dice.random() < 0.5 else ""
        self._flow(start, split or step)
        if split:
            other = self._new("e")
            self._flow(split, step)
            self._join(split, other, depth)
        self._flow(step, check)
        self._flow(check, out, f'{step}.way == "w0"')
        self._flow(check, after, "else")
        self._flow(after, end)
        return thrown

    def _catch(self, thrown: str, part: str, target: str) -> None:
        beside = thrown == "escalation" and self.dice.random() < 0.5
        name = self._new("b", says=f"{thrown} y {'beside' if beside else 'on'} {part}")
        if beside:
            note, end = self._new("t"), self._new("e")
            self._flow(name, note)
            self._flow(note, end)
        else:
            self._flow(name, target)

    def _break(self) -> None:
        """Make something wrong, or at least different."""
        # not the entry of a loop: the engine's joins do not wait for what lies behind them
        gateways = [
            name
            for name, shape in self.shapes.items()
            if shape and shape in "?+*" and not name.startswith(self.prefix + "l")
        ]
        if gateways and self.dice.random() < 0.6:
            name = self.dice.choice(gateways)
            self.shapes[name] = self.dice.choice("?+*")
            if self.shapes[name] == "+":
                for flow in self.flows:
                    if flow[0] == name:
                        flow[1] = ""
            return
        flow = self.dice.choice([one for one in self.flows if not one[0].startswith("b")])
        others = [
            one[2]
            for one in self.flows
            if one[3] == flow[3] and one[2] != flow[0] and not one[2].startswith(self.prefix + "w")
        ]
        if others and not flow[2].startswith(self.prefix + "w"):
            flow[2] = self.dice.choice(others)
