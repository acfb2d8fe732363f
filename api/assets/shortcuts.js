// Keys for those who live here: what they are stands in the page's own list, `?` shows it.
//
// A key is ignored while somebody types, and all of them can be turned off, because voice control
// presses keys too.
const KEPT = "putright-shortcuts";

export function listenForKeys() {
  const help = document.getElementById("keys");
  if (!help) {
    return;
  }
  const toggle = help.querySelector("[data-toggle]");
  toggle.checked = isOn();
  toggle.addEventListener("change", () => {
    keep(toggle.checked);
  });
  help.querySelector("[data-close]").addEventListener("click", () => help.close());
  for (const opener of document.querySelectorAll("[data-keys]")) {
    opener.hidden = false;
    opener.addEventListener("click", () => help.showModal());
  }
  let began = false;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) {
      return;
    }
    if (!isOn() && event.key !== "?") {
      return;
    }
    const wanted = began ? `g ${event.key}` : event.key;
    began = event.key === "g" && !began;
    if (help.open) {
      return;
    }
    const link = help.querySelector(`[data-key="${CSS.escape(wanted)}"]`);
    if (link?.href) {
      location.assign(link.href);
    } else if (wanted === "?") {
      help.showModal();
    } else if (wanted === "/") {
      const search = document.querySelector("input[type=search]");
      if (!search) {
        return;
      }
      search.focus();
    } else if (wanted === "j" || wanted === "k") {
      walk(wanted === "j" ? 1 : -1);
    } else {
      return;
    }
    event.preventDefault();
  });
}

function walk(step) {
  const links = [...document.querySelectorAll("main .lines .what a")];
  const at = links.indexOf(document.activeElement);
  const next = at < 0 ? (step > 0 ? 0 : links.length - 1) : at + step;
  links[next]?.focus();
}

function isTyping(target) {
  return target.closest?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
}

function isOn() {
  try {
    return localStorage.getItem(KEPT) !== "off";
  } catch {
    return true;
  }
}

function keep(on) {
  try {
    localStorage.setItem(KEPT, on ? "on" : "off");
  } catch {
    // a browser that keeps nothing: on again with the next page
  }
}
