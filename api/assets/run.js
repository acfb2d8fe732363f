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
// lane, which diagrams call by machine words.
import { dataBeside, draw, fit, start } from "./viewer.js";

const MARKERS = {
  done: "is-done",
  waiting: "is-waiting",
  cancelled: "is-cancelled",
  flows: "is-taken",
};

// Draws the diagram of `container` and marks its state.  Resolves to {viewer, mark}; `mark(state)`
// shows another state in place of the one before (a replay, a refresh).
export async function showRun(container) {
  const { xml, state } = dataBeside(container) ?? (await fetchBoth(container.dataset));
  const viewer = await draw(container, xml);
  const mark = marker(viewer);
  mark(state);
  fit(viewer);
  return { viewer, mark };
}

async function fetchBoth({ xmlUrl, stateUrl }) {
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

// a module runs once the page is parsed; an incident's history has two drawings
for (const container of document.querySelectorAll("[data-xml-url], #diagram")) {
  start(container, showRun);
}
