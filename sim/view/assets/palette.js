"use strict";

// Colours of hosts in the strip of shares: after Okabe and Ito, who chose colours that the colour-blind can tell apart,
// without the one that means trouble. With more hosts than colours, later rounds are hatched.
const hostColours = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#c9bc1f", "#6a5acd", "#8c8c8c"];

// A Palette holds the colours of the present theme, and the patterns that go with them: nothing is told by colour alone.
class Palette {
  constructor() {
    const style = getComputedStyle(document.documentElement);
    for (const name of ["ground", "raised", "line", "text", "quiet", "strong", "lane", "up", "leading", "worried", "wrong", "down", "paused",
      "received", "sent", "timer", "machine", "note", "trouble", "input", "good", "refused", "unknown", "pending", "cursor", "hit", "dense"]) {
      this[name] = style.getPropertyValue("--" + name).trim();
    }
    this.tones = [this.up, this.leading, this.worried, this.wrong];
    this.outcomes = [this.pending, this.good, this.refused, this.unknown];
    this.sans = "system-ui, sans-serif";
    this.patterns = new Map();
  }

  category(index) { return this[categories[index]]; }

  host(index) { return hostColours[index % hostColours.length]; }

  // pattern returns a hatched fill: "diagonal" lines, "dots", or "cross".
  pattern(context, colour, kind) {
    const key = colour + kind;
    if (!this.patterns.has(key)) this.patterns.set(key, makePattern(context, colour, kind));
    return this.patterns.get(key);
  }
}

function makePattern(context, colour, kind) {
  const tile = document.createElement("canvas"), size = 8;
  tile.width = tile.height = size;
  const c = tile.getContext("2d");
  c.strokeStyle = c.fillStyle = colour;
  c.lineWidth = 1.6;
  const line = (x0, y0, x1, y1) => { c.beginPath(); c.moveTo(x0, y0); c.lineTo(x1, y1); c.stroke(); };
  if (kind === "dots") {
    c.fillRect(1, 1, 2, 2);
    c.fillRect(5, 5, 2, 2);
  } else {
    for (const d of [-size, 0, size]) line(d - 1, size + 1, d + size + 1, -1);
  }
  if (kind === "cross") for (const d of [-size, 0, size]) line(d - 1, -1, d + size + 1, size + 1);
  return context.createPattern(tile, "repeat");
}
