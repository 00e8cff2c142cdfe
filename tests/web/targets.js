/* Every control that can be pressed, and how large the area is in which a press reaches it: [{what, width, height}] of
   those below `least` px. The area is felt for point by point, so an invisible edge counts and what lies over it does not. */
least => {
  const CONTROLS = "a[href], button, summary, input:not([type=hidden]), select, textarea, [role=button], [role=option]";
  const within = document.querySelector("dialog:modal, :popover-open") ?? document;
  const overlay = [...within.querySelectorAll("details.menu[open] > .menu-list, [role=listbox]")]
    .find(each => each.checkVisibility()) ?? within;
  // a press beside the chips of a field goes to its input, as one on a label does
  const labelled = each => [each, ...(each.labels ?? []), each.closest(".people-field")].filter(Boolean);

  // a link within a sentence of a letter is the letter's own
  const counts = each => !each.disabled && !each.closest(".letter, [inert]") && each.checkVisibility({ visibilityProperty: true })
    && !each.matches(".skip, .hidden-text, .hidden-text *") && getComputedStyle(each).pointerEvents !== "none";

  // rows of a list are alike
  const kind = (each, box) => [each.localName, each.id.replace(/\d+/g, ""), each.className?.baseVal ?? each.className, each.name ?? "", Math.round(box.width / 8), Math.round(box.height)].join(" ");

  /** Whether a press there reaches the control, its label or what stands in them. */
  function reaches(all, x, y) {
    const found = document.elementFromPoint(x, y);
    return !!found && all.some(each => each.contains(found)) && (all[0].contains(found) || !found.closest("a[href], button"));
  }

  function span(all, x, y, dx, dy) {
    let length = 1;
    for (const way of [-1, 1]) {
      for (let step = 1; step < least && reaches(all, x + way * dx * step, y + way * dy * step); step += 1) length += 1;
    }
    return length;
  }

  const small = [];
  const known = new Set();
  for (const control of overlay.querySelectorAll(CONTROLS)) {
    if (!counts(control)) continue;
    let [box] = control.getClientRects();
    if (!box?.width || !box.height || known.has(kind(control, box))) continue;
    control.scrollIntoView({ block: "center", inline: "nearest", behavior: "instant" });
    [box] = control.getClientRects();
    const all = labelled(control);
    const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
    if (!reaches(all, x, y)) continue; // under something that is open, or out of what scrolls
    known.add(kind(control, box));
    const far = least / 2 - 1;
    if ([[-far, 0], [far, 0], [0, -far], [0, far]].every(([dx, dy]) => reaches(all, x + dx, y + dy))) continue;
    const [width, height] = [span(all, x, y, 1, 0), span(all, x, y, 0, 1)];
    if (width < least || height < least) {
      small.push({ what: control.outerHTML.slice(0, 160).replace(/\s+/g, " "), width, height });
    }
  }
  return small;
}
