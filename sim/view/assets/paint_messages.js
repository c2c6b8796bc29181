"use strict";

// maxArrows is how many arrows are drawn at once: more would be a grey area, and slow.
const maxArrows = 1500;

// paintAllMessages draws the messages in view as lines from where they were sent to where they came. If there are too many, it
// draws some of them and says so.
function paintAllMessages(c, page) {
  const {run, viewport, palette} = page;
  const first = firstFrom(run.received.data, run.received.length, viewport.start);
  const last = firstAfter(run.received.data, run.received.length, viewport.end + viewport.span);
  const step = Math.max(1, Math.ceil((last - first) / maxArrows));
  c.lineWidth = 1;
  c.globalAlpha = step > 1 ? 0.25 : 0.5;
  c.strokeStyle = palette.sent;
  c.beginPath();
  for (let m = first; m < last; m += step) {
    const from = run.from.data[m];
    if (run.time.data[from] > viewport.end || run.host.data[from] === run.host.data[run.to.data[m]]) continue;
    const ends = arrowEnds(page, from, run.to.data[m]);
    if (!ends) continue;
    c.moveTo(ends.x0, ends.y0);
    c.lineTo(ends.x1, ends.y1);
  }
  c.stroke();
  c.globalAlpha = 1;
  return step;
}

// arrowEnds returns where a message leaves and comes in, or null if one of its hosts has no lane.
function arrowEnds(page, from, to) {
  const {run, viewport, rows} = page;
  const y0 = rows.middle(run.host.data[from]), y1 = rows.middle(run.host.data[to]);
  if (y0 === null || y1 === null) return null;
  return {x0: viewport.x(run.time.data[from]), y0, x1: viewport.x(run.time.data[to]), y1};
}

// paintEventMessages draws the messages that an event received and sent. What never came is a short line with a cross.
function paintEventMessages(c, page, event) {
  const {run, palette, viewport, rows} = page;
  for (let r = run.starts.data[event]; r < run.endOf(event); r++) {
    run.messagesOf(r, (from, to) => {
      const ends = arrowEnds(page, from, to);
      if (ends) paintArrow(c, ends, to === r ? palette.received : palette.cursor);
    });
    if (run.isLost(r) && run.peer.data[r] >= 0) {
      const x = viewport.x(run.time.data[r]), y = rows.middle(run.host.data[r]), target = rows.middle(run.peer.data[r]);
      if (y !== null && target !== null) paintLost(c, x, y, target, palette.trouble);
    }
  }
}

function paintArrow(c, {x0, y0, x1, y1}, colour) {
  const angle = Math.atan2(y1 - y0, x1 - x0), head = 8;
  c.strokeStyle = c.fillStyle = colour;
  c.lineWidth = 1.8;
  c.beginPath();
  c.moveTo(x0, y0);
  c.lineTo(x1 - head * 0.6 * Math.cos(angle), y1 - head * 0.6 * Math.sin(angle));
  c.stroke();
  c.beginPath();
  c.moveTo(x1, y1);
  for (const turn of [-0.4, 0.4]) c.lineTo(x1 - head * Math.cos(angle + turn), y1 - head * Math.sin(angle + turn));
  c.fill();
}

function paintLost(c, x, y, target, colour) {
  const end = y + Math.sign(target - y) * Math.min(26, Math.abs(target - y) / 2);
  c.strokeStyle = colour;
  c.lineWidth = 1.6;
  c.beginPath();
  c.moveTo(x, y);
  c.lineTo(x + 6, end);
  c.stroke();
  paintCross(c, x + 6, end, colour);
}
