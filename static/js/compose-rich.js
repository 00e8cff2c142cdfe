// Formatted text: Squire in place of the text area. Loaded when somebody wants it.
// The page's policy forbids style attributes; what a letter brings is set through the style object, which it allows.
(() => {
  const byId = id => document.getElementById(id);
  const LEVEL = /^((?:>\s?)*)(.*)$/;
  const COLOUR = { class: "color" };
  const OURS = new Set(["style", "src", "gone", "cid", "remote"]);
  let editor = null;
  let root = null;

  // ---- HTML in

  /** HTML of a letter or the clipboard as nodes: no scripts, no classes, pictures only by our own addresses. */
  function fragment(html) {
    const clean = DOMPurify.sanitize(quiet(html), {
      RETURN_DOM_FRAGMENT: true,
      FORBID_TAGS: ["style", "form", "input", "button", "textarea", "select", "svg", "math", "video", "audio", "iframe", "link", "meta"],
      FORBID_ATTR: ["class", "id", "style"],
    });
    // what data- attributes mean here (data-discard, data-at) is not for others to say
    for (const each of clean.querySelectorAll("*")) {
      for (const name of Object.keys(each.dataset)) if (!OURS.has(name)) delete each.dataset[name];
    }
    dress(clean);
    return clean;
  }

  /** Even in a document nobody sees, parsing a style or a handler is a complaint on the console, an image a request. */
  function quiet(html) {
    return html.replace(/<[a-z][^<>]*>/gi, tag => {
      const named = tag.replace(/\sstyle\s*=/gi, " data-style=").replace(/\son\w+\s*=/gi, " data-gone=");
      return /^<img\b/i.test(tag) ? named.replace(/\ssrc\s*=/gi, " data-src=") : named;
    });
  }

  function dress(nodes) {
    for (const each of nodes.querySelectorAll("[data-style]")) {
      each.style.cssText = each.dataset.style;
      each.removeAttribute("data-style");
      // so that Squire knows it for a colour, to be replaced or taken away
      if (each.nodeName === "SPAN" && each.style.color && each.style.length === 1) each.className = COLOUR.class;
    }
    for (const each of nodes.querySelectorAll("[data-gone]")) each.removeAttribute("data-gone");
    for (const image of nodes.querySelectorAll("img")) {
      const source = image.dataset.src ?? "";
      const cid = image.dataset.cid || (/^cid:/i.test(source) ? decodeURIComponent(source.slice(4)) : "");
      const file = cid && byId("compose-pane").querySelector(`.inline-file[data-cid="${CSS.escape(cid)}"]`);
      if (cid) image.dataset.cid = cid;
      if (file) image.src = file.dataset.href;
      else if (/^https?:/i.test(source)) image.dataset.remote = source;
      else if (!cid && !image.src) image.remove();
      delete image.dataset.src;
    }
  }

  const quietStyles = html => html.replace(/<[a-z][^<>]*>/gi, tag => tag.replace(/\sstyle="/gi, ' data-style="'));

  // ---- HTML out

  const inert = document.implementation.createHTMLDocument("");

  function html() {
    const copy = inert.importNode(root, true);
    for (const image of copy.querySelectorAll("img")) {
      const { cid, remote } = image.dataset;
      if (cid) image.setAttribute("src", `cid:${cid}`);
      else if (remote) image.setAttribute("src", remote);
      else image.remove();
      image.removeAttribute("data-cid");
      image.removeAttribute("data-remote");
    }
    const text = copy.innerHTML.replace(/\u200b/g, "");
    return copy.textContent.trim() || copy.querySelector("img, hr") ? text : "";
  }

  // ---- plain text to HTML and back

  const escaped = text => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");

  function fromText(text) {
    let out = "", depth = 0;
    for (const line of text.replace(/\n$/, "").split("\n")) {
      const [, marks, rest] = LEVEL.exec(line);
      const level = (marks.match(/>/g) ?? []).length;
      out += "<blockquote>".repeat(Math.max(level - depth, 0)) + "</blockquote>".repeat(Math.max(depth - level, 0));
      depth = level;
      out += `<div>${escaped(rest) || "<br>"}</div>`;
    }
    return out + "</blockquote>".repeat(depth);
  }

  const BLOCKS = /^(DIV|P|H[1-6]|LI|UL|OL|BLOCKQUOTE|PRE|TABLE|TR|HR)$/;

  function toText(node = root) {
    const lines = [""];
    const open = () => { if (lines.at(-1) !== "") lines.push(""); };
    (function walk(parent) {
      for (const each of parent.childNodes) {
        if (each.nodeType === Node.TEXT_NODE) lines[lines.length - 1] += each.data.replace(/\u200b/g, "").replace(/[\n\t ]+/g, " ");
        else if (each.nodeName === "BR") lines.push("");
        else if (each.nodeName === "BLOCKQUOTE") {
          open();
          lines.splice(-1, 1, ...toText(each).split("\n").map(line => `>${line.startsWith(">") ? "" : " "}${line}`), "");
        } else if (BLOCKS.test(each.nodeName)) {
          open();
          if (each.nodeName === "LI") lines[lines.length - 1] = each.parentNode.nodeName === "OL" ? `${[...each.parentNode.children].indexOf(each) + 1}. ` : "- ";
          walk(each);
          if (each.lastChild?.nodeName !== "BR") lines.push("");
        } else walk(each);
      }
    })(node);
    if (lines.at(-1) === "") lines.pop();
    return lines.join("\n");
  }

  // ---- the switch between the two

  function show(rich) {
    byId("compose-text").hidden = rich;
    byId("compose-rich").hidden = !rich;
    byId("rich-toolbar").hidden = !rich;
    byId("rich-switch").setAttribute("aria-pressed", String(rich));
  }

  function begin(source) {
    root = byId("compose-rich");
    show(true);
    editor = new Squire(root, { blockTag: "DIV", sanitizeToDOMFragment: fragment });
    root.setAttribute("role", "textbox");
    root.setAttribute("aria-multiline", "true");
    root.setAttribute("aria-label", byId("compose-text").getAttribute("aria-label"));
    // Squire's undo goes by HTML, whose style attributes the page's policy would refuse
    const [read, write] = [editor._getRawHTML, editor._setRawHTML];
    editor._getRawHTML = () => quietStyles(read.call(editor));
    editor._setRawHTML = text => { const done = write.call(editor, text); dress(root); return done; };
    editor.setHTML(source);
    editor.moveCursorToStart();
    editor.addEventListener("input", () => window.Compose.changed());
    editor.addEventListener("pathChange", press);
    editor.addEventListener("select", press);
    editor.addEventListener("pasteImage", event => {
      for (const file of event.detail.clipboardData.files) picture(file);
    });
  }

  function end() {
    if (!editor) return;
    editor.destroy();
    editor = root = null;
  }

  const isOn = () => Boolean(editor && root?.isConnected && !root.hidden);

  document.addEventListener("compose:rich", () => {
    const held = byId("compose-html").value;
    if (isOn()) {
      const text = toText();
      end();
      show(false);
      byId("compose-rich").replaceChildren();
      byId("compose-text").value = text;
      window.Compose.letter.form.elements.html.value = "";
      byId("compose-text").focus();
      return window.Compose.changed();
    }
    end();
    begin(held || fromText(byId("compose-text").value));
    byId("compose-html").value = "";
    if (held) return;
    window.Compose.changed();
    editor.focus();
  });

  document.addEventListener("compose:collect", () => {
    if (!isOn()) return;
    window.Compose.letter.form.elements.html.value = html();
    byId("compose-text").value = toText();
  });
  document.addEventListener("compose:open", end);
  document.addEventListener("compose:signature", event => {
    if (!isOn()) return;
    const lines = text => escaped(text).replace(/\n/g, "<br>");
    const { before, after } = event.detail;
    const now = editor.getHTML();
    if (before && now.includes(`-- <br>${lines(before)}`)) {
      editor.setHTML(now.replace(`-- <br>${lines(before)}`, () => after ? `-- <br>${lines(after)}` : ""));
    }
  });

  // ---- pictures in the text

  function picture(file) {
    window.ComposeFiles.upload(file, { inline: true, done: one => {
      if (!one || !isOn()) return;
      const mark = Object.assign(document.createElement("i"), { className: "inline-file", hidden: true });
      Object.assign(mark.dataset, { cid: one.cid, id: one.id, size: one.size, href: one.href });
      byId("compose-files").after(mark);
      editor.insertImage(one.href, { "data-cid": one.cid, alt: one.name });
      window.Compose.changed();
    } });
  }

  function choosePicture() {
    const input = Object.assign(document.createElement("input"), { type: "file", accept: "image/png,image/jpeg,image/gif,image/webp", multiple: true });
    input.addEventListener("change", () => { for (const file of input.files) picture(file); });
    input.click();
  }

  // ---- the toolbar

  const within = tag => editor.hasFormat(tag) || new RegExp(`(^|>)${tag}\\b`).test(editor.getPath());
  const tools = {
    bold: () => editor.hasFormat("B") ? editor.removeBold() : editor.bold(),
    italic: () => editor.hasFormat("I") ? editor.removeItalic() : editor.italic(),
    list: () => within("UL") ? editor.removeList() : editor.makeUnorderedList(),
    numbered: () => within("OL") ? editor.removeList() : editor.makeOrderedList(),
    quote: () => within("BLOCKQUOTE") ? editor.decreaseQuoteLevel() : editor.increaseQuoteLevel(),
    clear: () => editor.removeAllFormatting(),
    image: choosePicture,
    colour() {
      const form = byId("colour-form");
      form.hidden = !form.hidden;
      for (const each of form.querySelectorAll(".swatch")) each.style.setProperty("--swatch", each.dataset.colour);
    },
    link() {
      if (editor.hasFormat("A")) return editor.removeLink();
      const form = byId("rich-toolbar").querySelector(".link-form");
      form.hidden = !form.hidden;
      if (!form.hidden) byId("link-address").focus();
    },
  };
  const TAGS = { bold: "B", italic: "I", list: "UL", numbered: "OL", quote: "BLOCKQUOTE", link: "A" };

  function press() {
    for (const [name, tag] of Object.entries(TAGS)) {
      byId("rich-toolbar").querySelector(`[data-tool=${name}]`).setAttribute("aria-pressed", String(within(tag)));
    }
  }

  /** As a style the page's policy takes: Squire's own setTextColor writes an attribute. */
  function colour(value) {
    const format = { tag: "SPAN", attributes: { ...COLOUR, "data-style": `color:${value}` } };
    editor.changeFormat(value ? format : null, { tag: "SPAN", attributes: COLOUR });
    dress(root);
    byId("colour-form").hidden = true;
    editor.focus();
    window.Compose.changed();
  }

  function link() {
    const address = byId("link-address").value.trim();
    byId("rich-toolbar").querySelector(".link-form").hidden = true;
    byId("link-address").value = "";
    editor.focus();
    if (!address) return;
    editor.makeLink(/^(https?:|mailto:|tel:)/i.test(address) ? address : address.includes("@") && !address.includes("/") ? `mailto:${address}` : `https://${address}`);
    window.Compose.changed();
  }

  document.addEventListener("click", event => {
    if (!isOn()) return;
    const tool = event.target.closest?.("[data-tool]")?.dataset.tool;
    if (event.target.closest?.("[data-link-done]")) return link();
    const swatch = event.target.closest?.("[data-colour]");
    if (swatch) return colour(swatch.dataset.colour);
    if (!tool) return;
    tools[tool]();
    if (!["link", "image", "colour"].includes(tool)) editor.focus();
    press();
  });
  document.addEventListener("pointerdown", event => { if (event.target.closest?.("[data-tool], [data-colour]")) event.preventDefault(); });
  document.addEventListener("keydown", event => {
    if (event.isComposing) return;
    if (event.target.id === "link-address" && event.key === "Enter") {
      event.preventDefault();
      link();
      return;
    }
    const tool = event.target.closest?.("[data-tool]");
    if (!tool || !["ArrowLeft", "ArrowRight"].includes(event.key)) return;
    const all = [...byId("rich-toolbar").querySelectorAll("[data-tool]")];
    const next = all[(all.indexOf(tool) + (event.key === "ArrowRight" ? 1 : -1) + all.length) % all.length];
    for (const each of all) each.tabIndex = each === next ? 0 : -1;
    next.focus();
  });
})();
