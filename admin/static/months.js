// The arrow keys lead to the months beside the one that is shown.
(() => {
  "use strict";
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    // Whoever types, or scrolls a wide table with the arrows, means something else.
    if (event.target.closest?.("input, select, textarea, [role=region]")) return;
    const rel = { ArrowLeft: "prev", ArrowRight: "next" }[event.key];
    const link = rel && document.querySelector(`.month-bar a[rel=${rel}]`);
    if (link) {
      event.preventDefault();
      link.click();
    }
  });
})();
