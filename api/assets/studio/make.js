// Elements of a page, made of words and never of HTML.

// What the page brings in a script of JSON.
export const read = (id) => JSON.parse(document.getElementById(id).textContent);

export function make(tag, given = {}, ...inside) {
  const { className, role, text, ...attributes } = given;
  const element = document.createElement(tag);
  if (className) {
    element.className = className;
  }
  if (role) {
    element.setAttribute("role", role);
  }
  if (text !== undefined) {
    element.textContent = text;
  }
  for (const [name, value] of Object.entries(attributes)) {
    element.setAttribute(name, value);
  }
  element.append(...inside);
  return element;
}

export function button(words, onClick, className = "") {
  const element = make("button", { type: "button", text: words, className });
  element.addEventListener("click", onClick);
  return element;
}

let labels = 0;

// A control with its label; `help` stands below it.
export function labelled(words, control, help) {
  labels += 1;
  control.id ||= `editor-${labels}`;
  const all = make("div", { className: "editor-field" });
  all.append(make("label", { for: control.id, text: words }), control);
  if (help) {
    const below = make("small", { text: help, id: `${control.id}-help` });
    control.setAttribute("aria-describedby", below.id);
    all.append(below);
  }
  return all;
}

// A choice among {value, words}; groups are {words, options}.
export function chooser(options, value, onChange) {
  const control = make("select");
  for (const one of options) {
    if (one.options) {
      const group = make("optgroup", { label: one.words });
      group.append(...one.options.map((inner) => option(inner, value)));
      control.append(group);
    } else {
      control.append(option(one, value));
    }
  }
  control.addEventListener("change", () => onChange(control.value));
  return control;
}

function option({ value, words }, chosen) {
  const element = make("option", { value, text: words });
  element.selected = value === chosen;
  return element;
}

// A text that counts once one is done with it.
export function written(value, onChange, tag = "input") {
  const control = make(tag);
  control.value = value ?? "";
  control.addEventListener("change", () => onChange(control.value));
  return control;
}
