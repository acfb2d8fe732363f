// The editor of a decision table.
//
//   <div id="table-editor"></div> <div id="table-findings"></div> <div id="table-try"></div>
//   <script type="application/json" id="editor-data">{"xml": "…", "urls": {…}, …}</script>
//   <script type="application/json" id="editor-words">{"saved": "Saved", …}</script>
//
// What is changed is saved by itself, and looked at after each change.  The bpmn.io logo has to stay
// visible and free of anything that overlaps it.
import { button, make, read } from "./studio/make.js";
import { saves } from "./studio/saving.js";
import { tablesFor } from "./tables/drawing.js";
import { checksTable } from "./tables/trying.js";

async function start(place) {
  const data = read("editor-data");
  const words = read("editor-words");
  const parts = {
    bar: make("div", { className: "editor-bar", role: "toolbar" }),
    state: make("p", { className: "editor-state quiet", role: "status" }),
    asked: make("div", { className: "editor-asked" }),
    rows: make("div", { className: "table-canvas" }),
  };
  const before = [...place.childNodes];
  place.replaceChildren(
    ...(data.canChange ? [parts.bar, parts.state, parts.asked] : []),
    parts.rows,
  );
  const tables = tablesFor(parts.rows, data, words);
  try {
    await tables.importXML(data.xml);
  } catch {
    place.replaceChildren(make("p", { className: "notice bad", text: words.notOpened }), ...before);
    return;
  }

  const places = {
    findings: document.getElementById("table-findings"),
    tries: document.getElementById("table-try"),
  };
  const check = checksTable(places, tables, data, words);
  if (data.canChange) {
    quoteWords(parts.rows, tables);
    const save = saves(parts, tables, data, words, showToRead);
    listen(tables, parts, words, () => {
      check();
      save();
    });
    // after another one took its place there is another editor of rows
    tables.on("import.done", () => listen(tables, parts, words, () => (check(), save())));
  }
  document.getElementById("table-rows")?.remove();
  place.dataset.ready = "yes";

  async function showToRead(container, xml) {
    await tablesFor(container, { canChange: false }, words).importXML(xml);
  }
}

// Somebody who writes a word into a cell of texts means the text, and knows of no quotation marks.
const WORD = /^[\p{L}_][\p{L}\p{N}_ -]*$/u;
const KEPT = new Set(["true", "false", "null", "True", "False", "None"]);

function quoteWords(rows, tables) {
  // what undoing brings back nobody has typed
  let typed = null;
  rows.addEventListener("input", ({ target }) => {
    typed = target;
  });
  rows.addEventListener("focusout", ({ target }) => {
    const id = target === typed && target.closest("td[data-element-id]")?.dataset.elementId;
    typed = null;
    const viewer = tables.getActiveViewer();
    const cell = id && viewer.get("elementRegistry").get(id);
    const column = cell?.col?.businessObject;
    const type = column?.inputExpression?.typeRef ?? column?.typeRef;
    const text = cell?.businessObject?.text?.trim() ?? "";
    if (type === "string" && WORD.test(text) && !KEPT.has(text)) {
      viewer.get("modeling").editCell(cell.businessObject, `"${text}"`);
    }
  });
}

function listen(tables, parts, words, onChange) {
  const viewer = tables.getActiveViewer();
  const stack = viewer.get("commandStack");
  const undo = button(words.undo, () => stack.undo());
  const redo = button(words.redo, () => stack.redo());
  const enable = () => {
    undo.disabled = !stack.canUndo();
    redo.disabled = !stack.canRedo();
  };
  parts.bar.replaceChildren(undo, redo);
  enable();
  viewer.on("commandStack.changed", () => {
    enable();
    onChange();
  });
}

const place = document.getElementById("table-editor");
if (place) {
  start(place);
}
