// A diagram to be looked at: drawn, with a name, and with buttons that make it larger and smaller.
//
//   <div id="now" data-label="…" data-larger="…" data-smaller="…" data-whole="…" data-failed="…"></div>
//   <script type="application/json" id="now-data">{"xml": "…", …}</script>
//
// Reader software sees nothing in a drawing: the page has the same as a table, and this never
// replaces it.  The bpmn.io logo has to stay visible and free of anything that overlaps it: our
// buttons stand above the canvas, not on it.
import NavigatedViewer from "bpmn-js/lib/NavigatedViewer";

// Draws `xml` in `container`; resolves to the viewer.
export async function draw(container, xml) {
  const canvasPlace = document.createElement("div");
  canvasPlace.className = "diagram-canvas";
  container.replaceChildren(canvasPlace);

  // The wheel scrolls the page and the keys stay with the page until the drawing has the focus.
  const viewer = new NavigatedViewer({ container: canvasPlace, zoomScroll: { enabled: false } });
  await viewer.importXML(xml);
  name(canvasPlace, container.dataset.label);
  container.prepend(zoomButtons(viewer, container.dataset));
  return viewer;
}

export function fit(viewer) {
  viewer.get("canvas").zoom("fit-viewport", "auto");
}

// Returns what stands beside a container as JSON; undefined if nothing does.
export function dataBeside(container) {
  const beside = document.getElementById(`${container.id}-data`);
  return beside ? JSON.parse(beside.textContent) : undefined;
}

// Calls `show(container)` and says in words, in its place, if that fails.
export async function start(container, show) {
  try {
    const shown = await show(container);
    container.dataset.ready = "yes";
    return shown;
  } catch (error) {
    const words = document.createElement("p");
    words.textContent = container.dataset.failed;
    container.replaceChildren(words);
    throw error;
  }
}

// Puts a sign on an element: at the corner of a box, at the middle of a way.
export function sign(viewer, id, words, className) {
  const element = viewer.get("elementRegistry").get(id);
  if (!element) {
    return;
  }
  const html = document.createElement("span");
  html.className = `diagram-sign ${className}`;
  html.textContent = words;
  viewer.get("overlays").add(id, { position: placeOf(element), html, show: { minZoom: 0.3 } });
}

function placeOf(element) {
  if (!element.waypoints) {
    return { top: -12, right: 12 };
  }
  const { waypoints } = element;
  const at = Math.floor((waypoints.length - 1) / 2);
  const [from, to] = [waypoints[at], waypoints[at + 1] ?? waypoints[at]];
  const left = Math.min(...waypoints.map((point) => point.x));
  const top = Math.min(...waypoints.map((point) => point.y));
  return { left: (from.x + to.x) / 2 - left - 10, top: (from.y + to.y) / 2 - top - 10 };
}

// Shows where an element is, and only that one; passes over what is not drawn here.
export function lookAt(viewer, id) {
  const canvas = viewer.get("canvas");
  const elements = viewer.get("elementRegistry");
  for (const one of elements.filter((element) => canvas.hasMarker(element, "is-looked-at"))) {
    canvas.removeMarker(one, "is-looked-at");
  }
  if (id && elements.get(id)) {
    canvas.addMarker(id, "is-looked-at");
    canvas.scrollToElement(id, 60);
  }
}

// The drawing can have the focus (its keys move it), so it needs a name.
function name(canvasPlace, label) {
  const drawing = canvasPlace.querySelector(".djs-container > svg");
  drawing.setAttribute("role", "img");
  drawing.setAttribute("aria-label", label);
}

function zoomButtons(viewer, words) {
  const canvas = viewer.get("canvas");
  const bar = document.createElement("div");
  bar.className = "diagram-buttons";
  bar.append(
    button(words.larger ?? "+", () => canvas.zoom(canvas.zoom() * 1.25)),
    button(words.smaller ?? "−", () => canvas.zoom(canvas.zoom() / 1.25)),
    button(words.whole ?? "□", () => fit(viewer)),
  );
  return bar;
}

function button(words, onClick) {
  const element = document.createElement("button");
  element.type = "button";
  element.textContent = words;
  element.addEventListener("click", onClick);
  return element;
}
