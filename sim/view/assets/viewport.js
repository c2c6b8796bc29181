"use strict";

// A Viewport is the part of virtual time that is in view, and where it is on the screen.
class Viewport {
  constructor(limit) {
    this.limit = Math.max(limit, 1); // the end of the run
    this.left = 0; // pixels of the first and after the last column
    this.right = 1;
    this.start = 0;
    this.end = this.limit;
  }

  get span() { return this.end - this.start; }
  get width() { return Math.max(1, this.right - this.left); }
  get perPixel() { return this.span / this.width; }

  x(time) { return this.left + (time - this.start) / this.perPixel; }
  time(x) { return this.start + (x - this.left) * this.perPixel; }

  // show puts an interval into view. A part of it is always inside the run, with a little room on both sides.
  show(start, end) {
    const span = Math.min(Math.max(end - start, 200 * nanosecond), this.limit * 1.04);
    const room = span * 0.02;
    let first = (start + end - span) / 2;
    first = Math.max(-room, Math.min(first, this.limit + room - span));
    this.start = first;
    this.end = first + span;
  }

  fit() { this.show(-this.limit * 0.02, this.limit * 1.02); }

  // zoom scales around a pixel, which keeps its time.
  zoom(factor, x) {
    const time = this.time(x), span = this.span * factor, part = (x - this.left) / this.width;
    this.show(time - span * part, time + span * (1 - part));
  }

  pan(pixels) {
    const by = pixels * this.perPixel;
    this.show(this.start + by, this.end + by);
  }

  // reveal brings a time into view, at a third of the width if it was not.
  reveal(time) {
    const margin = this.span * 0.05;
    if (time < this.start + margin || time > this.end - margin) this.show(time - this.span / 3, time + this.span * 2 / 3);
  }

  // ticks calls visit(time, x) for each mark of the axis, and returns their distance.
  ticks(visit) {
    const step = niceStep(this.perPixel * 95);
    for (let i = Math.ceil(Math.max(0, this.start) / step); i * step <= this.end; i++) visit(i * step, this.x(i * step));
    return step;
  }
}
