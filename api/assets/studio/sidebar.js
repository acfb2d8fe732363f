// What an element means, in plain words, beside the drawing.
import { is } from "bpmn-js/lib/util/ModelUtil";

import { condition } from "./conditions.js";
import { chooser, labelled, make, written } from "./make.js";
import { timer } from "./timers.js";

export function sidebar(place, modeler, data, words) {
  const bus = modeler.get("eventBus");
  let shown = null;

  const show = (element) => {
    shown = element;
    const focused = place.contains(document.activeElement) ? document.activeElement.id : "";
    place.replaceChildren(...fieldsOf(element, modeler, data, words));
    if (!data.canChange) {
      for (const control of place.querySelectorAll("input, select, textarea")) {
        control.disabled = true;
      }
    }
    if (focused) {
      document.getElementById(focused)?.focus();
    }
  };
  bus.on("selection.changed", ({ newSelection }) => {
    show(newSelection.length === 1 ? (newSelection[0].labelTarget ?? newSelection[0]) : null);
  });
  bus.on("commandStack.changed", () => {
    const still = shown && modeler.get("elementRegistry").get(shown.id);
    show(still ?? null);
  });
  show(null);
}

function fieldsOf(element, modeler, data, words) {
  if (!element || is(element, "bpmn:Collaboration")) {
    const root = modeler.get("canvas").getRootElement();
    return [
      make("p", { className: "quiet", text: words.nothingChosen }),
      ...processFields(root, root.businessObject, modeler, words),
    ];
  }
  const object = element.businessObject;
  const set = (properties) => modeler.get("modeling").updateProperties(element, properties);
  const setOf = (target, properties) =>
    modeler.get("modeling").updateModdleProperties(element, target, properties);
  const context = { element, object, modeler, data, words, set, setOf };

  const name = written(object.name, (value) => set({ name: value.trim() || undefined }));
  name.id = "editor-name";
  const fields = [];
  if (is(element, "bpmn:Lane")) {
    const lanes = [{ value: "", words: words.choose }, ...data.lanes];
    fields.push(
      labelled(words.lane, chooser(lanes, object.name ?? "", (value) => set({ name: value }))),
    );
    return fields;
  }
  fields.push(labelled(words.name, name));
  if (is(element, "bpmn:UserTask")) {
    fields.push(...step(context));
  }
  if (is(element, "bpmn:SequenceFlow")) {
    fields.push(...condition(context));
  }
  if (markable(element)) {
    fields.push(property(context, "mark", words.mark, data.marks));
  }
  if (is(element, "bpmn:EndEvent")) {
    fields.push(property(context, "closes", words.closes, data.closes));
  }
  if (element.type === "bpmn:Task") {
    fields.push(property(context, "does", words.does, data.does));
  }
  if (is(element, "bpmn:CallActivity")) {
    const diagrams = [{ value: "", words: words.choose }, ...data.processes];
    fields.push(
      labelled(
        words.called,
        chooser(diagrams, object.calledElement ?? "", (value) => set({ calledElement: value })),
      ),
    );
  }
  if (is(element, "bpmn:BusinessRuleTask")) {
    fields.push(table(context));
  }
  if (is(element, "bpmn:ScriptTask")) {
    const script = written(object.script, (value) => set({ script: value }), "textarea");
    fields.push(labelled(words.script, script));
  }
  const event = object.eventDefinitions?.[0];
  if (event?.$type === "bpmn:TimerEventDefinition") {
    fields.push(...timer(context, event));
  }
  if (event?.$type === "bpmn:MessageEventDefinition") {
    fields.push(message(context, event));
  }
  if (is(element, "bpmn:BoundaryEvent")) {
    fields.push(interrupting(context));
  }
  if (is(element, "bpmn:Participant")) {
    fields.push(...processFields(element, object.processRef, modeler, words));
  }
  fields.push(notes(context), identity(context));
  return fields;
}

// What a process is called in files, and, where somebody said that it is not to be run, that it is.
// `element` is what shows it: its pool, or the whole drawing.
function processFields(element, process, modeler, words) {
  if (!process || process.$type !== "bpmn:Process") {
    return [];
  }
  const { ids } = modeler.get("moddle");
  const set = (given) => modeler.get("modeling").updateModdleProperties(element, process, given);
  const name = written(process.id, (value) => {
    const wanted = value.trim();
    if (/^[a-z_][\w-]*$/i.test(wanted) && !ids.assigned(wanted)) {
      ids.unclaim(process.id);
      ids.claim(wanted, process);
      set({ id: wanted });
    } else {
      name.value = process.id;
    }
  });
  const fields = [labelled(words.processId, name)];
  if (process.isExecutable === false) {
    const runs = make("input", { type: "checkbox" });
    runs.addEventListener("change", () => set({ isExecutable: true }));
    fields.push(make("label", { className: "editor-field" }, runs, ` ${words.executable}`));
  }
  return fields;
}

const markable = (element) =>
  is(element, "bpmn:UserTask") ||
  is(element, "bpmn:CallActivity") ||
  (is(element, "bpmn:IntermediateCatchEvent") &&
    element.businessObject.eventDefinitions?.[0]?.$type === "bpmn:MessageEventDefinition");

// --- steps ---

function step({ element, object, modeler, data, words }) {
  const lanes = modeler
    .get("elementRegistry")
    .filter((one) => one.type === "bpmn:Lane" && one.businessObject.name);
  const mine = lanes.find((lane) => lane.businessObject.flowNodeRef?.includes(object));
  const options = lanes.map((lane) => ({
    value: lane.id,
    words: data.lanes.find((one) => one.value === lane.businessObject.name)?.words ?? lane.businessObject.name,
  }));
  const choice = chooser([{ value: "", words: words.choose }, ...options], mine?.id ?? "", (id) => {
    const lane = lanes.find((one) => one.id === id);
    if (lane) {
      const down = lane.y + lane.height / 2 - (element.y + element.height / 2);
      modeler.get("modeling").moveElements([element], { x: 0, y: down });
    }
  });
  const form = data.forms[object.id];
  const said = make("p", { className: "editor-form" });
  if (form) {
    const editor = data.urls.formEditor?.replace("STEP", object.id);
    said.append(
      `${words.form}: `,
      editor ? make("a", { href: editor, text: form.title }) : form.title,
    );
  } else {
    const begin = `${data.urls.form}?step=${encodeURIComponent(object.id)}`;
    said.append(words.noForm, " ", make("a", { href: begin, text: words.makeForm }));
  }
  return [labelled(words.lane, choice), said];
}

// --- what stands in extension elements ---

const SPIFF = "http://spiffworkflow.org/bpmn/schema/1.0/core";
const PROPERTIES = "spiffworkflow:properties";
const DECISION = "spiffworkflow:calledDecisionId";

function extensions({ element, object, modeler }) {
  const moddle = modeler.get("moddle");
  const values = () => object.extensionElements?.values ?? [];
  return {
    find: (type) => values().find((one) => one.$type === type),
    create: (type, given) => moddle.createAny(type, SPIFF, given),
    // puts `made` in place of what there is of its type; null takes it away
    replace: (type, made) => {
      const before = values();
      const kept = before.includes(before.find((one) => one.$type === type))
        ? before.map((one) => (one.$type === type ? made : one)).filter(Boolean)
        : [...before, made].filter(Boolean);
      const holder = kept.length
        ? modeler.get("bpmnFactory").create("bpmn:ExtensionElements", { values: kept })
        : undefined;
      if (holder) {
        holder.$parent = object;
        for (const one of kept) {
          one.$parent = holder;
        }
      }
      modeler.get("modeling").updateProperties(element, { extensionElements: holder });
    },
  };
}

function property(context, name, label, meanings) {
  const { words } = context;
  const { find, create, replace } = extensions(context);
  const known = find(PROPERTIES)?.$children ?? [];
  const value = known.find((one) => one.name === name)?.value ?? "";
  const control = chooser([{ value: "", words: words.nothing }, ...meanings], value, (chosen) => {
    const kept = known.filter((one) => one.name !== name);
    if (chosen) {
      kept.push(create("spiffworkflow:property", { name, value: chosen }));
    }
    replace(PROPERTIES, kept.length ? create(PROPERTIES, { $children: kept }) : null);
  });
  return labelled(label, control);
}

function table(context) {
  const { data, words } = context;
  const { find, create, replace } = extensions(context);
  const value = (find(DECISION)?.$body ?? "").trim();
  const options = [{ value: "", words: words.choose }, ...data.tables];
  const control = chooser(options, value, (chosen) =>
    replace(DECISION, chosen ? create(DECISION, { $body: chosen }) : null),
  );
  return labelled(words.table, control);
}

// --- events ---

function message({ modeler, data, words, setOf }, event) {
  const definitions = modeler.getDefinitions();
  const names = new Set([
    ...data.messages,
    ...definitions.rootElements.filter((one) => one.$type === "bpmn:Message").map((one) => one.name),
  ]);
  const options = [...names].filter(Boolean).map((name) => ({ value: name, words: name.replaceAll("_", " ") }));
  const chosen = event.messageRef?.name ?? "";
  const take = (name) => {
    let found = definitions.rootElements.find((one) => one.$type === "bpmn:Message" && one.name === name);
    if (!found) {
      found = modeler.get("bpmnFactory").create("bpmn:Message", { name });
      found.$parent = definitions;
      definitions.rootElements.push(found);
    }
    setOf(event, { messageRef: found });
  };
  return labelled(
    words.message,
    chooser([{ value: "", words: words.choose }, ...options], chosen, (name) => name && take(name)),
  );
}

function interrupting({ object, words, set }) {
  const control = make("input", { type: "checkbox" });
  control.checked = object.cancelActivity !== false;
  control.addEventListener("change", () => set({ cancelActivity: control.checked }));
  const label = make("label", { className: "editor-field" });
  label.append(control, ` ${words.interrupts}`);
  return label;
}

// --- what every element has ---

function notes({ object, modeler, words, set }) {
  const text = object.documentation?.[0]?.text ?? "";
  const control = written(
    text,
    (value) => {
      const factory = modeler.get("bpmnFactory");
      set({ documentation: value ? [factory.create("bpmn:Documentation", { text: value })] : [] });
    },
    "textarea",
  );
  control.rows = 2;
  const more = make("details");
  more.open = Boolean(text);
  more.append(make("summary", { text: words.notes }), control);
  control.setAttribute("aria-label", words.notes);
  return more;
}

function identity({ object, modeler, words, set }) {
  const control = written(object.id, (value) => {
    const wanted = value.trim();
    const isTaken = modeler.get("moddle").ids.assigned(wanted);
    if (/^[a-z_][\w-]*$/i.test(wanted) && (!isTaken || wanted === object.id)) {
      set({ id: wanted });
    } else {
      control.value = object.id;
    }
  });
  control.setAttribute("aria-label", words.id);
  const more = make("details");
  more.append(make("summary", { text: words.id }), control);
  return more;
}
