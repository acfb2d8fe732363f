// When a way is taken: a field, an operator and a value, or an expression of one's own.
import { is } from "bpmn-js/lib/util/ModelUtil";

import { chooser, labelled, make, written } from "./make.js";

const SIMPLE = /^\s*([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)?)\s*(==|!=)\s*("[^"\\]*"|'[^'\\]*'|True|False)\s*$/;

export function condition(context) {
  const { object, modeler, words, set, setOf } = context;
  const source = object.sourceRef;
  const chooses = is(source, "bpmn:ExclusiveGateway") || is(source, "bpmn:InclusiveGateway");
  if (!chooses) {
    return [make("p", { className: "quiet", text: `${words.when}: ${words.always}` })];
  }
  const registry = modeler.get("elementRegistry");
  const isDefault = source.default === object;
  const text = (object.conditionExpression?.body ?? "").trim();
  const parts = SIMPLE.exec(text);
  const fields = fieldsBefore(context);
  const isKnown = parts && fields.some((group) => group.options.some((one) => one.value === parts[1]));

  const write = (body) => {
    const made = body
      ? modeler.get("bpmnFactory").create("bpmn:FormalExpression", { body })
      : undefined;
    if (source.default === object) {
      modeler.get("modeling").updateProperties(registry.get(source.id), { default: undefined });
    }
    set({ conditionExpression: made });
  };
  const how = isDefault ? "otherwise" : text === "" ? "always" : isKnown ? "if" : "free";
  const ways = ["otherwise", "if", "free", ...(how === "always" ? ["always"] : [])];
  const inside = make("div", { className: "editor-condition" });
  const fill = (way) => inside.replaceChildren(...(way === "if" ? built() : way === "free" ? free() : []));

  const choice = chooser(
    ways.map((one) => ({ value: one, words: words[one] })),
    how,
    (way) => {
      if (way === "otherwise") {
        modeler.get("modeling").updateProperties(registry.get(source.id), { default: object });
        set({ conditionExpression: undefined });
      }
      fill(way);
    },
  );

  function built() {
    const now = { field: isKnown ? parts[1] : "", how: parts?.[2] ?? "==", value: parts?.[3] ?? "" };
    const say = () => {
      if (now.field && now.value) {
        write(`${now.field} ${now.how} ${now.value}`);
      }
    };
    const valuesOf = (field) =>
      fields.flatMap((group) => group.options).find((one) => one.value === field)?.values ?? [];
    const value = make("div");
    const showValues = () => {
      const options = [{ value: "", words: words.choose }, ...valuesOf(now.field)];
      const control = chooser(options, now.value.replaceAll("'", '"'), (chosen) => {
        now.value = chosen;
        say();
      });
      control.setAttribute("aria-label", words.condition);
      value.replaceChildren(control);
    };
    const field = chooser([{ value: "", words: words.choose }, ...fields], now.field, (chosen) => {
      Object.assign(now, { field: chosen, value: "" });
      showValues();
    });
    field.setAttribute("aria-label", words.condition);
    const operator = chooser(
      [
        { value: "==", words: words.is },
        { value: "!=", words: words.isNot },
      ],
      now.how,
      (chosen) => {
        now.how = chosen;
        say();
      },
    );
    operator.setAttribute("aria-label", words.if);
    showValues();
    return [field, operator, value];
  }

  function free() {
    const control = written(text, (body) => write(body.trim()), "textarea");
    control.rows = 2;
    control.spellcheck = false;
    control.className = "code";
    // checked as it is typed
    let waiting = null;
    control.addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => document.activeElement === control && write(control.value.trim()), 600);
    });
    return [labelled(words.condition, control)];
  }

  fill(how);
  return [labelled(words.when, choice), inside];
}

// The answers of steps, the outputs of tables and the gate: whatever a condition can ask for.
function fieldsBefore({ data, words, modeler }) {
  const name = (step) => modeler.get("elementRegistry").get(step)?.businessObject.name;
  const here = Object.entries(data.forms)
    .filter(([, form]) => form.fields.length)
    .map(([step, form]) => ({
      isHere: Boolean(name(step)),
      words: name(step) ?? form.title,
      options: form.fields.map((field) => ({
        value: `${step}.${field.name}`,
        words: field.words,
        values: field.values,
      })),
    }))
    .sort((one, other) => other.isHere - one.isHere);
  const tables = data.tables.map((table) => ({
    words: table.words,
    options: Object.entries(table.outputs).map(([output, values]) => ({
      value: output,
      words: output.replaceAll("_", " "),
      values: values.map((value) => ({ value: `"${value}"`, words: value.replaceAll("_", " ") })),
    })),
  }));
  const gate = {
    words: words.gate,
    options: [
      {
        value: "gate",
        words: words.gate,
        values: data.gate.map((one) => ({ value: `"${one.value}"`, words: one.words })),
      },
    ],
  };
  return [...here.filter((one) => one.isHere), gate, ...tables, ...here.filter((one) => !one.isHere)];
}
