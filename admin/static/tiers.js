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
  let goOn = "", acted = "", list = "", typed = [];
  const listOf = (row) => row?.closest("section")?.getAttribute("aria-labelledby") || "";

  // Where somebody goes on after an act: on what was acted on while it stays in its list, else on what stood below it.
  document.addEventListener("htmx:beforeRequest", (event) => {
    const { elt, target, requestConfig } = event.detail;
    if (elt.getAttribute("aria-expanded") === "true" && target.childElementCount) {
      event.preventDefault(); // the same link again closes its panel
      target.replaceChildren();
      elt.setAttribute("aria-expanded", "false");
      return;
    }
    if (!PARTS.includes(target.id)) return;
    const pressed = requestConfig?.triggeringEvent?.submitter || elt;
    let row = pressed.closest(".decision, .places tr");
    if (row?.classList.contains("panel-row")) row = row.previousElementSibling;
    acted = row?.id || "";
    list = listOf(row);
    let next = row?.nextElementSibling;
    while (next && !next.id) next = next.nextElementSibling;
    goOn = next?.id || "";
    typed = elt.matches("form") ? [...elt.querySelectorAll("input[id]")].map(({ id, value }) => ({ id, value })) : [];
  });

  document.addEventListener("htmx:afterSwap", (event) => {
    const { target, requestConfig } = event.detail;
    if (target.classList.contains("panel") && requestConfig?.elt.matches("a")) requestConfig.elt.setAttribute("aria-expanded", "true");
  });

  document.addEventListener("htmx:afterSettle", (event) => {
    if (!PARTS.includes(event.detail.elt?.id)) return;
    if (document.querySelector("[role=alert]")) restore();
    if (document.activeElement && document.activeElement !== document.body) return;
    const same = acted && document.getElementById(acted);
    const next = document.querySelector("[role=alert]") || (same && listOf(same) === list && same) || (goOn && document.getElementById(goOn))
      || document.querySelector(".decision") || document.querySelector("#tiers-head");
    next?.focus({ preventScroll: true });
    next?.scrollIntoView({ block: "nearest" });
  });

  // What was typed and refused stands there again, to be put right.
  function restore() {
    for (const { id, value } of typed) {
      const input = document.getElementById(id);
      if (!input) continue;
      input.value = value;
      input.closest("details")?.setAttribute("open", "");
    }
  }

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
