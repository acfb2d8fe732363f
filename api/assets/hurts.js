// A diagram with where runs waited: the darker, the longer; and how often each way was taken.
//
//   <div id="drawing" data-hurts …></div>
//   <script type="application/json" id="drawing-data">
//     {"xml": "…", "heat": {id: 1 to 5}, "signs": {id: words}, "flows": {id: times}}</script>
import { dataBeside, draw, fit, lookAt, sign, start } from "./viewer.js";

async function show(container) {
  const { xml, heat, signs, flows } = dataBeside(container);
  const viewer = await draw(container, xml);
  const elements = viewer.get("elementRegistry");
  for (const [id, level] of Object.entries(heat)) {
    if (elements.get(id)) {
      viewer.get("canvas").addMarker(id, `heat-${level}`);
    }
  }
  for (const [id, words] of Object.entries(signs)) {
    sign(viewer, id, words, "of-element");
  }
  for (const [id, times] of Object.entries(flows)) {
    sign(viewer, id, times, "of-way");
  }
  fit(viewer);
  for (const link of document.querySelectorAll("a[data-shows]")) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      lookAt(viewer, link.dataset.shows);
      container.scrollIntoView({ block: "nearest" });
    });
  }
}

for (const container of document.querySelectorAll("[data-hurts]")) {
  start(container, show);
}
