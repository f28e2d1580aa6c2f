// What the page does in the browser. Everything it shows as text was escaped on the server, or is put
// in as text here. The filters that are ticked live here alone and go along with every question.
window.footnote = (() => {
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const narrow = matchMedia("(max-width: 860px)");
  const find = (selector) => document.querySelector(selector);
  const all = (selector) => document.querySelectorAll(selector);

  // Footnotes and their cards point at each other. A link moves focus, so it works by keyboard and is
  // read aloud; choosing an older answer shows its evidence again.

  const bring = (target, block) =>
    target.scrollIntoView({ behavior: calm.matches ? "auto" : "smooth", block });

  const choose = (turn) => {
    if (!document.getElementById(`evidence-${turn}`)) return;
    for (const section of all("section.fn-evidence")) section.hidden = section.dataset.turn !== turn;
    for (const other of all(".fn-turn")) other.classList.toggle("fn-current", other.dataset.turn === turn);
  };

  // Where the evidence has no column of its own, it opens under the answer.
  const unfold = (target, turn) => {
    const open = find(".fn-here");
    const again = open?.dataset.of === target.id;
    open?.remove();
    if (again) return null;
    const here = document.createElement("div");
    here.className = "fn-here";
    here.dataset.of = target.id;
    here.append(target.cloneNode(true));
    here.firstChild.removeAttribute("id");
    document.getElementById(`turn-${turn}`).append(here);
    return here.firstChild;
  };

  const follow = (identity) => {
    let target = document.getElementById(identity);
    if (!target) return;
    const section = target.closest("section.fn-evidence");
    if (section) choose(section.dataset.turn);
    if (section && narrow.matches) target = unfold(target, section.dataset.turn);
    for (const old of all(".fn-followed")) old.classList.remove("fn-followed");
    if (!target) return;
    target.classList.add("fn-followed");
    target.focus({ preventScroll: true });
    const short = narrow.matches && target.offsetHeight < innerHeight / 2;
    bring(target, !section ? "center" : short ? "nearest" : "start");
  };

  const point = (event) => {
    for (const old of all(".fn-pointed")) old.classList.remove("fn-pointed");
    const mark = event.target.closest?.(".fn-mark");
    const card = event.target.closest?.(".fn-card[id]");
    if (mark) document.getElementById(mark.hash.slice(1))?.classList.add("fn-pointed");
    if (card) for (const each of all(`.fn-mark[href="#${card.id}"]`)) each.classList.add("fn-pointed");
  };
  document.addEventListener("mouseover", point);
  document.addEventListener("focusin", (event) => {
    point(event);
    const turn = event.target.closest?.(".fn-turn");
    if (turn) choose(turn.dataset.turn);
  });

  // After each answer: its question at the top of the conversation, its evidence from the beginning.
  const showLatestTurn = (element) => {
    const turns = element.querySelectorAll(".fn-turn");
    if (turns.length) bring(turns[turns.length - 1], "start");
  };
  const showEvidenceTop = (element) => {
    element.closest("#fn-evidence").scrollTop = 0;
    for (const turn of all(".fn-turn")) turn.classList.remove("fn-current");
  };

  // Filters: key → values. The boxes and the chips above the question are two views of them.

  const filters = new Map();
  const chosen = () => Object.fromEntries([...filters].map(([key, values]) => [key, [...values]]));

  const choice = (key, value, wanted) => {
    const values = filters.get(key) ?? new Set();
    if (wanted) values.add(value);
    else values.delete(value);
    if (values.size) filters.set(key, values);
    else filters.delete(key);
  };

  const chip = (text, label, act) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "fn-chip";
    button.textContent = text;
    if (label) button.setAttribute("aria-label", label);
    button.addEventListener("click", () => {
      act();
      tick();
      (find("#fn-chips button") ?? find("#fn-question textarea")).focus();
    });
    return button;
  };

  const tick = () => {
    const labels = new Map();
    for (const box of all(".fn-value input")) {
      box.checked = filters.get(box.dataset.key)?.has(box.value) ?? false;
      const fold = box.closest("details");
      if (box.checked) for (const each of [fold, fold.parentElement.closest("details")]) each?.setAttribute("open", "");
      labels.set(box.dataset.key, box.closest("fieldset").dataset.label);
    }
    const group = find("#fn-chips");
    if (!group) return;
    const chips = [];
    for (const [key, values] of filters) {
      for (const value of values) {
        const name = `${labels.get(key) ?? key}: ${value}`;
        const label = group.dataset.remove.replace("{}", name);
        chips.push(chip(`${name} ×`, label, () => choice(key, value, false)));
      }
    }
    if (chips.length > 1) chips.push(chip(group.dataset.clear, "", () => filters.clear()));
    group.replaceChildren(...chips);
  };

  document.addEventListener("change", (event) => {
    const box = event.target.closest?.(".fn-value input");
    if (!box) return;
    choice(box.dataset.key, box.value, box.checked);
    tick();
  });

  // Gradio hands over how to ask and how to open a document once its components are there.

  let ask = () => {};
  let open = () => {};
  let opener = null;

  const read = (element) => {
    const dialog = element.querySelector("dialog");
    if (!dialog) return;
    dialog.addEventListener("close", () => opener?.isConnected && opener.focus());
    dialog.showModal();
    const mark = dialog.querySelector("mark");
    dialog.querySelector(".fn-page").focus({ preventScroll: true });
    if (mark) mark.scrollIntoView({ block: "center" });
  };

  // A link to a question: /?q=…&filter=city:London&filter=city:Seattle
  const begin = () => {
    const asked = new URLSearchParams(location.search);
    for (const filter of asked.getAll("filter")) {
      const [key, ...value] = filter.split(":");
      if (value.length) choice(key, value.join(":"), true);
    }
    tick();
    window.chats.begin(asked.has("q"));
    if (!asked.get("q")) return;
    history.replaceState(null, "", location.pathname); // a reload shows the answer, and asks no more
    ask({ question: asked.get("q"), where: chosen() });
  };

  // The drawer that holds the left zone where there is no room beside the chat; light and dark.

  const drawer = (wanted) => {
    document.body.classList.toggle("fn-drawer", wanted);
    find("#fn-menu").setAttribute("aria-expanded", wanted);
    if (wanted) find("#fn-left :is(input, button)")?.focus();
    else find("#fn-menu").focus();
  };

  const frame = (element) => {
    document.documentElement.lang = element.querySelector("[data-language]").dataset.language;
    const kept = localStorage.getItem("fn-theme");
    if (kept) document.body.classList.toggle("dark", kept === "dark");
  };

  document.addEventListener("click", (event) => {
    const at = (selector) => event.target.closest?.(selector);
    const link = at("a.fn-mark, a.fn-link");
    const place = at("[data-document]");
    const question = at("[data-ask]");
    const turn = at(".fn-turn");
    if (turn) choose(turn.dataset.turn);
    if (link) {
      event.preventDefault();
      follow(link.hash.slice(1));
    } else if (place) {
      opener = place;
      open({ ...place.dataset });
    } else if (question) {
      const where = question.dataset.where ? JSON.parse(question.dataset.where) : chosen();
      ask({ question: question.dataset.ask, literal: question.dataset.literal === "1", where });
      find("#fn-question textarea").focus({ preventScroll: true });
    } else if (at("[data-close]") || event.target.matches?.("dialog.fn-reader")) {
      at("dialog").close();
    } else if (at("#fn-menu")) {
      drawer(!document.body.classList.contains("fn-drawer"));
    } else if (at(".fn-skip")) {
      event.preventDefault();
      find("#fn-question textarea").focus();
    } else if (at("#fn-theme")) {
      const dark = document.body.classList.toggle("dark");
      localStorage.setItem("fn-theme", dark ? "dark" : "light");
    } else if (document.body.classList.contains("fn-drawer") && !at("#fn-left")) {
      drawer(false);
    }
  });
  document.addEventListener("keydown", (event) => {
    const open = document.body.classList.contains("fn-drawer") && !find("dialog[open]");
    if (event.key === "Escape" && open) drawer(false);
  });

  return {
    asks: (trigger) => (ask = trigger),
    opens: (trigger) => (open = trigger),
    begin,
    chosen,
    frame,
    read,
    showEvidenceTop,
    showLatestTurn,
    tick,
  };
})();
