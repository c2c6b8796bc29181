"use strict";

// The Timeline draws the lanes. The scene is redrawn when the view changes, what moves with the cursor and the mouse is above it.
class Timeline {
  constructor(page) {
    this.page = page;
    this.element = byID("timeline");
    this.scene = byID("scene");
    this.overlay = byID("overlay");
    this.stale = false;
    this.frames = 0;
    this.slowest = 0;
    new ResizeObserver(() => this.resize()).observe(this.element);
    this.pointer = new Pointer(page, this);
    this.resize();
  }

  resize() {
    const ratio = window.devicePixelRatio || 1;
    this.width = this.element.clientWidth;
    this.height = this.element.clientHeight;
    for (const canvas of [this.scene, this.overlay]) {
      canvas.width = Math.round(this.width * ratio);
      canvas.height = Math.round(this.height * ratio);
      canvas.getContext("2d").setTransform(ratio, 0, 0, ratio, 0, 0);
    }
    this.page.viewport.left = gutterWidth;
    this.page.viewport.right = this.width - 10;
    this.page.rows.scrollBy(0, this.height);
    this.invalidate();
  }

  // invalidate has everything drawn anew with the next frame.
  invalidate() {
    this.stale = true;
    this.invalidateOverlay();
  }

  invalidateOverlay() {
    if (this.requested) return;
    this.requested = requestAnimationFrame(() => {
      this.requested = 0;
      this.draw();
    });
  }

  draw() {
    const begun = performance.now();
    if (this.stale) {
      this.stale = false;
      this.drawScene();
    }
    this.drawOverlay();
    this.frames++;
    this.lastFrame = performance.now() - begun;
    this.slowest = Math.max(this.slowest, this.lastFrame);
  }

  drawScene() {
    const page = this.page, {palette, viewport, rows, run} = page, c = this.scene.getContext("2d");
    c.fillStyle = palette.ground;
    c.fillRect(0, 0, this.width, this.height);
    c.textBaseline = "alphabetic";
    c.save();
    c.beginPath();
    c.rect(0, axisHeight, this.width, this.height - axisHeight);
    c.clip();
    this.drawGrid(c);
    const top = axisHeight - rows.scroll;
    if (rows.faultRows.count) paintFaults(c, page, top + rows.faults.y);
    if (rows.shares) paintShares(c, page, top + rows.shares.y);
    for (const lane of rows.lanes) {
      const y = top + lane.y;
      if (y + lane.height > 0 && y < this.height) paintLane(c, page, lane, y);
    }
    if (page.messages === "all") this.drawnEach = paintAllMessages(c, page);
    this.drawGutter(c, top);
    c.restore();
    this.drawAxis(c);
    page.overview.drawWindow();
  }

  drawGrid(c) {
    c.fillStyle = this.page.palette.line;
    c.globalAlpha = 0.5;
    this.page.viewport.ticks((time, x) => c.fillRect(Math.round(x), axisHeight, 1, this.height));
    c.globalAlpha = 1;
  }

  drawAxis(c) {
    const {palette, viewport} = this.page;
    c.fillStyle = palette.raised;
    c.fillRect(0, 0, this.width, axisHeight);
    c.fillStyle = palette.line;
    c.fillRect(0, axisHeight - 1, this.width, 1);
    c.font = "11px " + palette.sans;
    const step = niceStep(viewport.perPixel * 95);
    viewport.ticks((time, x) => {
      c.fillStyle = palette.line;
      c.fillRect(Math.round(x), axisHeight - 6, 1, 6);
      c.fillStyle = palette.quiet;
      if (x < this.width - 50) c.fillText(formatTime(time, step), x + 4, axisHeight - 9);
    });
    c.fillStyle = palette.raised;
    c.fillRect(0, 0, gutterWidth - 4, axisHeight - 1);
    c.fillStyle = palette.quiet;
    c.fillText(formatDuration(viewport.span) + " in view", 10, axisHeight - 9);
  }

  // drawGutter names what is in the rows, left of them.
  drawGutter(c, top) {
    const {palette, rows, run, cursor} = this.page;
    c.fillStyle = palette.ground;
    c.fillRect(0, axisHeight, gutterWidth - 4, this.height);
    const name = (text, y, font, colour) => { c.font = font; c.fillStyle = colour; c.fillText(text, 10, y); };
    const bold = "600 12px " + palette.sans, small = "10px " + palette.sans;
    for (const kind of rows.faultRows.kinds) name(kind.name, top + rows.faults.y + kind.first * faultHeight + 10, "10.5px " + palette.sans, palette.trouble);
    if (rows.shares) {
      name(run.meta.space.name, top + rows.shares.y + 12, bold, palette.text);
      name(`0 – ${run.meta.space.size - 1}`, top + rows.shares.y + 26, small, palette.quiet);
    }
    for (const lane of rows.lanes) {
      const y = top + lane.y;
      if (y + lane.height < 0 || y > this.height) continue;
      const here = cursor && cursor.host === lane.host;
      if (here) { c.fillStyle = palette.cursor; c.fillRect(0, y, 3, lane.height); }
      if (rows.shares && run.shares.some((s) => s.host === lane.host)) {
        c.fillStyle = palette.host(lane.host);
        c.fillRect(gutterWidth - 16, y + 3, 8, laneHeight - 6);
      }
      name(run.hosts[lane.host], y + 13, bold, here ? palette.cursor : palette.text);
      lane.tracks.forEach((track, i) => name(track.name, y + laneHeight + (i + 1) * trackHeight - 3.5, small, palette.quiet));
      if (lane.operationRows) name("operations", y + lane.operationsY + 7, small, palette.quiet);
    }
  }

  drawOverlay() {
    const page = this.page, {palette, viewport, rows, run, cursor} = page, c = this.overlay.getContext("2d");
    c.clearRect(0, 0, this.width, this.height);
    c.save();
    c.beginPath();
    c.rect(gutterWidth - 4, 0, this.width, this.height);
    c.clip();
    this.drawHits(c);
    this.drawFailure(c);
    if (run.records > 0) {
      const x = viewport.x(cursor.time);
      c.fillStyle = palette.cursor;
      c.fillRect(x - 0.75, axisHeight - 6, 1.5, this.height);
      c.beginPath();
      c.moveTo(x - 5, axisHeight - 12); c.lineTo(x + 5, axisHeight - 12); c.lineTo(x, axisHeight - 4);
      c.fill();
      if (page.operation >= 0) this.drawOperation(c, page.operation);
      if (page.messages !== "none") {
        c.beginPath();
        c.rect(gutterWidth - 4, axisHeight, this.width, this.height);
        c.clip();
        paintEventMessages(c, page, cursor.event);
      }
      const y = rows.middle(cursor.host);
      if (y !== null) {
        c.strokeStyle = palette.cursor;
        c.lineWidth = 2;
        c.beginPath();
        c.arc(x, y, 5, 0, 2 * Math.PI);
        c.stroke();
      }
    }
    c.restore();
    if (page.messages === "all" && this.drawnEach > 1) this.note(c, `every ${this.drawnEach}th message is drawn: zoom in for all`);
  }

  note(c, text) {
    const {palette} = this.page;
    c.font = "11px " + palette.sans;
    c.fillStyle = palette.quiet;
    c.textAlign = "right";
    c.fillText(text, this.width - 12, this.height - 8);
    c.textAlign = "left";
  }

  // drawHits marks where the search has found something, along the axis.
  drawHits(c) {
    const {filter, hits, run, viewport, palette} = this.page;
    if (!filter.searching) return;
    c.fillStyle = palette.hit;
    let last = -2;
    for (let i = 0; i < hits.length; i++) {
      const time = run.time.data[hits.data[i]];
      if (time < viewport.start) continue;
      if (time > viewport.end) break;
      const x = Math.round(viewport.x(time));
      if (x < last + 2) continue;
      last = x;
      c.fillRect(x - 1, axisHeight - 4, 2, 4);
    }
  }

  drawFailure(c) {
    const {run, viewport, palette} = this.page, failure = run.meta.failure;
    if (!failure || failure.time < viewport.start || failure.time > viewport.end) return;
    const x = viewport.x(failure.time), text = run.meta.verdict;
    c.fillStyle = palette.trouble;
    c.fillRect(x - 1, 0, 2, this.height);
    c.font = "600 11px " + palette.sans;
    const width = c.measureText(text).width + 12, left = Math.min(x, this.width - width);
    c.fillRect(left, 0, width, 16);
    c.fillStyle = "#fff";
    c.fillText(text, left + 6, 12);
  }

  // drawOperation shows where an operation went: an arrow for each attempt, and what came back.
  drawOperation(c, i) {
    const {run, viewport, rows, palette} = this.page, operations = run.operations, attempts = operations.attempts[i];
    const lane = rows.laneOf(operations.host[i]);
    if (!lane) return;
    const y0 = axisHeight + lane.y - rows.scroll + lane.operationsY +
      Math.min(operations.row[i], lane.operationRows - 1) * operationHeight + operationHeight / 2;
    const x0 = viewport.x(operations.call[i]), x1 = viewport.x(Math.min(operations.end[i], run.now));
    c.strokeStyle = palette.cursor;
    c.lineWidth = 2;
    c.strokeRect(x0 - 2, y0 - operationHeight / 2 - 2, Math.max(5, x1 - x0 + 4), operationHeight + 3);
    for (let a = 0; a < attempts.length; a += 3) {
      const y1 = attempts[a + 1] < 0 ? null : rows.middle(attempts[a + 1]);
      if (y1 === null) continue;
      const x = viewport.x(attempts[a]), answer = run.texts[attempts[a + 2]];
      const arrived = run.arrival(operations.host[i], attempts[a + 1], attempts[a]);
      if (arrived < 0) paintLost(c, x, y0, y1, palette.trouble);
      else paintArrow(c, {x0: x, y0, x1: viewport.x(run.time.data[arrived]), y1}, answer ? palette.trouble : palette.cursor);
      if (answer) {
        c.font = "10.5px " + palette.sans;
        c.fillStyle = palette.trouble;
        c.fillText(answer, x + 8, y1 - 12 - 11 * (a / 3 % 2));
      }
    }
  }
}
