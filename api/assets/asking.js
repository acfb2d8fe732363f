// Forms: questions that depend on an answer are hidden until they are asked, another row comes
// without leaving one's place, and a form is sent once.

// `data-shown-if="name=value|value"`: the field is asked while the control has one of the values.
export function askOnlyWhatIsAsked(root) {
  for (const form of root.querySelectorAll("form")) {
    if (form.querySelector("[data-shown-if]")) {
      update(form);
      form.addEventListener("change", () => update(form));
    }
  }
}

function update(form) {
  for (const field of form.querySelectorAll("[data-shown-if]")) {
    const [name, values] = field.dataset.shownIf.split("=");
    const isAsked = values.split("|").includes(valueOf(form, name));
    field.hidden = !isAsked;
    for (const control of field.querySelectorAll("input, select, textarea")) {
      // what is hidden is not sent; what was typed there stays until the page is left
      control.disabled = !isAsked;
    }
    // what only says when it is asked is not news to who sees that it is
    for (const when of field.querySelectorAll(".answers-when")) {
      when.hidden = true;
    }
  }
}

function valueOf(form, name) {
  const controls = [...form.querySelectorAll(`[name="${CSS.escape(name)}"]`)];
  const chosen = controls.find((control) =>
    ["radio", "checkbox"].includes(control.type) ? control.checked : true,
  );
  return chosen?.value ?? "";
}

// “Add another” and “Remove” ask the server for the form with more or fewer rows; with a script
// only the form's inside changes, so that nobody is thrown to the top of the page.
export function keepTyping() {
  document.addEventListener("submit", async (event) => {
    const { submitter, target: form } = event;
    if (!["_add", "_remove"].includes(submitter?.name) || !form.dataset.keeps) {
      return;
    }
    event.preventDefault();
    const answer = await fetch(form.action, {
      method: "POST",
      body: new URLSearchParams(new FormData(form, submitter)),
    }).catch(() => null);
    const inside = answer?.ok ? insideOf(await answer.text(), form.id) : null;
    if (!inside) {
      // as without a script: the browser sends it, and shows what comes back
      form.removeAttribute("data-keeps");
      form.requestSubmit(submitter);
      return;
    }
    form.querySelector(".answers").replaceWith(inside);
    update(form);
    (inside.querySelector("[autofocus]") ?? inside.querySelector("button:not(.answers-enter)"))?.focus();
  });
}

function insideOf(text, id) {
  const page = new DOMParser().parseFromString(text, "text/html");
  return page.getElementById(id)?.querySelector(".answers");
}

// A double click sends once.  The server would do it once anyway; this spares a strange page.
export function sendOnce() {
  document.addEventListener("submit", (event) => {
    if (event.defaultPrevented || event.target.method !== "post") {
      return;
    }
    if (event.target.dataset.sent) {
      event.preventDefault();
      return;
    }
    event.target.dataset.sent = "yes";
  });
  // coming back to a page that the browser kept: it may be sent again
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) {
      delete form.dataset.sent;
    }
  });
}

// What is typed is kept as a draft a moment later: on the server, so that another device goes on
// with it.  Without a script there is the button.
const KEPT_AFTER_MS = 1500;

export function keepDrafts() {
  for (const form of document.querySelectorAll("form[data-draft]")) {
    const said = document.getElementById("draft-kept");
    let waiting = 0;
    form.addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(async () => {
        const answer = form.dataset.sent ? null : await keep(form);
        if (answer) {
          said.textContent = answer;
        }
      }, KEPT_AFTER_MS);
    });
    form.addEventListener("submit", () => clearTimeout(waiting));
  }
}

async function keep(form) {
  const body = new URLSearchParams(new FormData(form));
  const answer = await fetch(form.dataset.draft, { method: "POST", body }).catch(() => null);
  return answer?.ok ? await answer.text() : "";
}
