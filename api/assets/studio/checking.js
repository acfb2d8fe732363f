// What the proof says of the drawing, on its elements and beside them; a way to what is wrong can
// be walked, step by step, with the answers that lead there.
import { button, make } from "./make.js";

const PAUSE = 150;
const ORDER = ["refuted", "unknown", "warning", "hint"];

export function checks(place, modeler, data, words) {
  const status = make("p", { role: "status", className: "editor-verdict" });
  const list = make("ul", { className: "plain editor-findings" });
  const walk = make("div", { className: "editor-walk" });
  place.append(make("h2", { text: words.findings }), status, walk, list);
  let waiting = null;
  let isAsked = false;
  let isDue = false;
  let walking = null;

  // One question at a time: what is given up here would be proved to its end all the same.
  const check = async () => {
    if (isAsked) {
      isDue = true;
      return;
    }
    isAsked = true;
    isDue = false;
    status.textContent = words.checking;
    try {
      const { xml } = await modeler.saveXML({ format: true });
      const answer = await fetch(data.urls.proof, {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-CSRFToken": data.token },
        body: JSON.stringify({ files: { [data.name]: xml } }),
      });
      const told = await answer.json();
      if (answer.status === 503) {
        // others are just being proved
        waiting = setTimeout(check, 1000);
      } else if (!answer.ok) {
        throw new Error(told.sentence);
      } else if (!isDue) {
        show(found(told, data.name));
      }
    } catch {
      status.textContent = words.notChecked;
    }
    isAsked = false;
    if (isDue) {
      check();
    }
  };

  const show = (findings) => {
    walking?.();
    const overlays = modeler.get("overlays");
    const registry = modeler.get("elementRegistry");
    overlays.remove({ type: "finding" });
    list.replaceChildren(...findings.map((one) => line(one)));
    const heavy = findings.filter((one) => ["refuted", "unknown"].includes(one.severity));
    status.textContent = heavy.length ? "" : words.safe;
    status.classList.toggle("good", heavy.length === 0);
    const marked = new Map();
    for (const one of findings) {
      if (one.element && registry.get(one.element) && !marked.has(one.element)) {
        marked.set(one.element, one);
      }
    }
    for (const [id, one] of marked) {
      const badge = button(one.severity === "hint" ? "i" : "!", () => select(id), `finding-badge ${one.severity}`);
      badge.title = one.message;
      badge.setAttribute("aria-label", `${words[one.severity]}: ${one.message}`);
      const element = registry.get(id);
      const at = element.waypoints ? { top: -12, left: 8 } : { top: -12, right: 12 };
      try {
        overlays.add(id, "finding", { position: at, html: badge });
      } catch {
        // a process has no place of its own in a drawing of pools
      }
    }
    place.dataset.checked = String(Number(place.dataset.checked ?? 0) + 1);
  };

  const nameOf = (id) => {
    const object = modeler.get("elementRegistry").get(id)?.businessObject;
    return object?.name || id.replaceAll("_", " ");
  };

  const select = (id) => {
    const element = modeler.get("elementRegistry").get(id);
    if (element) {
      modeler.get("selection")?.select?.(element);
      modeler.get("canvas").scrollToElement(element);
    }
  };

  const line = (one) => {
    const item = make("li", { className: one.severity });
    const sign = make("strong", { text: words[one.severity] });
    item.append(sign, " ");
    if (one.element && modeler.get("elementRegistry").get(one.element)) {
      item.append(button(nameOf(one.element), () => select(one.element), "link-button"), " ");
    } else if (one.file !== data.name) {
      item.append(make("code", { text: one.file }), " ");
    }
    item.append(one.message);
    if (one.path.length) {
      item.append(" ", button(words.walk, () => follow(one), "link-button"));
    }
    return item;
  };

  // Walks the way to a finding.
  const follow = (one) => {
    walking?.();
    const canvas = modeler.get("canvas");
    const registry = modeler.get("elementRegistry");
    let place_ = 0;
    let marked = [];
    const clear = () => {
      for (const [id, name] of marked) {
        if (registry.get(id)) {
          canvas.removeMarker(id, name);
        }
      }
      marked = [];
    };
    const stop = () => {
      clear();
      walk.replaceChildren();
      walking = null;
    };
    walking = stop;
    const mark = (id, name) => {
      if (registry.get(id)) {
        canvas.addMarker(id, name);
        marked.push([id, name]);
      }
    };
    const said = make("p", { role: "status" });
    const back = button(words.back, () => go(place_ - 1), "secondary");
    const on = button(words.on, () => go(place_ + 1));
    const go = (to) => {
      place_ = Math.max(0, Math.min(one.path.length - 1, to));
      clear();
      one.path.slice(0, place_).forEach((id) => mark(id, "is-walked"));
      const id = one.path[place_];
      mark(id, "is-here");
      if (registry.get(id)) {
        canvas.scrollToElement(id);
      }
      const answers = Object.entries(one.answers[place_] ?? {}).map(([name, value]) =>
        name === "flow" ? nameOf(value) : `${name.replaceAll("_", " ")}: ${value ?? "–"}`,
      );
      said.textContent =
        `${words.step} ${place_ + 1} ${words.of} ${one.path.length}: ${nameOf(id)}` +
        (answers.length ? ` (${answers.join(", ")})` : "");
      back.disabled = place_ === 0;
      on.disabled = place_ === one.path.length - 1;
    };
    const buttons = make("div", { className: "deeds" });
    buttons.append(back, on, button(words.endWalk, stop, "secondary outline"));
    walk.replaceChildren(make("p", { text: one.message }), said, buttons);
    go(0);
    on.focus();
  };

  return () => {
    clearTimeout(waiting);
    waiting = setTimeout(check, PAUSE);
  };
}

// All findings, those of this file first, the heaviest first.
function found(told, name) {
  const all = told.files.flatMap((file) =>
    [...file.findings, ...file.processes.flatMap((process) => process.findings)].map((one) => ({
      ...one,
      file: file.file,
    })),
  );
  const seen = new Set();
  return all
    .filter((one) => one.file === name || ["refuted", "unknown"].includes(one.severity))
    .filter((one) => {
      const key = `${one.file} ${one.element} ${one.message}`;
      return !seen.has(key) && seen.add(key);
    })
    .sort(
      (one, other) =>
        (other.file === name) - (one.file === name) ||
        ORDER.indexOf(one.severity) - ORDER.indexOf(other.severity),
    );
}
