// A run's diagram, with what happened in it.
//
//   <div id="diagram" data-xml-url="…" data-state-url="…" data-label="…" data-lanes="{…}"></div>
//
// or, to spare the two requests, beside it
//
//   <script type="application/json" id="diagram-data">{"xml": "…", "state": {…}}</script>
//
// The state is {"done": [ids], "waiting": [ids], "flows": [ids]}, with "cancelled", "skipped" and
// "failed" where there is such, and "token" the flows that a token goes along; ids that are not in this diagram (a called one's) are passed
// over.  `data-lanes` has the reader's word for each lane, which diagrams call by machine words.
import { startReplay } from "./replay.js";
import { dataBeside, draw, fit, start } from "./viewer.js";

const MARKERS = {
  done: "is-done",
  waiting: "is-waiting",
  cancelled: "is-cancelled",
  skipped: "is-skipped",
  failed: "is-failed",
  flows: "is-taken",
};

// Draws the diagram of `container` and marks its state.  Resolves to {viewer, mark, move}:
// `mark(state)` shows another state in place of the one before, `move(flows)` a token on its way.
export async function showRun(container) {
  const { xml, state } = dataBeside(container) ?? (await fetchBoth(container.dataset));
  const viewer = await draw(container, xml);
  const mark = marker(viewer);
  mark(state);
  fit(viewer);
  const move = (flows, speed, goesOn) => moveToken(viewer, flows, speed, goesOn);
  move(state.token ?? []);
  return { viewer, mark, move };
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

const SPEED = 0.5; // pixels of the drawing in a millisecond

// A token goes along the flows that were taken last, one after the other, while `goesOn()`.
async function moveToken(viewer, flows, speed = 1, goesOn = () => true) {
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
    for (let place = 1; place < waypoints.length && goesOn(); place += 1) {
      await along(token, waypoints[place - 1], waypoints[place], SPEED * speed);
    }
  }
  token.remove();
}

function along(token, from, to, speed) {
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  const begun = performance.now();
  return new Promise((done) => {
    const step = (now) => {
      const part = length ? Math.min(1, ((now - begun) * speed) / length) : 1;
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

// a module runs once the page is parsed; an incident's history has two drawings
const drawn = [...document.querySelectorAll("[data-xml-url], [data-beside], #diagram")].map(
  async (container) => [container.id.replace("drawing-", ""), await start(container, showRun)],
);
const steering = document.querySelector("[data-replay-url]");
if (steering) {
  // a drawing that fails says so in its place; the replay goes on without it
  const shown = (await Promise.allSettled(drawn)).filter((one) => one.status === "fulfilled");
  await startReplay(steering, Object.fromEntries(shown.map((one) => one.value)));
}
