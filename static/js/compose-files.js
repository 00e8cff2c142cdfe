// Attachments: chosen, dropped or pasted; each is uploaded at once, and its size said before it is.
(() => {
  const AT_ONCE = 3;
  const LINE = 57; // bytes of a file in one line of base64, which takes 78
  const byId = id => document.getElementById(id);
  const waiting = [];
  let running = 0;

  function sizeText(size) {
    if (size < 1000) return `${size} B`;
    return size < 999500 ? `${Math.round(size / 1000)} KB` : `${(size / 1e6).toFixed(1)} MB`;
  }

  const words = () => byId("compose-files").dataset;
  const travelling = size => Math.ceil(size / LINE) * 78 + 512;

  /** Bytes the message takes with one more file; base64 adds a third. */
  function whole(size) {
    const others = [...document.querySelectorAll("#compose-pane [data-size]")].map(each => Number(each.dataset.size));
    return [...others, size].reduce((sum, each) => sum + travelling(each), 8192);
  }

  function fits(file) {
    const max = Number(byId("compose-pane").dataset.max);
    const size = whole(file.size);
    if (size <= max) return true;
    const text = words().large.replace("{name}", file.name).replace("{size}", sizeText(size)).replace("{limit}", sizeText(max));
    window.Compose.refuse(text, "attachment");
    return false;
  }

  // ---- chips

  const ICONS = { image: "image", sheet: "file-spreadsheet", pdf: "file-text", text: "file-text" };

  function chip({ id, name, size, size_text, kind, href }) {
    const row = byId("compose-file").content.firstElementChild.cloneNode(true);
    row.dataset.size = size;
    row.querySelector(".attachment-name").textContent = name;
    row.querySelector(".attachment-size").textContent = size_text;
    row.querySelector("use").setAttribute("href", `#i-${ICONS[kind] ?? "file"}`);
    row.querySelector("[data-detach]").setAttribute("aria-label", words().remove.replace("{name}", name));
    if (id) adopt(row, { id, href });
    return row;
  }

  function adopt(row, { id, href, name, kind, size_text: text }) {
    row.dataset.id = id;
    row.querySelector("a").href = href;
    row.querySelector("[data-detach]").dataset.detach = id;
    row.querySelector(".file-bar").hidden = true;
    if (text) row.querySelector(".attachment-size").textContent = text;
    if (name) row.querySelector(".attachment-name").textContent = name;
    if (kind) row.querySelector("use").setAttribute("href", `#i-${ICONS[kind] ?? "file"}`);
  }

  let held = null; // what the server said it holds

  /** Show what the server holds, once nothing is on its way that it may hold already. */
  function settle() {
    const list = byId("compose-files");
    if (running || !held || !list) return;
    const files = held.filter(each => !each.cid);
    held = null;
    for (const row of list.querySelectorAll("[data-id]")) {
      if (!files.some(each => String(each.id) === row.dataset.id)) row.remove();
    }
    for (const each of files) {
      if (!list.querySelector(`[data-id="${each.id}"]`)) list.append(chip(each));
    }
  }

  document.addEventListener("compose:open", () => { held = null; });
  document.addEventListener("compose:files", event => {
    held = event.detail;
    settle();
  });

  // ---- uploading

  /** Take a file into the draft; what comes of it is told to `done`. */
  function upload(file, { inline = false, done } = {}) {
    if (!fits(file)) return;
    const row = chip({ name: file.name || "image.png", size: file.size, size_text: sizeText(file.size), kind: file.type.startsWith("image/") ? "image" : "file" });
    byId("compose-files").append(row);
    byId("compose-mentions").hidden = true;
    const job = { file, inline, done, row, letter: window.Compose.letter };
    row.querySelector("[data-detach]").addEventListener("click", () => { if (!row.dataset.id) stop(job); });
    window.Compose.busy(1);
    waiting.push(job);
    next();
  }

  function next() {
    while (running < AT_ONCE && waiting.length) {
      running += 1;
      run(waiting.shift()).finally(() => { running -= 1; next(); settle(); });
    }
  }

  async function run(job) {
    const draft = !job.stopped && job.letter === window.Compose.letter && await window.Compose.draft();
    if (job.stopped) return;
    if (!draft) return failed(job);
    const answer = await transfer(job, draft);
    if (job.stopped) return;
    if (!answer?.added) return failed(job, answer?.error);
    const one = answer.attachments.find(each => each.id === answer.added);
    held = answer.attachments;
    ended(job);
    if (job.inline) {
      job.row.remove();
      job.done?.(one);
    } else adopt(job.row, one);
  }

  function transfer(job, draft) {
    const { file, row } = job;
    const query = new URLSearchParams({ draft, name: file.name || "image.png", type: file.type, inline: job.inline ? "1" : "" });
    const bar = row.querySelector(".file-bar");
    const said = row.querySelector(".attachment-size");
    return new Promise(resolve => {
      const request = job.request = new XMLHttpRequest();
      request.open("POST", `/draft-attachments?${query}`);
      request.setRequestHeader("Accept", "application/json");
      request.setRequestHeader("Content-Type", "application/octet-stream");
      request.responseType = "json";
      request.upload.addEventListener("progress", ({ loaded, total }) => {
        const percent = total ? Math.floor(100 * loaded / total) : 0;
        bar.hidden = false;
        bar.style.width = `${percent}%`;
        said.textContent = words().uploaded.replace("{size}", sizeText(file.size)).replace("{percent}", `${percent}%`);
      });
      request.addEventListener("loadend", () => resolve(request.response));
      request.send(file);
    });
  }

  function ended(job) {
    job.stopped = true;
    if (job.letter === window.Compose.letter) window.Compose.busy(-1);
  }

  function stop(job) {
    if (!job.stopped) ended(job);
    job.request?.abort();
    job.row.remove();
  }

  function failed(job, error) {
    ended(job);
    job.row.classList.add("failed");
    job.row.removeAttribute("data-size");
    job.row.querySelector(".file-bar").hidden = true;
    job.row.querySelector(".attachment-size").textContent = words().failed.replace("{size}", sizeText(job.file.size));
    if (error) window.Compose.refuse(error, "attachment");
    const again = Object.assign(document.createElement("button"), { type: "button", className: "quiet-link", textContent: words().again });
    again.addEventListener("click", () => { job.row.remove(); upload(job.file, job); });
    job.row.querySelector("[data-detach]").before(again);
    job.row.querySelector("[data-detach]").addEventListener("click", () => job.row.remove());
  }

  async function detach(row) {
    row.hidden = true;
    const response = await fetch("/draft-attachments/deletions", {
      method: "POST", headers: { Accept: "application/json" },
      body: new URLSearchParams({ draft: window.Compose.letter.draft, attachment: row.dataset.id }),
    }).catch(() => null);
    if (response?.ok) row.remove();
    else row.hidden = false;
  }

  window.ComposeFiles = { upload };

  // ---- where files come from

  document.addEventListener("change", event => {
    if (event.target.id !== "compose-attach" || !window.Compose.letter) return;
    for (const file of event.target.files) upload(file);
    event.target.value = "";
  });
  document.addEventListener("click", event => {
    const row = event.target.closest?.("#compose-files [data-detach]")?.closest(".compose-file");
    if (!row?.dataset.id) return;
    event.preventDefault();
    detach(row);
  });
  document.addEventListener("paste", event => {
    if (event.target.id !== "compose-text" || !event.clipboardData.files.length) return;
    event.preventDefault();
    for (const file of event.clipboardData.files) upload(file);
  });

  const carriesFiles = event => [...event.dataTransfer?.types ?? []].includes("Files");
  const target = event => carriesFiles(event) && window.Compose.letter?.pane.contains(event.target) && window.Compose.letter.pane;

  document.addEventListener("dragover", event => {
    const pane = target(event);
    byId("compose-pane")?.classList.toggle("dropping", Boolean(pane));
    if (carriesFiles(event) && window.Compose.letter) event.preventDefault(); // a file beside the letter must not open
    if (pane) event.dataTransfer.dropEffect = "copy";
  });
  for (const end of ["dragleave", "dragend"]) {
    document.addEventListener(end, event => { if (!event.relatedTarget) byId("compose-pane")?.classList.remove("dropping"); });
  }
  document.addEventListener("drop", event => {
    byId("compose-pane")?.classList.remove("dropping");
    if (!carriesFiles(event) || !window.Compose.letter) return;
    event.preventDefault();
    event.stopPropagation();
    if (target(event)) for (const file of event.dataTransfer.files) upload(file);
  }, true);
})();
