// The certify page works without this. With it: number keys, Ctrl+Enter, references as one types,
// and a warning before unsaved input is left behind.
(() => {
  "use strict";
  const form = document.getElementById("certify-form");
  const verdicts = ["pixel", "strip", "tracking"];
  const values = ["good", "bad", "excluded"];
  let dirty = form.dataset.dirty === "true";

  const errors = document.querySelector("[data-errors]");
  if (errors) {
    errors.focus();
    dirty = true;
  }

  // What is typed goes to the server as a draft: after a short rest, and when the page is hidden or left.
  const state = form.querySelector("[data-state]");
  let resting = 0;
  let unsent = false;
  let sending = new AbortController();
  const keep = async (leaving) => {
    clearTimeout(resting);
    if (!unsent) return;
    unsent = false;
    try {
      const body = new URLSearchParams(new FormData(form));
      const answer = await fetch(form.dataset.draftUrl, { method: "POST", body, keepalive: leaving, redirect: "error", signal: sending.signal });
      if (answer.status === 409) {
        // Somebody else is signed in by now; the answer says who.
        state.textContent = await answer.text();
        return;
      }
      if (!answer.ok) throw new Error(answer.status);
      if (!unsent) state.textContent = "Draft kept, not submitted yet";
      dirty = unsent;
    } catch (error) {
      if (error.name === "AbortError") return;
      unsent = true;
      state.textContent = "Not submitted; the draft can't be kept right now";
    }
  };
  form.addEventListener("input", (event) => {
    if (event.target.matches("[data-reference-search]")) return;
    dirty = true;
    unsent = true;
    state.textContent = "Not submitted yet";
    clearTimeout(resting);
    resting = setTimeout(() => keep(false), 600);
  });
  form.addEventListener("submit", () => {
    dirty = false;
    unsent = false;
    clearTimeout(resting);
    // A draft that arrives after the submit would outlive it.
    sending.abort();
    sending = new AbortController();
  });
  // Back may bring the page as it was first served, out of the browser's cache: an old version, without the draft of
  // what was typed since. What the browser kept alive (persisted) still has what was typed, and goes on.
  const [arrival] = performance.getEntriesByType("navigation");
  if (arrival?.type === "back_forward" && !arrival.transferSize) location.replace(location.href);
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) state.textContent = "As you left it; what is stored may have changed meanwhile";
  });

  document.addEventListener("visibilitychange", () => { if (document.hidden) keep(true); });
  window.addEventListener("pagehide", () => keep(true));
  window.addEventListener("beforeunload", (event) => { if (dirty) event.preventDefault(); });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      const submit = form.querySelector(".submit-bar button[type=submit]");
      if (submit) form.requestSubmit(submit);
      return;
    }
    const typing = event.target.matches("textarea, select, input:not([type=radio]):not([type=checkbox])");
    if (typing || event.ctrlKey || event.metaKey || event.altKey || !/^[1-9]$/.test(event.key)) return;
    const number = Number(event.key) - 1;
    const radio = form.querySelector(`input[name=${verdicts[Math.floor(number / 3)]}][value=${values[number % 3]}]`);
    radio.click();
    radio.focus();
  });

  const choices = form.querySelector("[data-reference-choices]");
  const search = form.querySelector("[data-reference-search]");
  const status = form.querySelector("[data-reference-status]");
  let waiting = 0;
  let asked = 0;

  const load = async (page) => {
    const mine = ++asked;
    const picked = form.querySelector("input[name=reference_runreconstruction]:checked");
    const query = new URLSearchParams({
      run: form.dataset.run, reco: form.dataset.reco, q: search.value, page, chosen: picked ? picked.value : "",
    });
    try {
      const answer = await fetch(`${form.dataset.referencesUrl}?${query}`, { headers: { Accept: "text/html" } });
      // Signed out meanwhile, the answer is the login page: leave the list as it is.
      if (!answer.ok || answer.redirected) throw new Error(answer.status);
      const html = await answer.text();
      if (mine !== asked) return;
      if (page === 1) choices.innerHTML = html;
      else choices.insertAdjacentHTML("beforeend", html);
      status.textContent = "";
    } catch {
      if (mine === asked) status.textContent = "The references can't be searched right now. What you typed is safe; try again.";
    }
  };

  search.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => load(1), 200);
  });
  search.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      load(1);
    }
  });
  form.querySelector("button[name=search]").hidden = true;
  choices.addEventListener("click", (event) => {
    const more = event.target.closest("[data-reference-more]");
    if (!more) return;
    more.remove();
    load(Number(more.dataset.referenceMore));
  });
})();
