// 施工体制: an answer that says why something could not be done is shown like any other, and the focus stays in the list.
(() => {
  "use strict";
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr, detail } = { xhr: event.detail.xhr, detail: event.detail };
    if (xhr.status !== 409 && xhr.status !== 422) return;
    detail.shouldSwap = true;
    detail.isError = false;
  });

  const PARTS = ["tiers", "roster", "arrivals"];
  document.addEventListener("htmx:afterSettle", (event) => {
    if (!PARTS.includes(event.detail.elt?.id)) return;
    if (document.activeElement && document.activeElement !== document.body) return;
    const next = document.querySelector("[role=alert]") || document.querySelector(".decision") || document.querySelector("#tiers-head");
    next?.focus({ preventScroll: !next.matches("[role=alert]") });
  });

  // A box of the drawing leads to its line in the list, which is opened where the drawing is.
  document.addEventListener("click", (event) => {
    const box = event.target.closest?.(".tree a");
    if (!box) return;
    event.preventDefault();
    const line = document.getElementById(box.getAttribute("href").slice(1));
    if (!line) return;
    line.scrollIntoView({ block: "center" });
    line.focus({ preventScroll: true });
  });
})();
