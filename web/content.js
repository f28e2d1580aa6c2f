// Removing an added file: the button says which.
window.added = (() => {
  let remove = () => {};
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-remove]:not(#fn-chips)");
    if (button?.closest(".fn-added")) remove(button.dataset.remove);
  });
  return { removes: (trigger) => (remove = trigger) };
})();
