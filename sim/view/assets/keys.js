"use strict";

// keys are what can be done from the keyboard, in the order of the help.
const keys = [
  ["→ ←", ["ArrowRight", "ArrowLeft"], "next, previous event", (p, k) => p.cursor.step(k === "ArrowRight" ? 1 : -1)],
  ["⇧→ ⇧←", ["Shift+ArrowRight", "Shift+ArrowLeft"], "next, previous event of this host", (p, k) => p.cursor.stepHost(k.endsWith("Right") ? 1 : -1)],
  ["↓ ↑", ["ArrowDown", "ArrowUp"], "lane below, above", (p, k) => p.cursor.changeLane(k === "ArrowDown" ? 1 : -1)],
  ["Enter", ["Enter"], "other end of the message", (p) => p.cursor.across()],
  ["PgDn PgUp", ["PageDown", "PageUp"], "100 events on, back", (p, k) => p.cursor.step(k === "PageDown" ? 100 : -100)],
  ["Home End", ["Home", "End"], "first, last event", (p, k) => p.cursor.goTo(k === "Home" ? 0 : p.run.records - 1)],
  ["space", [" "], "play, stop", (p) => p.play()],
  ["f", ["f"], "to the failure", (p) => p.goToFailure()],
  ["] [", ["]", "["], "next, previous fault", (p, k) => p.cursor.fault(k === "]" ? 1 : -1)],
  ["o O", ["o", "O"], "next, previous operation that was redirected, refused or unknown", (p, k) => p.nextOddOperation(k === "o" ? 1 : -1)],
  ["/", ["/"], "search", () => byID("search").focus()],
  ["n N", ["n", "N"], "next, previous hit", (p, k) => p.cursor.hit(k === "n" ? 1 : -1)],
  ["+ −", ["+", "=", "-"], "zoom in, out", (p, k) => p.zoom(k === "-" ? 2 : 0.5)],
  ["w s a d", ["w", "s", "a", "d"], "zoom and move", (p, k) => ({w: () => p.zoom(0.5), s: () => p.zoom(2), a: () => p.pan(-0.2), d: () => p.pan(0.2)})[k]()],
  ["0", ["0"], "all of the run", (p) => p.fit()],
  ["m", ["m"], "messages: of this event, all, none", (p) => p.nextMessages()],
  ["e", ["e"], "the checker's picture", (p) => p.explain()],
  ["t", ["t"], "light or dark", (p) => p.toggleTheme()],
  ["?", ["?"], "this help", () => byID("help-dialog").showModal()],
];

function listenToKeys(page) {
  document.addEventListener("keydown", (e) => {
    if (e.target.matches("input, select, textarea") || e.ctrlKey || e.metaKey || e.altKey || document.querySelector("dialog[open]")) return;
    if (e.target.matches("button, summary") && (e.key === " " || e.key === "Enter")) return;
    press(page, e.key.startsWith("Arrow") && e.shiftKey ? "Shift+" + e.key : e.key, e);
  });
}

// press does what a key stands for.
function press(page, key, e) {
  const entry = keys.find(([, names]) => names.includes(key));
  if (!entry) return;
  if (e) e.preventDefault();
  entry[3](page, key);
}

// fillHelp writes the keys, and the legend with samples of what the lanes show.
function fillHelp(page) {
  const dialog = byID("help-dialog"), {palette} = page, left = element("div", {}, element("h2", {}, "Keys"));
  for (const [label, , text] of keys) left.append(element("p", {}, element("kbd", {}, label), text));
  left.append(element("h2", {}, "Mouse"), element("p", {}, "Drag to move, Ctrl and wheel to zoom, Shift and wheel to move in time, click for the event or operation."));
  const right = element("div", {}, element("h2", {}, "Lanes"));
  const sample = (text, paint) => {
    const canvas = element("canvas", {className: "swatch", width: 30, height: 14});
    paint(canvas.getContext("2d"));
    right.append(element("p", {}, canvas, text));
  };
  const fill = (style) => (c) => { c.fillStyle = typeof style === "function" ? style(c) : style; c.fillRect(0, 0, 30, 14); };
  sample("up", fill(palette.up));
  sample("up, with the special role that its label names", fill(palette.leading));
  sample("down", fill((c) => palette.pattern(c, palette.down, "diagonal")));
  sample("paused", fill((c) => palette.pattern(c, palette.paused, "dots")));
  sample("cut off from some others (one line: one way)", (c) => {
    fill(palette.up)(c);
    c.strokeStyle = palette.trouble; c.lineWidth = 2; c.setLineDash([5, 3]);
    for (const y of [1, 13]) { c.beginPath(); c.moveTo(0, y); c.lineTo(30, y); c.stroke(); }
  });
  sample("a suspicion, a doubt", fill(palette.worried));
  sample("something is wrong", fill(palette.wrong));
  const tick = (colour, y, height) => (c) => { c.fillStyle = colour; c.fillRect(14, y, 2, height); };
  sample("something received", tick(palette.received, 1, 10));
  sample("something sent", tick(palette.sent, 9, 4));
  sample("a datagram that nobody received", (c) => { tick(palette.sent, 9, 4)(c); paintCross(c, 15, 10, palette.trouble); });
  sample("a deadline or a timer", tick(palette.timer, 1, 10));
  sample("an input from outside", tick(palette.input, 1, 10));
  sample("start, stop, disk", tick(palette.machine, 1, 10));
  right.append(element("h2", {}, "Operations"));
  sample("answered", (c) => { c.fillStyle = palette.good; c.fillRect(2, 4, 26, 6); });
  sample("refused: surely without effect", (c) => { c.fillStyle = palette.refused; c.fillRect(2, 4, 26, 6); });
  sample("unknown: it may have had an effect", (c) => {
    c.fillStyle = palette.pattern(c, palette.unknown, "diagonal"); c.fillRect(2, 4, 26, 6); c.strokeStyle = palette.unknown; c.strokeRect(2.5, 4.5, 25, 5);
  });
  sample("redirected, or tried again", (c) => {
    c.fillStyle = palette.good; c.fillRect(2, 4, 26, 6); c.fillStyle = palette.text;
    c.beginPath(); c.moveTo(15, 2); c.lineTo(19, 7); c.lineTo(15, 12); c.lineTo(11, 7); c.fill();
  });
  sample("no order explains it", (c) => { c.fillStyle = palette.good; c.fillRect(3, 4, 24, 6); c.strokeStyle = palette.cursor; c.lineWidth = 2; c.strokeRect(2, 3, 26, 8); });
  const close = element("button", {onclick: () => dialog.close()}, "Close");
  dialog.replaceChildren(element("header", {className: "bar"}, element("strong", {}, "Keys and legend"), element("span", {className: "gap"}), close),
    element("div", {className: "columns"}, left, right));
}
