// The conversations of this browser: one record each in its storage, named after the folder served.
//   fn-chat:CORPUS:ID → {name, at, turns: [{question, kept, markdown}]}
// What the server drew is kept as it came (`kept` is JSON text that is handed back untouched).
window.chats = (() => {
  const find = (selector) => document.querySelector(selector);
  const shelf = () => find("#fn-chats");
  const prefix = () => `fn-chat:${shelf().dataset.corpus}:`;
  const openKey = () => `fn-open:${shelf().dataset.corpus}`;
  const LONGEST_NAME = 80;
  let begun = false; // before that, the server draws an empty page, which says nothing
  let restore = () => {};
  let rate = () => {};

  const read = (id) => {
    try {
      return JSON.parse(localStorage.getItem(prefix() + id));
    } catch {
      return null;
    }
  };

  const list = () => {
    const found = [];
    for (let number = 0; number < localStorage.length; number += 1) {
      const key = localStorage.key(number);
      if (!key.startsWith(prefix())) continue;
      const id = key.slice(prefix().length);
      const chat = read(id);
      if (chat) found.push({ id, ...chat });
    }
    return found.sort((one, other) => other.at - one.at);
  };

  // Where the browser has no room left, the oldest of the other conversations give way.
  const write = (id, chat) => {
    const text = JSON.stringify(chat);
    for (;;) {
      try {
        localStorage.setItem(prefix() + id, text);
        return;
      } catch {
        const oldest = list().filter((other) => other.id !== id).pop();
        say(shelf().dataset.full);
        if (!oldest) return;
        localStorage.removeItem(prefix() + oldest.id);
      }
    }
  };

  const say = (text) => {
    const status = shelf().querySelector("[role=status]");
    status.textContent = text;
    status.hidden = !text;
  };

  const current = () => find(".fn-turns")?.dataset.conversation ?? "";

  const keep = (element) => {
    const log = element.querySelector(".fn-turns");
    if (!log?.dataset.conversation || !shelf()) return;
    const id = log.dataset.conversation;
    if (begun) sessionStorage.setItem(openKey(), id);
    const turns = [...log.querySelectorAll("[data-kept]")].map((turn) => ({
      question: turn.querySelector(".fn-question").lastChild.textContent,
      kept: turn.dataset.kept,
      markdown: turn.dataset.markdown,
    }));
    if (turns.length) {
      const before = read(id);
      const grown = turns.length !== before?.turns.length;
      const name = before?.name ?? turns[0].question.slice(0, LONGEST_NAME);
      write(id, { name, at: grown ? Date.now() : before.at, turns });
    }
    draw();
  };

  const button = (text, label, act) => {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = text;
    if (label) {
      made.setAttribute("aria-label", label);
      made.title = label;
    }
    made.addEventListener("click", act);
    return made;
  };

  const draw = () => {
    if (!shelf()) return;
    const labels = shelf().dataset;
    const rows = list().map((chat) => {
      const row = document.createElement("li");
      const named = (label) => label.replace("{}", chat.name);
      const open = button(chat.name, "", () => show(chat.id));
      open.className = "fn-title";
      open.dir = "auto";
      if (chat.id === current()) open.setAttribute("aria-current", "true");
      row.append(
        open,
        button("✎", named(labels.rename), () => rename(row, chat)),
        button("⤓", named(labels.save), () => save(chat)),
        button("×", named(labels.delete), () => remove(chat)),
      );
      return row;
    });
    shelf().querySelector("ul").replaceChildren(...rows);
  };

  const show = (id) => {
    const chat = read(id);
    if (chat) restore({ id, turns: chat.turns.map((turn) => turn.kept) });
  };

  const rename = (row, chat) => {
    const field = document.createElement("input");
    field.value = chat.name;
    field.maxLength = LONGEST_NAME;
    field.setAttribute("aria-label", shelf().dataset.name);
    let done = false;
    const end = (wanted) => {
      if (done) return;
      done = true;
      const fresh = read(chat.id);
      if (wanted && fresh && field.value.trim()) write(chat.id, { ...fresh, name: field.value.trim() });
      draw();
    };
    field.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.isComposing) end(true);
      if (event.key === "Escape") end(false);
    });
    field.addEventListener("blur", () => end(true));
    row.replaceChildren(field);
    field.select();
  };

  const save = (chat) => {
    const text = [`# ${chat.name.replace(/([\\`*_{}<>#|~])/g, "\\$1")}`, ...chat.turns.map((turn) => turn.markdown)];
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([`${text.join("\n\n")}\n`], { type: "text/markdown" }));
    link.download = `${chat.name.replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "") || "chat"}.md`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  };

  const remove = (chat) => {
    if (!window.confirm(shelf().dataset.sure.replace("{}", chat.name))) return;
    localStorage.removeItem(prefix() + chat.id);
    draw();
    if (chat.id === current()) find("#fn-clear").click();
  };

  // After a reload, the conversation that was open in this tab; none where a link asks a question.
  const begin = (linked) => {
    const id = sessionStorage.getItem(openKey());
    begun = true;
    if (id && !linked) show(id);
  };

  // Thumbs: a form under the answer, then the server's thanks in its place.

  const ask = (thumb) => {
    const turn = thumb.closest(".fn-turn");
    turn.querySelector(".fn-rating, .fn-thanks")?.remove();
    const form = find("#fn-rating").content.firstChild.cloneNode(true);
    const up = thumb.dataset.rate === "up";
    for (const part of form.querySelectorAll(".fn-if-down")) part.hidden = up;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const told = new FormData(form);
      rate({
        id: current(),
        turn: turn.dataset.turn,
        verdict: thumb.dataset.rate,
        reason: told.get("reason"),
        expected: told.get("expected"),
        unanswerable: told.get("unanswerable") === "on",
      });
    });
    form.querySelector("[data-cancel]").addEventListener("click", () => {
      form.remove();
      thumb.focus();
    });
    turn.querySelector(".fn-foot").after(form);
    form.querySelector("input").focus({ preventScroll: true });
    form.scrollIntoView({ block: "center" });
  };

  const told = (element) => {
    const thanks = element.querySelector("[data-turn]");
    const turn = thanks && document.getElementById(`turn-${thanks.dataset.turn}`);
    if (!turn) return;
    turn.dataset.kept = thanks.dataset.kept;
    for (const thumb of turn.querySelectorAll("[data-rate]")) {
      thumb.setAttribute("aria-pressed", thumb.dataset.rate === thanks.dataset.verdict);
    }
    const note = document.createElement("p");
    note.className = "fn-small fn-thanks";
    note.setAttribute("role", "status");
    note.textContent = thanks.textContent;
    (turn.querySelector(".fn-rating") ?? turn.querySelector(".fn-thanks"))?.replaceWith(note);
    keep(turn.closest(".fn-turns").parentElement);
  };

  const copy = async (tool) => {
    await navigator.clipboard.writeText(tool.dataset.copy);
    const before = tool.textContent;
    tool.textContent = tool.dataset.copied;
    setTimeout(() => (tool.textContent = before), 2_000);
  };

  document.addEventListener("click", (event) => {
    const thumb = event.target.closest?.("[data-rate]");
    const tool = event.target.closest?.("[data-copy]");
    if (thumb) ask(thumb);
    if (tool) copy(tool);
  });
  window.addEventListener("storage", draw); // another tab of this browser

  return {
    begin,
    draw,
    keep,
    rates: (trigger) => (rate = trigger),
    restores: (trigger) => (restore = trigger),
    told,
  };
})();
