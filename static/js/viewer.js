// Pictures and PDFs of a letter over the page, and a letter sent to paper. Loaded by js/frame.js at the first press.
(() => {
  const template = document.getElementById("viewing");
  let dialog = null;
  let links = [];
  let at = 0;

  function build() {
    dialog = template.content.querySelector("dialog").cloneNode(true);
    document.body.append(dialog);
    const stage = dialog.querySelector(".viewer-stage");
    dialog.addEventListener("close", () => stage.replaceChildren());
    stage.addEventListener("click", event => { if (event.target === stage) dialog.close(); });
    dialog.addEventListener("click", event => {
      const step = event.target.closest(".viewer-step");
      if (step) show(at + Number(step.dataset.step));
    });
    dialog.addEventListener("keydown", event => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (step && links.length > 1) show(at + step);
    });
  }

  function shape(link) {
    const shown = document.createElement(link.dataset.look === "pdf" ? "iframe" : "img");
    const name = link.querySelector(".attachment-name").textContent;
    if (shown.tagName === "IFRAME") shown.title = name;
    else shown.alt = name;
    shown.addEventListener("error", () => {
      const said = document.createElement("p");
      said.textContent = shown.parentElement?.dataset.failed;
      shown.replaceWith(said);
    });
    // No sandbox attribute: Chromium shows no PDF under one. The answer's own policy sandboxes it.
    shown.src = link.href;
    return shown;
  }

  function show(number) {
    at = (number + links.length) % links.length;
    const link = links[at];
    dialog.querySelector("h2").textContent = link.querySelector(".attachment-name").textContent;
    dialog.querySelector(".viewer-place").textContent = links.length > 1 ? `${at + 1} / ${links.length}` : "";
    dialog.querySelector(".viewer-save").href = link.dataset.save;
    for (const step of dialog.querySelectorAll(".viewer-step")) step.hidden = links.length < 2;
    dialog.querySelector(".viewer-stage").replaceChildren(shape(link));
  }

  function open(link) {
    if (!dialog?.isConnected) build();
    links = [...link.closest(".attachments").querySelectorAll("[data-look]")];
    show(links.indexOf(link));
    dialog.showModal();
  }

  function print(link) {
    document.getElementById("paper")?.remove();
    const frame = Object.assign(document.createElement("iframe"), { id: "paper", className: "paper", tabIndex: -1 });
    frame.setAttribute("aria-hidden", "true");
    frame.addEventListener("load", () => frame.contentWindow.print());
    frame.src = link.href;
    document.body.append(frame);
  }

  document.addEventListener("click", event => {
    const link = event.target.closest("[data-look], [data-print]");
    if (!link || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    if (link.dataset.look === "pdf" && navigator.pdfViewerEnabled === false) return; // phones: the tab downloads it
    event.preventDefault();
    if (link.dataset.look) open(link);
    else print(link);
  });
})();
