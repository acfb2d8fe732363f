// When a timer goes off: after a while, at a time that is known by then, or again and again.
import { chooser, labelled, make, written } from "./make.js";

const UNITS = { minutes: ["PT", "M"], hours: ["PT", "H"], days: ["P", "D"], weeks: ["P", "W"] };
const WORKING = /^"(\d+) working days?"$/;
const LENGTH = /^"P(T?)(\d+)([MHDW])"$/;
const KINDS = { timeDate: "date", timeDuration: "duration", timeCycle: "cycle" };

export function timer(context, event) {
  const { words, data, setOf, modeler, element } = context;
  const kind = Object.keys(KINDS).find((one) => event[one]) ?? "timeDuration";
  const text = (event[kind]?.body ?? "").trim();
  const write = (to, body) => {
    const made = modeler.get("bpmnFactory").create("bpmn:FormalExpression", { body });
    made.$parent = event;
    setOf(event, { timeDate: undefined, timeDuration: undefined, timeCycle: undefined, [to]: made });
  };
  const fact = data.facts.find((one) => one.value === text.replace(/^"R\/" \+ /, ""))?.value;
  const length = lengthOf(text.replace('"R/', '"'));
  const how =
    kind === "timeCycle" && (fact || length)
      ? "every"
      : fact
        ? "at"
        : length || text === ""
          ? "after"
          : "freeTimer";
  const repeats = element.type === "bpmn:BoundaryEvent" && element.businessObject.cancelActivity === false;
  const inside = make("div", { className: "editor-condition" });
  const ways = ["after", "at", ...(repeats || how === "every" ? ["every"] : []), "freeTimer"];

  const fill = (way) =>
    inside.replaceChildren(
      ...{
        after: () => lasting((value) => write("timeDuration", `"${value}"`), true),
        at: () => known((value) => write("timeDate", value)),
        every: () => [
          ...lasting((value) => write("timeCycle", `"R/${value}"`)),
          ...known((value) => write("timeCycle", `"R/" + ${value}`)),
        ],
        freeTimer: free,
      }[way](),
    );

  function lasting(say, canWork = false) {
    const number = make("input", { type: "number", min: "1", step: "1", "aria-label": words.after });
    number.value = length?.number ?? "";
    const units = [...Object.keys(UNITS), ...(canWork ? ["workingDays"] : [])];
    const unit = chooser(
      units.map((one) => ({ value: one, words: words[one] })),
      length?.unit ?? "days",
      () => tell(),
    );
    unit.setAttribute("aria-label", words.timer);
    const tell = () => {
      const count = Math.floor(Number(number.value));
      if (count >= 1 && unit.value === "workingDays") {
        say(`${count} working day${count === 1 ? "" : "s"}`);
      } else if (count >= 1) {
        const [before, after] = UNITS[unit.value];
        say(`${before}${count}${after}`);
      }
    };
    number.addEventListener("change", tell);
    return [number, unit];
  }

  function known(say) {
    const control = chooser([{ value: "", words: words.choose }, ...data.facts], fact ?? "", (value) => value && say(value));
    control.setAttribute("aria-label", words.at);
    return [control];
  }

  function free() {
    const control = written(text, (body) => write(kind, body.trim()));
    control.className = "code";
    control.spellcheck = false;
    return [labelled(words.expression, control)];
  }

  const choice = chooser(
    ways.map((one) => ({ value: one, words: words[one] })),
    how,
    fill,
  );
  fill(how);
  return [labelled(words.timer, choice), inside];
}

function lengthOf(text) {
  const working = WORKING.exec(text);
  if (working) {
    return { number: working[1], unit: "workingDays" };
  }
  const found = LENGTH.exec(text);
  if (!found) {
    return null;
  }
  const unit = Object.keys(UNITS).find(
    (one) => UNITS[one][0] === `P${found[1]}` && UNITS[one][1] === found[3],
  );
  return unit ? { number: found[2], unit } : null;
}
