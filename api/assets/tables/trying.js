// What is wrong with the rows, and what they would decide: asked of the server after each change.
import { button, chooser, labelled, make } from "../studio/make.js";

const PAUSE = 250;
const OTHER = "\u0000other";

export function checksTable(places, tables, data, words) {
  let waiting = null;
  let asked = null;
  let inputs = [];
  // by input: what is chosen, and what is written in its place
  let chosen = [];

  const check = async () => {
    asked?.abort();
    asked = new AbortController();
    const { signal } = asked;
    try {
      const { xml } = await tables.saveXML({ format: true });
      const answer = await fetch(data.urls.check, {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-CSRFToken": data.token },
        body: JSON.stringify({ content: xml, values: inputs.length ? chosen.map(valueOf) : null }),
        signal,
      });
      if (!answer.ok) {
        throw new Error(answer.statusText);
      }
      show(await answer.json());
    } catch (error) {
      if (error.name !== "AbortError") {
        places.findings.replaceChildren(make("p", { className: "quiet", text: words.notChecked }));
      }
    }
  };

  const soon = () => {
    clearTimeout(waiting);
    waiting = setTimeout(check, PAUSE);
  };

  const show = (told) => {
    places.findings.replaceChildren(findings(told.findings, tables, words));
    mark(told, tables);
    if (JSON.stringify(told.inputs) !== JSON.stringify(inputs)) {
      ({ inputs } = told);
      chosen = inputs.map((one, place) => kept(one, chosen[place]));
      const gives = make("div", { role: "status" });
      places.tries.replaceChildren(...panel(inputs, chosen, words, soon), gives);
      if (inputs.length) {
        soon();
      }
    }
    if (told.tried) {
      places.tries.lastChild.replaceChildren(...tried(told.tried, tables, words));
    }
    places.findings.dataset.checked = String(Number(places.findings.dataset.checked ?? 0) + 1);
  };

  show(data.found);
  return soon;
}

function findings(found, tables, words) {
  if (!found.length) {
    return make("p", { className: "good", text: words.nothing });
  }
  const list = make("ul", { className: "plain" });
  for (const one of found) {
    const line = make("li", { className: one.severity });
    line.append(make("strong", { text: words[one.severity] }), " ");
    line.append(one.row ? button(one.message, () => goTo(one.element, tables), "link-button") : one.message);
    list.append(line);
  }
  return list;
}

// The rows that something is wrong with, and those that answer what is tried.
function mark(told, tables) {
  const wrong = new Set(told.findings.map((one) => one.element));
  const answers = new Set(told.tried?.rules ?? []);
  for (const cell of cells(tables)) {
    const { rowId } = cell.dataset;
    cell.parentElement.classList.toggle("is-wrong", wrong.has(rowId));
    cell.parentElement.classList.toggle("is-hit", answers.has(rowId));
  }
}

function goTo(rule, tables) {
  const row = cells(tables).find((one) => one.dataset.rowId === rule)?.parentElement;
  row?.scrollIntoView({ block: "center", inline: "nearest" });
  row?.querySelector("[contenteditable]")?.focus();
}

function cells(tables) {
  return [...tables._container.querySelectorAll("td[data-row-id]")];
}

function kept(input, before) {
  const isOffered = input.offered.some(({ value }) => value === before?.value);
  const stays = before && (isOffered || (!input.is_known && before.written !== undefined));
  return stays ? before : { value: input.offered[0]?.value };
}

function panel(inputs, chosen, words, soon) {
  if (!inputs.length) {
    return [make("p", { className: "quiet", text: words.noInputs })];
  }
  return inputs.flatMap((input, place) => {
    const options = input.offered.map(({ words: said }, number) => ({ value: String(number), words: said }));
    if (input.is_known) {
      const at = input.offered.findIndex(({ value }) => value === chosen[place].value);
      return labelled(
        input.label,
        chooser(options, String(at), (number) => {
          chosen[place] = { value: input.offered[number].value };
          soon();
        }),
      );
    }
    options.push({ value: OTHER, words: words.other });
    const other = make("input", { "aria-label": `${input.label}: ${words.otherValue}`, autocomplete: "off" });
    other.hidden = chosen[place].written === undefined;
    other.value = chosen[place].written ?? "";
    other.addEventListener("input", () => {
      chosen[place] = { written: other.value };
      soon();
    });
    const number = input.offered.findIndex(({ value }) => value === chosen[place].value);
    const choice = chooser(options, other.hidden ? String(number) : OTHER, (value) => {
      other.hidden = value !== OTHER;
      chosen[place] = value === OTHER ? { written: other.value } : { value: input.offered[value].value };
      soon();
    });
    return [labelled(input.label, choice), other];
  });
}

// What somebody writes is a number if it looks like one.
function valueOf({ value, written }) {
  if (written === undefined) {
    return value ?? null;
  }
  return /^\s*-?\d+(\.\d+)?\s*$/.test(written) ? Number(written) : written.trim();
}

function tried({ rules, rows, outputs, why_not: why }, tables, words) {
  const said = [];
  if (why) {
    said.push(make("p", { className: "late", text: why }));
  } else {
    const list = make("dl", { className: "facts rows" });
    for (const [name, value] of Object.entries(outputs)) {
      list.append(make("div", {}, make("dt", { text: name }), make("dd", { text: String(value) })));
    }
    said.push(list);
  }
  if (rows.length) {
    const by = make("p", { className: "quiet small", text: `${words.byRow} ` });
    by.append(
      ...rows.flatMap((row, place) => [
        ...(place ? [", "] : []),
        button(String(row), () => goTo(rules[place], tables), "link-button"),
      ]),
    );
    said.push(by);
  }
  return said;
}
