// What every page shares: toasts that leave after ten seconds, the page's entry in sight, "/" for the search, copying,
// and the way back to a mended field.
(() => {
  "use strict";
  const TOAST_MS = 10_000;

  function watchToast(toast) {
    if (toast.dataset.watched) return;
    toast.dataset.watched = "yes";
    let timer = 0;
    const leave = () => toast.remove();
    const start = () => { timer = setTimeout(leave, TOAST_MS); };
    const hold = () => clearTimeout(timer);
    toast.querySelector("[data-close]")?.addEventListener("click", leave);
    for (const name of ["mouseenter", "focusin"]) toast.addEventListener(name, hold);
    for (const name of ["mouseleave", "focusout"]) toast.addEventListener(name, start);
    start();
  }

  function watchToasts(root) {
    for (const toast of root.querySelectorAll("[data-toast]")) watchToast(toast);
  }

  // A long navigation begins at its top on every page: the entry of this one is scrolled into sight.
  document.querySelector("#menu [aria-current]")?.scrollIntoView({ block: "nearest" });

  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input, select, textarea, [contenteditable]");
    if (typing || event.ctrlKey || event.metaKey || event.altKey || event.key !== "/") return;
    const search = document.querySelector("[data-search]");
    if (!search) return;
    event.preventDefault();
    search.focus();
    search.select();
  });

  document.addEventListener("click", (event) => {
    if (event.target.closest?.("[data-print]")) window.print();
  });

  // Pages served without https have no clipboard: there the text is selected and copied as a person would.
  async function copyText(element) {
    try {
      await navigator.clipboard.writeText(element.textContent.trim());
      return true;
    } catch {
      getSelection().selectAllChildren(element);
      return document.execCommand("copy");
    }
  }

  for (const button of document.querySelectorAll("[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const told = button.parentElement.querySelector("[role=status]");
      told.textContent = "";
      if (await copyText(document.getElementById(button.dataset.copy))) told.textContent = button.dataset.done;
    });
  }

  // A choice that shows its page at once; the button beside it is for those without a script.
  document.addEventListener("change", (event) => {
    if (event.target.matches?.("[data-submit]")) event.target.form.requestSubmit();
  });

  // One tick for all of a list; it is shown only where this runs.
  for (const all of document.querySelectorAll("[data-tick-all]")) {
    const ticks = () => [...document.querySelectorAll(`input[name="${all.dataset.tickAll}"]`)];
    all.closest("label").hidden = false;
    all.addEventListener("change", () => { for (const tick of ticks()) tick.checked = all.checked; });
    document.addEventListener("change", (event) => {
      if (event.target.name === all.dataset.tickAll) all.checked = ticks().every((tick) => tick.checked);
    });
  }

  watchToasts(document);
  document.body.addEventListener("htmx:afterSwap", () => watchToasts(document));
})();
