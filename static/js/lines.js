// A field for a pasted column works as one line all the same: Enter sends it, Shift+Enter ends a line.
(() => {
  "use strict";
  for (const field of document.querySelectorAll("textarea[data-lines]")) {
    field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      field.form.requestSubmit();
    });
  }
})();
