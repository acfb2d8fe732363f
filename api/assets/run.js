// A run's diagram, with what happened in it.
//
//   <div id="diagram" data-xml-url="…" data-state-url="…" data-label="…" data-lanes="{…}"></div>
//
// or, to spare the two requests, beside it
//
//   <script type="application/json" id="diagram-data">{"xml": "…", "state": {…}}</script>
//
// The state is {"done": [ids], "waiting": [ids], "cancelled": [ids], "flows": [ids]}; ids that are
// not in this diagram (a called one's) are passed over.  `data-lanes` has the reader's word for each
// lane, which diagrams call by machine words.  Reader software sees nothing in a
// drawing: the page has the same as a table, and this never replaces it.
//
// The bpmn.io logo has to stay visible and free of anything that overlaps it: our buttons stand
// above the canvas, not on it.
import NavigatedViewer from "bpmn-js/lib/NavigatedViewer";

const MARKERS = {
  done: "is-done",
  waiting: "is-waiting",
  cancelled: "is-cancelled",
  flows: "is-taken",
};

// Draws the diagram of `container` and marks its state.  Resolves to {viewer, mark}; `mark(state)`
// shows another state in place of the one before (a replay, a refresh).
export async function showRun(container) {
  const { xml, state } = await read(container);
  const canvasPlace = document.createElement("div");
  canvasPlace.className = "diagram-canvas";
  container.replaceChildren(canvasPlace);

  // The wheel scrolls the page and the keys stay with the page until the drawing has the focus.
  const viewer = new NavigatedViewer({ container: canvasPlace, zoomScroll: { enabled: false } });
  await viewer.importXML(xml);
  name(canvasPlace, container.dataset.label);
  container.prepend(zoomButtons(viewer, container.dataset));
  const mark = marker(viewer);
  mark(state);
  fit(viewer);
  moveToken(viewer, state.moved ?? []);
  return { viewer, mark };
}

async function read(container) {
  const beside = document.getElementById(`${container.id}-data`);
  if (beside) {
    return JSON.parse(beside.textContent);
  }
  const { xmlUrl, stateUrl } = container.dataset;
  const [xml, state] = await Promise.all([
    fetched(xmlUrl).then((answer) => answer.text()),
    // a diagram by itself has no state
    stateUrl ? fetched(stateUrl).then((answer) => answer.json()) : {},
  ]);
  return { xml, state };
}

async function fetched(url) {
  const answer = await fetch(url, { credentials: "same-origin" });
  if (!answer.ok) {
    throw new Error(`${url} answered ${answer.status}`);
  }
  return answer;
}

// Returns the function that puts a state's markers on and takes those of the last one off.
function marker(viewer) {
  const canvas = viewer.get("canvas");
  const elements = viewer.get("elementRegistry");
  let marked = [];

  return (state) => {
    for (const [id, name] of marked) {
      canvas.removeMarker(id, name);
    }
    marked = Object.entries(MARKERS).flatMap(([kind, name]) =>
      (state[kind] ?? []).filter((id) => elements.get(id)).map((id) => [id, name]),
    );
    for (const [id, name] of marked) {
      canvas.addMarker(id, name);
    }
  };
}

const SPEED = 0.5; // pixels of the drawing in a millisecond

// A token goes along the flows that were taken last, one after the other.
async function moveToken(viewer, flows) {
  const elements = viewer.get("elementRegistry");
  const ways = flows.map((id) => elements.get(id)).filter(Boolean);
  if (!ways.length || matchMedia("(prefers-reduced-motion: reduce)").matches) {
    return;
  }
  const token = document.createElementNS("http://www.w3.org/2000/svg", "circle");
  token.setAttribute("class", "token");
  token.setAttribute("r", "10");
  viewer.get("canvas").getLayer("token", 10).append(token);
  for (const { waypoints } of ways) {
    for (let place = 1; place < waypoints.length; place += 1) {
      await along(token, waypoints[place - 1], waypoints[place]);
    }
  }
  token.remove();
}

function along(token, from, to) {
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  const begun = performance.now();
  return new Promise((done) => {
    const step = (now) => {
      const part = length ? Math.min(1, ((now - begun) * SPEED) / length) : 1;
      token.setAttribute("cx", from.x + (to.x - from.x) * part);
      token.setAttribute("cy", from.y + (to.y - from.y) * part);
      if (part < 1) {
        requestAnimationFrame(step);
      } else {
        done();
      }
    };
    requestAnimationFrame(step);
  });
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

function fit(viewer) {
  viewer.get("canvas").zoom("fit-viewport", "auto");
}

async function start(container) {
  try {
    await showRun(container);
    container.dataset.ready = "yes";
  } catch (error) {
    const words = document.createElement("p");
    words.textContent = container.dataset.failed;
    container.replaceChildren(words);
    throw error;
  }
}

// a module runs once the page is parsed; an incident's history has two drawings
for (const container of document.querySelectorAll("[data-xml-url], [data-beside], #diagram")) {
  start(container);
}
