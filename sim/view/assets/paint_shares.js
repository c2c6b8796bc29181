"use strict";

// paintShares draws the space that hosts share, from its first element at the top to its last: who holds what, over time. What
// nobody holds stays empty, what two hold at once is marked as trouble.
function paintShares(c, page, top) {
  const {run, viewport, palette, rows} = page, height = rows.shares.height, size = run.meta.space.size;
  c.fillStyle = palette.pattern(c, palette.line, "diagonal");
  c.fillRect(viewport.left, top, viewport.width, height);
  const y = (element) => top + element / size * height;
  const changes = shareChanges(run);
  changes.forEach((change, i) => {
    const end = i + 1 < changes.length ? changes[i + 1].time : run.now;
    if (end < viewport.start || change.time > viewport.end) return;
    const x0 = Math.max(viewport.left, viewport.x(change.time)), x1 = Math.min(viewport.right, Math.max(viewport.x(end), x0 + 0.5));
    for (const part of change.parts) {
      const y0 = y(part.first), y1 = y(part.last + 1);
      c.fillStyle = part.contested ? palette.trouble : palette.host(part.host);
      c.fillRect(x0, y0, x1 - x0, Math.max(1, y1 - y0));
      if (part.contested || part.host >= hostColours.length) {
        c.fillStyle = palette.pattern(c, "#ffffff88", part.contested ? "cross" : "diagonal");
        c.fillRect(x0, y0, x1 - x0, Math.max(1, y1 - y0));
      }
      if (y1 - y0 > 9.5) {
        const label = `${run.hosts[part.host]}${part.contested ? " and another" : ""}  ${part.first}–${part.last}`;
        paintText(c, label, x0, x1, (y0 + y1) / 2 + 3.5, labelColour(palette.host(part.host)), "10px " + palette.sans);
      }
    }
  });
}

// labelColour returns black or white, whichever can be read on a colour.
function labelColour(colour) {
  const [r, g, b] = [1, 3, 5].map((i) => parseInt(colour.slice(i, i + 2), 16));
  return 0.299 * r + 0.587 * g + 0.114 * b > 140 ? "#000" : "#fff";
}

// shareChanges returns who holds what from which time on, as parts without overlap. The result is kept until there is more.
function shareChanges(run) {
  if (run.shareChanges && run.shareChanges.count === run.shares.length) return run.shareChanges.list;
  const held = run.hosts.map(() => []), list = [];
  run.shares.forEach((share, i) => {
    held[share.host] = share.ranges;
    const next = run.shares[i + 1];
    if (!next || next.time > share.time) list.push({time: share.time, parts: partsOf(held)});
  });
  run.shareChanges = {count: run.shares.length, list};
  return list;
}

function partsOf(held) {
  const ranges = [];
  held.forEach((list, host) => {
    for (let i = 0; i < list.length; i += 2) ranges.push({first: list[i], last: list[i + 1], host, contested: false});
  });
  ranges.sort((a, b) => a.first - b.first);
  const parts = [];
  let reach = null; // the part that extends furthest so far
  for (const range of ranges) {
    parts.push(range);
    if (reach && range.first <= reach.last) {
      parts.push({first: range.first, last: Math.min(range.last, reach.last), host: reach.host, contested: true});
    }
    if (!reach || range.last > reach.last) reach = range;
  }
  return parts;
}
