// The preview of a form follows what is typed into a card, before it is saved.
//
// The server prints it, with the code that prints forms for participants.
import { askOnlyWhatIsAsked } from "./asking.js";

const SHOWN_AFTER_MS = 300;
const preview = document.getElementById("preview");
let waiting = 0;
let newest = 0;

for (const form of document.querySelectorAll("form[data-card]")) {
  const soon = () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => show(form), SHOWN_AFTER_MS);
  };
  form.addEventListener("input", soon);
  form.addEventListener("change", soon);
}

async function show(form) {
  const asked = ++newest;
  const body = new URLSearchParams(new FormData(form));
  body.set("do", form.querySelector("[name=do][value=head], [name=do][value=add]")?.value ?? "save");
  const answer = await fetch(preview.dataset.url, { method: "POST", body }).catch(() => null);
  // what cannot be shown yet (a field without words) leaves what was there
  if (!answer?.ok || asked !== newest) {
    return;
  }
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  preview.replaceChildren(...page.body.childNodes);
  askOnlyWhatIsAsked(preview);
}
