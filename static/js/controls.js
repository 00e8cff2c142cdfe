// Small controls of any page: show a password, copy a line, close menus, open dialogs, choose the language; no form is
// sent while an input method composes.
(() => {
  const SAID_MS = 3000;

  async function copy(button) {
    const text = document.getElementById(button.dataset.copy).textContent.trim();
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // Without https there is no clipboard: mark the text, so that one key copies it.
      getSelection().selectAllChildren(document.getElementById(button.dataset.copy));
      return;
    }
    const [say, said] = [button.querySelector(".copy-say"), button.querySelector(".copy-said")];
    say.hidden = true;
    said.hidden = false;
    setTimeout(() => { say.hidden = false; said.hidden = true; }, SAID_MS);
  }

  function reveal(button) {
    const field = document.getElementById(button.dataset.reveal);
    const shown = field.type === "password";
    field.type = shown ? "text" : "password";
    button.setAttribute("aria-pressed", String(shown));
    field.focus();
  }

  function chooseLanguage(button) {
    document.cookie = `language=${button.dataset.language}; path=/; max-age=31536000; samesite=lax`;
    location.reload();
  }

  document.addEventListener("click", event => {
    const button = event.target.closest("[data-copy], [data-reveal], [data-language], [data-dialog]");
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(event.target) || event.target.closest(".menu-item")) menu.open = false;
    }
    if (!button) return;
    if (button.dataset.copy) copy(button);
    else if (button.dataset.reveal) reveal(button);
    else if (button.dataset.language) chooseLanguage(button);
    else if (button.dataset.dialog) {
      document.getElementById("sidebar")?.matches(":popover-open") && document.getElementById("sidebar").hidePopover();
      document.getElementById(button.dataset.dialog).showModal();
    }
  });

  // Keys an input method takes are none of a form's or a menu's.
  const composes = event => event.isComposing || event.keyCode === 229;

  document.addEventListener("keydown", event => {
    if (event.key === "Enter" && composes(event) && event.target.matches("input")) event.preventDefault();
  }, true);

  document.addEventListener("keydown", event => {
    const menu = event.key === "Escape" && !composes(event) && document.querySelector("details.menu[open]");
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
    event.stopImmediatePropagation();
  });

  document.addEventListener("click", event => {
    if (event.target.matches("dialog")) event.target.close();
  });

  // A field may be repeated elsewhere on the page while it is typed: the domain in its MX record.
  document.addEventListener("input", event => {
    const mirror = document.getElementById(event.target.dataset?.mirror ?? "");
    if (mirror) mirror.textContent = event.target.value.trim() || mirror.dataset.empty;
  });
})();
