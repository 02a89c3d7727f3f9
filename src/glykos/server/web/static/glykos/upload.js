// Upload page: drag and drop, one request and one progress bar per file.
// Without this script the form sends all files at once and the server answers with the same words.
(() => {
  "use strict";
  const form = document.querySelector("form[data-upload]");
  if (!form || !window.FormData) return;
  const input = form.querySelector("input[type=file]");
  const zone = form.querySelector(".drop");
  const status = document.getElementById("upload-status");
  const list = document.getElementById("upload-progress");
  const outcomes = document.getElementById("upload-outcomes");
  const waiting = [];
  let busy = false;
  let added = 0;
  let done = 0;
  let ended = {};

  form.querySelector("[data-send]").hidden = true;
  zone.classList.add("drop--live");

  const row = (file) => {
    const item = document.createElement("li");
    const name = document.createElement("span");
    const state = document.createElement("span");
    const bar = document.createElement("progress");
    name.textContent = file.name;
    state.textContent = "waiting";
    bar.max = 100;
    bar.value = 0;
    bar.setAttribute("aria-label", file.name);
    item.append(name, state, bar);
    list.append(item);
    return { item, state, bar };
  };

  const count = (state) => {
    ended[state] = (ended[state] || 0) + 1;
  };

  const show = (html) => {
    const parsed = new DOMParser().parseFromString(html, "text/html");
    for (const one of parsed.querySelectorAll(".outcome")) count(one.dataset.state);
    outcomes.append(...parsed.body.children);
  };

  const failed = (file, text) => {
    const note = document.createElement("div");
    note.className = "notice notice--bad";
    note.textContent = `${file.name}: ${text}`;
    outcomes.append(note);
    count("refused");
  };

  const inWords = { imported: "came in", repeated: "known before", question: "waiting for your answer", refused: "not used" };
  const summary = () =>
    Object.keys(inWords)
      .filter((state) => ended[state])
      .map((state) => `${ended[state]} ${inWords[state]}`)
      .join(", ");

  const words = {
    0: "The connection broke before the file arrived. Nothing was changed; please try again.",
    403: "This page was open for too long. Reload it and try again.",
    413: "This file is too large. Export a shorter period and try again.",
    429: "Too many uploads in a short time. Wait a minute and try again.",
  };

  const send = ({ file, view }) =>
    new Promise((finish) => {
      const body = new FormData();
      body.append("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
      body.append(input.name, file, file.name);
      const request = new XMLHttpRequest();
      request.open("POST", form.action);
      request.setRequestHeader("X-Fragment", "1");
      request.upload.addEventListener("progress", (event) => {
        if (!event.lengthComputable) return;
        view.bar.value = (100 * event.loaded) / event.total;
        view.state.textContent = `${Math.round(view.bar.value)} %`;
      });
      request.upload.addEventListener("load", () => {
        view.bar.removeAttribute("value");
        view.state.textContent = "reading";
      });
      request.addEventListener("loadend", () => {
        const fragment = request.getResponseHeader("X-Fragment");
        if (request.responseURL && !fragment && request.status === 200) {
          window.location.reload(); // the log-in ended in the meantime
          return;
        }
        if (fragment) show(request.responseText);
        else failed(file, words[request.status] || "Something broke on our side. Please try again.");
        view.item.remove();
        finish();
      });
      request.send(body);
    });

  const work = async () => {
    if (busy || !waiting.length) return;
    busy = true;
    while (waiting.length) {
      const next = waiting.shift();
      done += 1;
      status.textContent = `Reading ${next.file.name} (${done} of ${added})`;
      next.view.state.textContent = "sending";
      await send(next);
    }
    busy = false;
    status.textContent = `${added === 1 ? "The file is done" : `${added} files are done`}: ${summary()}.`;
    added = 0;
    done = 0;
    ended = {};
    outcomes.focus({ preventScroll: true });
    outcomes.scrollIntoView({ block: "start" });
  };

  const add = (files) => {
    for (const file of files) {
      added += 1;
      if (file.size > Number(form.dataset.maxBytes)) {
        failed(file, words[413]);
        done += 1;
      } else {
        waiting.push({ file, view: row(file) });
      }
    }
    input.value = "";
    work();
  };

  input.addEventListener("change", () => add(input.files));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (input.files.length) add(input.files);
  });
  for (const kind of ["dragenter", "dragover"]) {
    document.addEventListener(kind, (event) => {
      if (![...event.dataTransfer.types].includes("Files")) return;
      event.preventDefault();
      zone.classList.add("drop--over");
    });
  }
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) zone.classList.remove("drop--over");
  });
  document.addEventListener("drop", (event) => {
    if (!event.dataTransfer.files.length) return;
    event.preventDefault();
    zone.classList.remove("drop--over");
    add(event.dataTransfer.files);
  });
})();
