// A draft saves itself.  What somebody else saved meanwhile is never overwritten: both are shown,
// and whoever is here chooses.  `show(container, xml)` draws one of them, to be looked at.
import { button, make } from "./make.js";

const PAUSE = 700;
const AGAIN = 5000;

export function saves(parts, modeler, data, words, show) {
  let { revision } = data;
  let waiting = null;
  let isBusy = false;
  let isStale = false;
  let isDue = false;

  const send = (xml, from) =>
    fetch(data.urls.file, {
      method: "PUT",
      headers: { "Content-Type": "application/json", "X-CSRFToken": data.token },
      body: JSON.stringify({ content: xml, revision: from }),
    });

  const save = async () => {
    if (isBusy || isStale) {
      isDue = true;
      return;
    }
    isBusy = true;
    isDue = false;
    parts.state.textContent = words.saving;
    try {
      const { xml } = await modeler.saveXML({ format: true });
      const answer = await send(xml, revision);
      if (answer.ok) {
        ({ revision } = await answer.json());
        parts.state.textContent = words.saved;
        parts.state.dataset.revision = revision;
      } else if (answer.status === 409) {
        await stale(xml, await answer.json());
      } else {
        throw new Error((await answer.json()).sentence);
      }
    } catch {
      parts.state.textContent = words.notSaved;
      isDue = true;
      waiting = setTimeout(save, AGAIN);
    }
    isBusy = false;
    if (isDue && !isStale) {
      clearTimeout(waiting);
      waiting = setTimeout(save, PAUSE);
    }
  };

  const stale = async (mine, refusal) => {
    if (refusal.code !== "stale_file") {
      parts.state.textContent = refusal.sentence;
      isStale = true;
      return;
    }
    isStale = true;
    const theirs = await (await fetch(data.urls.file)).json();
    const drawings = make("div", { className: "editor-both" });
    const asked = make("section", { className: "notice bad", role: "alert" });
    const done = () => {
      isStale = false;
      parts.asked.replaceChildren();
    };
    const buttons = make("div", { className: "deeds" });
    buttons.append(
      button(words.takeTheirs, async () => {
        await modeler.importXML(theirs.content);
        ({ revision } = theirs);
        done();
        parts.state.textContent = words.saved;
      }),
      button(
        words.keepMine,
        () => {
          ({ revision } = theirs);
          done();
          save();
        },
        "secondary",
      ),
    );
    asked.append(
      make("p", { text: `${theirs.changed_by} ${words.stale}` }),
      drawings,
      buttons,
    );
    parts.asked.replaceChildren(asked);
    parts.state.textContent = "";
    for (const [label, xml] of [
      [words.mine, mine],
      [words.theirs, theirs.content],
    ]) {
      const container = make("div", { className: "editor-one" });
      drawings.append(make("figure", {}, make("figcaption", { text: label }), container));
      await show(container, xml ?? mine);
    }
  };

  window.addEventListener("beforeunload", (event) => {
    if (isDue || isBusy || isStale) {
      event.preventDefault();
    }
  });

  return () => {
    isDue = true;
    clearTimeout(waiting);
    waiting = setTimeout(save, PAUSE);
  };
}
