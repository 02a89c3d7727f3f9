// Mapping page: the first rows are understood anew after each choice.
// Without this script the button "Show the first rows" asks for the same page.
(() => {
  "use strict";
  const form = document.querySelector("form[data-columns]");
  if (!form || !window.fetch) return;
  const place = document.getElementById("preview");
  const button = form.querySelector("button[value=show]");
  let latest = 0;

  const show = async () => {
    latest += 1;
    const mine = latest;
    const body = new FormData(form);
    body.set("do", "show");
    place.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(form.action, { method: "POST", body, redirect: "error" });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const found = page.getElementById("preview");
      if (mine === latest && found) place.replaceChildren(...found.childNodes);
    } catch {
      button.hidden = false; // the connection broke: the button still works
    }
    if (mine === latest) place.removeAttribute("aria-busy");
  };

  button.hidden = true;
  form.addEventListener("change", (event) => {
    if (event.target.matches("select")) show();
  });
  show();
})();
