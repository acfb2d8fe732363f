// Goes through a run moment by moment: the token moves along the ways taken, and what was so at the
// moment stands beside it.
//
// The page shows one moment already, and its links lead to the others without any script; here the
// same page goes on from moment to moment.  Every fact, colour and row holds `from` one moment
// `until` another, both counted from 0.  The address always is that of the moment shown.

const PACE = 1400; // milliseconds for a moment at single speed
const LOOKS = ["failed", "waiting", "done", "cancelled", "skipped"];

// `form` steers; `drawings` maps the key of each to {mark, move}.
export async function startReplay(form, drawings) {
  const answer = await fetch(form.dataset.replayUrl, { credentials: "same-origin" });
  if (!answer.ok) {
    const words = document.createElement("p");
    words.textContent = form.dataset.failed;
    form.append(words);
    return;
  }
  new Replay(form, drawings, await answer.json());
}

class Replay {
  constructor(form, drawings, told) {
    this.form = form;
    this.drawings = drawings;
    this.told = told;
    this.range = form.elements.moment;
    this.place = Number(this.range.value) - 1;
    this.playing = null;
    this.play = form.querySelector("[data-play]");
    this.words = { play: this.play.textContent, pause: this.play.dataset.pause };
    this.speed = form.querySelector("[data-speed] select");
    this.steps = Object.fromEntries(
      [...form.querySelectorAll("[data-step]")].map((link) => [link.dataset.step, link]),
    );
    this.listen();
    this.show(this.place);
    form.dataset.ready = "yes";
  }

  get last() {
    return this.told.moments.length - 1;
  }

  listen() {
    this.form.querySelector("[data-show]").hidden = true;
    this.play.hidden = false;
    this.form.querySelector("[data-speed]").hidden = false;
    this.form.addEventListener("submit", (event) => event.preventDefault());
    this.play.addEventListener("click", () => (this.playing ? this.pause() : this.begin()));
    this.range.addEventListener("input", () => this.goTo(Number(this.range.value) - 1));
    const places = {
      first: () => 0,
      back: () => this.place - 1,
      on: () => this.place + 1,
      last: () => this.last,
    };
    for (const [step, link] of Object.entries(this.steps)) {
      link.addEventListener("click", (event) => {
        // opened elsewhere, the address does
        if (!event.ctrlKey && !event.metaKey && !event.shiftKey) {
          event.preventDefault();
          this.goTo(places[step]());
        }
      });
    }
  }

  goTo(place) {
    this.pause();
    this.comeTo(Math.min(Math.max(place, 0), this.last));
  }

  begin() {
    if (this.place === this.last) {
      this.comeTo(0);
    }
    this.play.textContent = this.words.pause;
    // a reader that says each moment would still be at the first when the last is shown
    this.form.querySelector("[data-moment]").setAttribute("aria-live", "off");
    const token = {};
    this.playing = token;
    this.go(token);
  }

  async go(token) {
    while (this.playing === token && this.place < this.last) {
      const speed = Number(this.speed.value);
      const still = new Promise((done) => setTimeout(done, PACE / speed));
      const next = this.place + 1;
      const moving = Object.entries(this.drawings).map(([key, drawing]) =>
        drawing.move(this.told.drawings[key]?.moves[next] ?? [], speed, () => this.playing === token),
      );
      await Promise.all([still, ...moving]);
      if (this.playing === token) {
        this.comeTo(next);
      }
    }
    if (this.playing === token) {
      this.pause();
    }
  }

  pause() {
    this.playing = null;
    this.play.textContent = this.words.play;
    this.form.querySelector("[data-moment]").setAttribute("aria-live", "polite");
  }

  show(place) {
    this.place = place;
    const moment = this.told.moments[place];
    this.range.value = place + 1;
    this.range.setAttribute("aria-valuetext", `${moment.when}: ${moment.deed}`);
    this.tell(moment);
    this.showFacts();
    this.showRows();
    for (const [key, drawing] of Object.entries(this.drawings)) {
      drawing.mark(this.looks(this.told.drawings[key]?.spans ?? []));
    }
    this.point();
  }

  // The address says where one has come to; opened without a moment, it stays that of the latest.
  comeTo(place) {
    this.show(place);
    history.replaceState(null, "", this.address(place));
  }

  tell(moment) {
    const { dataset } = this.form;
    const when = this.form.querySelector("[data-when]");
    const time = document.createElement("time");
    time.dateTime = moment.instant;
    time.textContent = moment.when;
    when.replaceChildren(time);
    this.form.querySelector("[data-place]").textContent = dataset.spoken
      .replace("##", this.told.moments.length)
      .replace("#", this.place + 1);
    this.form.querySelector("[data-deed]").replaceChildren(...this.signed(moment.deed, moment.signer));
    const entries = this.form.querySelector("[data-entries]");
    const first = moment.entries.split("–")[0];
    entries.textContent = dataset.entries.replace("#", moment.entries);
    entries.search = `?at=${first}`;
    entries.hash = `#entry-${first}`;
  }

  showFacts() {
    const held = this.told.facts.filter((fact) => this.holds(fact));
    for (const group of document.querySelectorAll("[data-facts] [data-kind]")) {
      const own = held.filter((fact) => fact.kind === group.dataset.kind);
      if (group.dataset.kind === "answered") {
        own.reverse();
      }
      const most = Number(this.form.dataset.most);
      const lines = own.slice(0, most).map((fact) => {
        const line = document.createElement("li");
        const words = fact.words.charAt(0).toUpperCase() + fact.words.slice(1);
        line.append(...this.signed(words, fact.signer));
        return line;
      });
      if (own.length > most) {
        const more = document.createElement("li");
        more.className = "quiet";
        more.textContent = this.form.dataset.more.replace("#", own.length - most);
        lines.push(more);
      }
      group.hidden = own.length === 0;
      group.querySelector("ul").replaceChildren(...lines);
    }
  }

  showRows() {
    for (const row of document.querySelectorAll("tr[data-from]")) {
      const { from, until } = row.dataset;
      const isOver = until !== "" && Number(until) <= this.place;
      row.hidden = Number(from) > this.place;
      for (const cell of row.querySelectorAll("[data-then], [data-still]")) {
        cell.hidden = "then" in cell.dataset ? !isOver : isOver;
      }
    }
    for (const count of document.querySelectorAll("[data-begun]")) {
      const folded = count.closest("details");
      const begun = folded.querySelectorAll("tr[data-from]:not([hidden])").length;
      count.textContent = begun;
      folded.hidden = begun === 0;
    }
  }

  // The ids by look; of several looks of an element the first counts.
  looks(spans) {
    const held = spans.filter((span) => this.holds(span));
    const state = { flows: held.filter((span) => span.look === "flows").map((span) => span.id) };
    const seen = new Set();
    for (const look of LOOKS) {
      const own = held.filter((span) => span.look === look && !seen.has(span.id));
      state[look] = own.map((span) => span.id);
      state[look].forEach((id) => seen.add(id));
    }
    return state;
  }

  point() {
    const places = { first: 0, back: this.place - 1, on: this.place + 1, last: this.last };
    for (const [step, link] of Object.entries(this.steps)) {
      if (places[step] === this.place || places[step] < 0 || places[step] > this.last) {
        // without an address it is no link, and leads nowhere
        const hadFocus = document.activeElement === link;
        link.removeAttribute("href");
        if (hadFocus) {
          this.range.focus();
        }
      } else {
        link.href = this.address(places[step]);
      }
    }
  }

  address(place) {
    const url = new URL(location.href);
    url.search = `?at=${this.told.moments[place].at}`;
    return url.href;
  }

  holds({ from, until }) {
    return from <= this.place && (until === null || this.place < until);
  }

  // The words, and behind them what signed them unless that was a person.
  signed(words, signer) {
    if (!signer || signer === "person") {
      return [words];
    }
    const mark = document.createElement("span");
    mark.className = `signer is-${signer}`;
    mark.textContent = this.form.dataset[signer];
    return [`${words} `, mark];
  }
}
