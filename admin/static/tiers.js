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
  let goOn = "";

  // Where somebody goes on after an act: what stood below the thing that was acted on.
  document.addEventListener("htmx:beforeRequest", (event) => {
    const row = event.detail.elt.closest?.(".decision, .places tr:not(.panel-row), .panel-row");
    let next = row?.nextElementSibling;
    while (next && !next.id) next = next.nextElementSibling;
    goOn = next?.id || "";
  });

  document.addEventListener("htmx:afterSettle", (event) => {
    if (!PARTS.includes(event.detail.elt?.id)) return;
    if (document.activeElement && document.activeElement !== document.body) return;
    const next = document.querySelector("[role=alert]") || (goOn && document.getElementById(goOn))
      || document.querySelector(".decision") || document.querySelector("#tiers-head");
    next?.focus({ preventScroll: true });
    next?.scrollIntoView({ block: "nearest" });
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
