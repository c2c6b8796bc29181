"use strict";

// paintOperations draws the operations of a client as bars. Those that are narrower than a pixel become one column with the worst
// outcome of them.
function paintOperations(c, page, lane, top) {
  const {run, viewport, palette} = page, operations = run.operations;
  const height = operationHeight - 1.5, columns = Math.ceil(viewport.width) + 1;
  const narrow = new Float64Array(lane.operationRows * columns).fill(-1); // by row and pixel: the rank of the worst operation
  const wide = [];
  operations.visible(lane.host, viewport.start, viewport.end, (i) => {
    const row = Math.min(operations.row[i], lane.operationRows - 1), end = Math.min(operations.end[i], run.now);
    const x0 = Math.max(viewport.left, viewport.x(operations.call[i])), x1 = Math.min(viewport.right, viewport.x(end));
    if (x1 - x0 < 2 && !run.unexplained.has(operations.ids[i])) {
      const at = row * columns + Math.floor(x0 - viewport.left);
      narrow[at] = Math.max(narrow[at], rankOf(page, i));
    } else wide.push(i, x0, Math.max(x1, x0 + 1), top + row * operationHeight);
  });
  paintNarrow(c, page, narrow, columns, top, height);
  for (let w = 0; w < wide.length; w += 4) paintOperation(c, page, wide[w], wide[w + 1], wide[w + 2], wide[w + 3], height);
}

// paintNarrow draws the pixels in which there are narrow operations, colour by colour, equal neighbours at once.
function paintNarrow(c, page, ranks, columns, top, height) {
  const {viewport, palette} = page, colours = [palette.good, palette.pending, palette.refused, palette.unknown];
  colours.forEach((colour, rank) => {
    c.fillStyle = colour;
    for (let at = 0; at < ranks.length; at++) {
      if (ranks[at] < 0 || Math.floor(ranks[at]) !== rank) continue;
      const begun = at, row = Math.floor(at / columns);
      while (at + 1 < (row + 1) * columns && Math.floor(ranks[at + 1]) === rank) at++;
      c.fillRect(viewport.left + begun - row * columns, top + row * operationHeight, at - begun + 1, height);
    }
  });
}

// rankOf orders operations by how much they deserve to be seen.
function rankOf(page, i) {
  const operations = page.run.operations;
  if (page.run.unexplained.has(operations.ids[i])) return 4;
  return [1, 0, 2, 3][operations.outcome[i]] + (operations.attempts[i].length > 3 ? 0.5 : 0);
}

function paintOperation(c, page, i, x0, x1, y, height) {
  const {run, viewport, palette} = page, operations = run.operations, outcome = outcomes[operations.outcome[i]];
  c.fillStyle = palette.outcomes[operations.outcome[i]];
  if (outcome === "unknown" && x1 - x0 > 6) { // hollow: nobody knows whether it happened
    c.fillStyle = palette.pattern(c, palette.unknown, "diagonal");
    c.fillRect(x0, y, x1 - x0, height);
    c.strokeStyle = palette.unknown;
    c.lineWidth = 1;
    c.strokeRect(x0 + 0.5, y + 0.5, x1 - x0 - 1, height - 1);
  } else {
    c.fillRect(x0, y, x1 - x0 > 4 ? x1 - x0 - 1 : x1 - x0, height); // neighbours do not touch
  }
  if (run.unexplained.has(operations.ids[i])) {
    c.strokeStyle = palette.cursor;
    c.lineWidth = 2;
    c.strokeRect(x0 - 1, y - 1, Math.max(3, x1 - x0 + 2), height + 2);
  }
  if (x1 - x0 > 34) {
    const text = run.texts[operations.request[i]], font = "8.5px " + palette.sans;
    c.font = font;
    if (outcome === "unknown") {
      c.fillStyle = palette.ground;
      c.fillRect(x0 + 1, y + 1, Math.min(x1 - x0 - 2, c.measureText(text).width + 4), height - 2);
    }
    paintText(c, text, x0 - 2, x1, y + height - 1, outcome === "unknown" ? palette.text : "#000", font);
  }
  const attempts = operations.attempts[i];
  for (let a = 3; a < attempts.length && x1 - x0 > 5; a += 3) { // a diamond where it was sent again
    const x = viewport.x(attempts[a]);
    if (x < viewport.left || x > viewport.right) continue;
    c.fillStyle = palette.text;
    c.beginPath();
    c.moveTo(x, y - 1); c.lineTo(x + 3.5, y + height / 2); c.lineTo(x, y + height + 1); c.lineTo(x - 3.5, y + height / 2);
    c.fill();
  }
}

// operationAt returns the operation at a point of a client's lane, -1 if there is none.
function operationAt(page, lane, x, y) {
  const {run, viewport} = page, operations = run.operations;
  const row = Math.floor((y - lane.operationsY) / operationHeight);
  if (row < 0 || row >= lane.operationRows) return -1;
  const slack = 2 * viewport.perPixel, time = viewport.time(x);
  let best = -1;
  operations.visible(lane.host, time - slack, time + slack, (i) => {
    if (Math.min(operations.row[i], lane.operationRows - 1) !== row) return;
    if (best < 0 || rankOf(page, i) >= rankOf(page, best)) best = i;
  });
  return best;
}
