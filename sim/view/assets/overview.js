"use strict";

// The Overview shows the whole run in one strip: how much happens when, faults, the failure, what is in view and where the cursor
// is. It is the scrubber: pressing or dragging moves the cursor.
class Overview {
  constructor(page) {
    this.page = page;
    this.canvas = byID("overview");
    this.background = document.createElement("canvas");
    new ResizeObserver(() => this.resize()).observe(this.canvas);
    const move = (e) => {
      if (e.buttons) page.cursor.goTo(page.run.recordAt(e.offsetX / this.width * page.viewport.limit), {centre: true});
    };
    this.canvas.addEventListener("pointerdown", (e) => { this.canvas.setPointerCapture(e.pointerId); move(e); });
    this.canvas.addEventListener("pointermove", move);
    this.resize();
  }

  resize() {
    const ratio = window.devicePixelRatio || 1;
    this.width = this.canvas.clientWidth;
    this.height = this.canvas.clientHeight;
    for (const canvas of [this.canvas, this.background]) {
      canvas.width = Math.max(1, this.width * ratio);
      canvas.height = Math.max(1, this.height * ratio);
      canvas.getContext("2d").setTransform(ratio, 0, 0, ratio, 0, 0);
    }
    this.drawBackground();
  }

  // drawBackground draws what only changes with the run or the theme.
  drawBackground() {
    const {run, palette, viewport} = this.page, c = this.background.getContext("2d");
    const x = (time) => time / viewport.limit * this.width;
    c.clearRect(0, 0, this.width, this.height);
    c.fillStyle = palette.trouble;
    for (const fault of run.faults) c.fillRect(x(fault.time), 0, Math.max(1, x(Math.min(fault.end, run.now)) - x(fault.time)), 3);
    const columns = Math.max(1, Math.floor(this.width)), counts = [];
    let first = 0;
    for (let i = 0; i < columns; i++) {
      const next = firstFrom(run.time.data, run.records, (i + 1) / columns * viewport.limit);
      counts.push(next - first);
      first = next;
    }
    const most = Math.max(1, ...counts);
    c.fillStyle = palette.received;
    counts.forEach((count, i) => {
      const height = count ? Math.max(1, Math.sqrt(count / most) * (this.height - 8)) : 0;
      c.fillRect(i, this.height - height, 1, height);
    });
    if (run.meta.failure) {
      c.fillStyle = palette.trouble;
      c.fillRect(Math.min(x(run.meta.failure.time), this.width - 3), 0, 3, this.height);
    }
    this.drawWindow();
  }

  // drawWindow draws the rest.
  drawWindow() {
    const {viewport, cursor, palette, run} = this.page, c = this.canvas.getContext("2d");
    const x = (time) => time / viewport.limit * this.width;
    c.clearRect(0, 0, this.width, this.height);
    c.drawImage(this.background, 0, 0, this.width, this.height);
    const x0 = Math.max(0, x(viewport.start)), x1 = Math.min(this.width, Math.max(x(viewport.end), x0 + 3));
    c.fillStyle = palette.ground;
    c.globalAlpha = 0.6;
    c.fillRect(0, 0, x0, this.height);
    c.fillRect(x1, 0, this.width, this.height);
    c.globalAlpha = 1;
    c.strokeStyle = palette.strong;
    c.lineWidth = 1.5;
    c.strokeRect(x0 + 0.75, 0.75, x1 - x0 - 1.5, this.height - 1.5);
    if (!cursor || !run.records) return;
    c.fillStyle = palette.cursor;
    c.fillRect(x(cursor.time) - 1, 0, 2, this.height);
    this.canvas.setAttribute("aria-valuemax", run.starts.length);
    this.canvas.setAttribute("aria-valuenow", cursor.event + 1);
    this.canvas.setAttribute("aria-valuetext", `event ${cursor.event + 1}, ${formatTime(cursor.time, microsecond)}`);
  }
}
