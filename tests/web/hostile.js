// Looks, in the page that holds the mail frames, at what Chromium made of every one of them.
() => {
  const TAGS = new Set(
    ("A ABBR ADDRESS ARTICLE ASIDE B BDI BDO BIG BLOCKQUOTE BR CAPTION CENTER CITE CODE COL COLGROUP DD DEL DETAILS DFN " +
     "DIV DL DT EM FIGCAPTION FIGURE FONT FOOTER H1 H2 H3 H4 H5 H6 HEADER HR I IMG INS KBD LI MAIN MARK NAV OL P PRE Q " +
     "RP RT RUBY S SAMP SECTION SMALL SPAN STRIKE STRONG SUB SUMMARY SUP TABLE TBODY TD TFOOT TH THEAD TIME TR TT U UL " +
     "VAR WBR").split(" "));
  const ATTRIBUTES = new Set(
    ("dir lang title align valign width height bgcolor style href src alt border hspace vspace cellpadding cellspacing " +
     "bordercolor rules frame colspan rowspan nowrap abbr scope span color face size start type reversed value noshade " +
     "clear datetime open target rel").split(" "));
  const STILL = {
    position: "static", zIndex: "auto", transform: "none", translate: "none", scale: "none", rotate: "none",
    backgroundImage: "none", listStyleImage: "none", borderImageSource: "none", maskImage: "none", filter: "none",
    clipPath: "none", shapeOutside: "none", animationName: "none", zoom: "1", content: "normal", cursor: null,
  };
  const CLASSES = /^(letter|quote|quote-head|m-[\w-]+)( m-[\w-]+)*$/;
  const INSIDE = /^\.letter([.#:][\w-]+)*([ >][^~]*)?$/; // and nothing that stands beside it
  const bare = text => text.replace(/\(([^()]|\([^()]*\))*\)/g, "");
  // What a letter's own style sheet may hold: rules for what lies in the letter, that load nothing.
  function judgeRules(rules, complain) {
    for (const rule of rules) {
      if (rule.constructor.name === "CSSMediaRule") judgeRules(rule.cssRules, complain);
      else if (rule.constructor.name !== "CSSStyleRule" || rule.cssRules?.length) complain(`a rule ${rule.cssText.slice(0, 60)}`);
      else if (!bare(rule.selectorText).split(",").every(one => INSIDE.test(one.trim()))) complain(`styles ${rule.selectorText}`);
      else if (/url|image|expression|@|\\/i.test(rule.style.cssText)) complain(`sets ${rule.style.cssText.slice(0, 60)}`);
    }
  }
  const LINKS = new Set(["https:", "http:", "mailto:", "tel:"]);
  const problems = [];
  for (const frame of document.querySelectorAll("iframe")) {
    const complain = what => problems.push(`${frame.dataset.case}: ${what}`);
    const page = frame.contentDocument;
    if (!page?.body) { complain("cannot be read"); continue; }
    if (page.location.pathname !== frame.dataset.path) complain(`went to ${page.location}`);
    for (const sheet of [...page.styleSheets].slice(Number(frame.dataset.sheets))) judgeRules(sheet.cssRules, complain);
    if (page.querySelectorAll("script, head meta[http-equiv], head link").length) complain("brought something into the head");
    if (page.querySelectorAll("base[href]").length) complain("moved the base");
    const view = page.defaultView;
    for (const element of page.body.querySelectorAll("*")) {
      const name = element.tagName;
      if (element.namespaceURI !== "http://www.w3.org/1999/xhtml" || !TAGS.has(name)) complain(`<${name}>`);
      for (const { name: attribute } of element.attributes) {
        const ours = attribute === "class" && CLASSES.test(element.className) || attribute === "id" && /^m-/.test(element.id);
        if (!ATTRIBUTES.has(attribute) && !ours) complain(`${name} ${attribute}`);
      }
      const style = view.getComputedStyle(element);
      for (const [property, value] of Object.entries(STILL)) {
        if (value !== null && style[property] !== value && !(name === "IMG" && property === "content")) {
          complain(`${name} ${property}: ${style[property]}`);
        }
      }
      if (!["auto", "pointer", "default"].includes(style.cursor)) complain(`cursor ${style.cursor}`);
      if (name === "A" && element.hasAttribute("href")) {
        if (!LINKS.has(element.protocol)) complain(`leads to ${element.href.slice(0, 60)}`);
        if (element.target !== "_blank" || !element.rel.includes("noopener")) complain("opens in the frame");
      }
      if (name === "IMG" && !/^(data:image\/(png|jpeg|gif|webp);base64,|https?:\/\/)/.test(element.src)) {
        complain(`shows ${element.src.slice(0, 60)}`);
      }
    }
    if (page.body.scrollHeight > 60_000 || page.body.scrollWidth > 60_000) {
      complain(`grows to ${page.body.scrollWidth} x ${page.body.scrollHeight}`);
    }
  }
  return problems;
}
