// Footnotes and their cards point at each other. A link moves focus, so it works by keyboard and is
// read aloud; following one into an older answer shows that answer's evidence again.
window.footnote = (() => {
  const calm = matchMedia("(prefers-reduced-motion: reduce)");

  const showEvidence = (turn) => {
    for (const section of document.querySelectorAll("section.fn-evidence")) {
      section.hidden = section.dataset.turn !== turn;
    }
  };

  const bring = (target, block) =>
    target.scrollIntoView({ behavior: calm.matches ? "auto" : "smooth", block });

  const follow = (identity) => {
    const target = document.getElementById(identity);
    if (!target) return;
    const owner = target.closest("section.fn-evidence");
    if (owner) showEvidence(owner.dataset.turn);
    for (const old of document.querySelectorAll(".fn-followed")) old.classList.remove("fn-followed");
    target.classList.add("fn-followed");
    target.focus({ preventScroll: true });
    bring(target, owner ? "start" : "center");
  };

  document.addEventListener("click", (event) => {
    const link = event.target.closest?.(".fn-mark, .fn-link");
    if (!link) return;
    event.preventDefault();
    follow(link.hash.slice(1));
  });

  // After each answer: its question at the top of the conversation, its evidence from the beginning.
  const showLatestTurn = (element) => {
    const turns = element.querySelectorAll(".fn-turn");
    if (turns.length) bring(turns[turns.length - 1], "start");
  };
  const showEvidenceTop = (element) => {
    element.closest("#fn-evidence").scrollTop = 0;
  };

  return { showLatestTurn, showEvidenceTop };
})();
