// Two versions of a diagram, marked where they differ, which are moved and made larger together.
//
//   <div data-side="before" id="before" …></div>
//   <script type="application/json" id="before-data">{"xml": "…", "marks": {id: how}}</script>
//
// and the same with `now`; one of them may be missing.  A link with `data-before` and `data-now`
// shows that element in both.
import { dataBeside, draw, fit, lookAt, sign, start } from "./viewer.js";

const SIGNS = { added: "+", removed: "−", changed: "≠", moved: "↔" };

async function show(container) {
  const { xml, marks } = dataBeside(container);
  const viewer = await draw(container, xml);
  const elements = viewer.get("elementRegistry");
  for (const [id, how] of Object.entries(marks)) {
    if (elements.get(id)) {
      viewer.get("canvas").addMarker(id, `is-${how}`);
      sign(viewer, id, SIGNS[how], `of-${how}`);
    }
  }
  fit(viewer);
  return viewer;
}

// What one is moved to, the other is moved to.
function inStep(one, other) {
  let isFollowing = false;
  const follow = (leader, follower) =>
    leader.on("canvas.viewbox.changed", ({ viewbox }) => {
      if (isFollowing) {
        return;
      }
      isFollowing = true;
      const { x, y, width, height } = viewbox;
      follower.get("canvas").viewbox({ x, y, width, height });
      isFollowing = false;
    });
  follow(one, other);
  follow(other, one);
}

function showsFromLinks(sides) {
  for (const link of document.querySelectorAll("a[data-shows]")) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      for (const { viewer, key } of sides) {
        lookAt(viewer, link.dataset[key]);
      }
      sides[0].container.scrollIntoView({ block: "nearest" });
    });
  }
  for (const { viewer, key } of sides) {
    viewer.on("element.click", ({ element }) => {
      const id = element.labelTarget?.id ?? element.id;
      const links = [...document.querySelectorAll("a[data-shows]")];
      const link = links.find((one) => one.dataset[key] === id);
      link?.focus();
    });
  }
}

const containers = [...document.querySelectorAll("[data-side]")];
// one that cannot be drawn says so in its place, and the other is shown
const shown = await Promise.allSettled(containers.map((container) => start(container, show)));
const sides = shown.flatMap(({ value: viewer }, index) =>
  viewer ? [{ viewer, container: containers[index], key: containers[index].dataset.side }] : [],
);
if (sides.length === 2) {
  inStep(sides[0].viewer, sides[1].viewer);
}
if (sides.length > 0) {
  showsFromLinks(sides);
}
