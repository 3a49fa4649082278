// The work list works without this. With it: j and k move, Enter opens, c claims, / searches, and a search says
// that it is running.
(() => {
  "use strict";
  const search = document.getElementById("search");
  const runs = document.getElementById("id_runs");
  const progress = document.querySelector("[data-progress]");
  const rows = [...document.querySelectorAll("[data-row]")];

  const isRunning = (running) => {
    progress.textContent = running ? "Asking the Run Registry…" : "";
    search.querySelector("button[type=submit]").disabled = running;
  };
  // Only after the form has been read: a disabled button sends nothing.
  search.addEventListener("submit", () => setTimeout(() => isRunning(true)));
  for (const link of document.querySelectorAll("a[href*='days='], a[href*='refresh=']")) {
    link.addEventListener("click", () => isRunning(true));
  }
  window.addEventListener("pageshow", () => isRunning(false));

  const move = (step) => {
    if (!rows.length) return;
    const here = rows.findIndex((row) => row.contains(document.activeElement));
    const next = here < 0 ? (step > 0 ? 0 : rows.length - 1) : Math.min(Math.max(here + step, 0), rows.length - 1);
    rows[next].focus();
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("textarea, input, select")) return;
    const row = document.activeElement.closest("[data-row]");
    if (event.key === "j") move(1);
    else if (event.key === "k") move(-1);
    else if (event.key === "/") runs.focus();
    else if (event.key === "Enter" && row === document.activeElement) {
      (row.querySelector(".work-mine, .work-free") || row.querySelector(".work-state"))?.click();
    } else if (event.key === "c" && row) row.querySelector("button[name=claim]")?.click();
    else return;
    event.preventDefault();
  });
})();
