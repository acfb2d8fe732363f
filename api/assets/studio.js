// The editor of a diagram.
//
//   <div id="editor"></div>
//   <script type="application/json" id="editor-data">{"xml": "…", "urls": {…}, …}</script>
//   <script type="application/json" id="editor-words">{"name": "Name", …}</script>
//
// What is drawn is saved by itself and proved after each change.  Reader software sees nothing in
// a drawing: the table below it says the same, and its lines choose elements too.
//
// The bpmn.io logo has to stay visible and free of anything that overlaps it.
import NavigatedViewer from "bpmn-js/lib/NavigatedViewer";

import { drawingFor } from "./studio/drawing.js";
import { checks } from "./studio/checking.js";
import { downloads } from "./studio/files.js";
import { saves } from "./studio/saving.js";
import { sidebar } from "./studio/sidebar.js";
import { button, make, read } from "./studio/make.js";

async function start(place) {
  const data = read("editor-data");
  const words = read("editor-words");
  const parts = {
    bar: make("div", { className: "editor-bar", role: "toolbar" }),
    state: make("p", { className: "editor-state quiet", role: "status" }),
    canvas: make("div", { className: "editor-canvas" }),
    side: make("div", { className: "editor-side" }),
    asked: make("div", { className: "editor-asked" }),
  };
  const before = [...place.childNodes];
  place.replaceChildren(parts.bar, parts.state, parts.asked, parts.canvas, parts.side);

  const modeler = drawingFor(parts.canvas, data, words);
  try {
    await modeler.importXML(data.xml);
  } catch {
    // nothing is saved of what could not be read
    before[0]?.firstChild?.replaceWith(`${words.notDrawn} `);
    place.replaceChildren(...before);
    place.classList.add("is-not-drawn");
    return;
  }
  const svg = parts.canvas.querySelector(".djs-container > svg");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", words.canvas);
  // where there is little room the tools would hide what they are for: a tap on them brings them
  const isNarrow = parts.canvas.clientWidth < 480;
  if (data.canChange && isNarrow) {
    fold(modeler.get("palette"), parts.canvas.querySelector(".djs-palette-toggle"), words);
  }
  const whole = () => fit(modeler.get("canvas"), data.canChange ? (isNarrow ? 72 : 120) : 16);
  whole();

  const stack = modeler.get("commandStack");
  const zoom = (by) => modeler.get("canvas").zoom(modeler.get("canvas").zoom() * by);
  const undo = button(words.undo, () => stack.undo());
  const redo = button(words.redo, () => stack.redo());
  parts.bar.append(
    ...(data.canChange ? [undo, redo] : []),
    button(words.larger, () => zoom(1.25)),
    button(words.smaller, () => zoom(0.8)),
    button(words.whole, whole),
    button(words.search, () => modeler.get("searchPad").toggle()),
    ...downloads(modeler, data, words),
  );
  const enable = () => {
    undo.disabled = !stack.canUndo();
    redo.disabled = !stack.canRedo();
  };
  enable();

  const found = make("div", { className: "editor-found" });
  const chosen = make("div", { className: "editor-chosen" });
  parts.side.append(chosen, found);
  sidebar(chosen, modeler, data, words);
  const check = checks(found, modeler, data, words);
  const save = saves(parts, modeler, data, words, showToRead);
  modeler.on("commandStack.changed", () => {
    enable();
    check();
    if (data.canChange) {
      save();
    }
  });
  choosableTable(modeler);
  parts.state.addEventListener("saved", () => renewTable(modeler));
  check();
  place.dataset.ready = "yes";
}

async function showToRead(container, xml) {
  const viewer = new NavigatedViewer({ container });
  await viewer.importXML(xml);
  viewer.get("canvas").zoom("fit-viewport");
}

function fold(palette, toggle, words) {
  palette.close();
  toggle.append("+");
  toggle.tabIndex = 0;
  toggle.setAttribute("role", "button");
  toggle.setAttribute("aria-label", words.tools);
  toggle.addEventListener("keydown", (event) => event.key === "Enter" && palette.open());
}

// Shows all of it, beside the tools that stand over the left edge.
function fit(canvas, left) {
  canvas.zoom("fit-viewport", "auto");
  const { inner, outer } = canvas.viewbox();
  const scale = Math.min((outer.width - left - 16) / inner.width, (outer.height - 32) / inner.height, 1);
  const [width, height] = [outer.width / scale, outer.height / scale];
  const x = Math.min(inner.x - left / scale, inner.x - (width - inner.width) / 2);
  canvas.viewbox({ x, y: inner.y - (height - inner.height) / 2, width, height });
}

// The table's lines lead to the element in the drawing and its words in the sidebar.
function choosableTable(modeler) {
  for (const row of document.querySelectorAll("[data-element]")) {
    const element = modeler.get("elementRegistry").get(row.dataset.element);
    if (element) {
      const words = row.firstChild;
      row.replaceChildren(
        button(words.textContent, () => choose(modeler, element.id), "link-button"),
      );
    }
  }
}

// The table says what was saved last, as the server has it.
async function renewTable(modeler) {
  const answer = await fetch(location.href).catch(() => null);
  if (answer?.ok) {
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    document.getElementById("elements-table").replaceWith(page.getElementById("elements-table"));
    choosableTable(modeler);
  }
}

export function choose(modeler, id) {
  const element = modeler.get("elementRegistry").get(id);
  if (element) {
    modeler.get("selection").select(element);
    modeler.get("canvas").scrollToElement(element);
    document.querySelector(".editor-chosen :is(input, select, textarea)")?.focus();
  }
}

const place = document.getElementById("editor");
if (place) {
  start(place);
}
