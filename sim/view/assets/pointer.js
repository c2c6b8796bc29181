"use strict";

// The Pointer is what the mouse does on the timeline: moving it by dragging, zooming it, telling what is under it, and choosing that.
class Pointer {
  constructor(page, timeline) {
    this.page = page;
    this.timeline = timeline;
    this.tip = byID("tip");
    this.listen();
  }

  listen() {
    const {page, timeline} = this, {element} = timeline;
    let drag = null;
    element.addEventListener("pointerdown", (e) => {
      drag = {x: e.offsetX, y: e.offsetY, moved: false};
      element.setPointerCapture(e.pointerId);
    });
    element.addEventListener("pointermove", (e) => {
      if (!drag) return this.hover(e.offsetX, e.offsetY);
      if (!drag.moved && Math.hypot(e.offsetX - drag.x, e.offsetY - drag.y) < 4) return;
      drag.moved = true;
      page.viewport.pan(drag.x - e.offsetX);
      page.rows.scrollBy(drag.y - e.offsetY, timeline.height);
      drag.x = e.offsetX;
      drag.y = e.offsetY;
      this.tip.hidden = true;
      timeline.invalidate();
    });
    element.addEventListener("pointerup", (e) => {
      if (drag && !drag.moved) this.click(e.offsetX, e.offsetY);
      drag = null;
    });
    element.addEventListener("pointerleave", () => { this.tip.hidden = true; });
    element.addEventListener("dblclick", (e) => { page.viewport.zoom(0.25, e.offsetX); timeline.invalidate(); });
    element.addEventListener("wheel", (e) => {
      e.preventDefault();
      if (e.ctrlKey || e.metaKey || e.altKey) page.viewport.zoom(Math.exp(e.deltaY * 0.004), e.offsetX);
      else if (e.shiftKey || Math.abs(e.deltaX) > Math.abs(e.deltaY)) page.viewport.pan(e.deltaX || e.deltaY);
      else page.rows.scrollBy(e.deltaY, timeline.height);
      timeline.invalidate();
    }, {passive: false});
  }

  // laneAt returns the lane at a height of the screen.
  laneAt(y) {
    const inside = y - axisHeight + this.page.rows.scroll;
    return this.page.rows.lanes.find((lane) => inside >= lane.y && inside < lane.y + lane.height + 4);
  }

  // at says what is at a point: an operation, a record, a fault, part of the space, or nothing.
  at(x, y) {
    const {run, viewport, rows} = this.page;
    if (x < gutterWidth - 4 || y < axisHeight) return {};
    const lane = this.laneAt(y), inside = y - axisHeight + rows.scroll;
    if (lane) {
      const operation = lane.operationRows ? operationAt(this.page, lane, x, inside - lane.y) : -1;
      if (operation >= 0) return {lane, operation};
      const {times, records} = run.lanes[lane.host], time = viewport.time(x);
      let i = firstAfter(times.data, times.length, time);
      if (i > 0 && (i === times.length || time - times.data[i - 1] < times.data[i] - time)) i--;
      if (i < times.length && Math.abs(times.data[i] - time) < 6 * viewport.perPixel) {
        while (i > 0 && times.data[i - 1] === times.data[i]) i--;
        return {lane, record: records.data[i]};
      }
      return {lane};
    }
    if (rows.faultRows.count && inside >= rows.faults.y && inside < rows.faults.y + rows.faults.height) {
      const row = Math.floor((inside - rows.faults.y) / faultHeight), time = viewport.time(x), slack = 3 * viewport.perPixel;
      const fault = run.faults.findLast((f, i) => rows.faultRows.places[i].row === row && f.time - slack <= time && time <= f.end + slack);
      return {fault};
    }
    return {};
  }

  hover(x, y) {
    const {run} = this.page, found = this.at(x, y);
    let text = "";
    if (found.operation >= 0) text = describeOperation(run, found.operation);
    else if (found.record !== undefined) text = `${formatTime(run.time.data[found.record])}  ${run.who(found.record)}\n${run.what(found.record)}`;
    else if (found.fault) text = found.fault.text;
    this.tip.hidden = !text;
    if (!text) return;
    this.tip.textContent = text.length > 600 ? text.slice(0, 600) + "…" : text;
    this.tip.style.left = Math.min(x + 14, Math.max(0, this.timeline.width - this.tip.offsetWidth - 8)) + "px";
    this.tip.style.top = (y + 18 + this.tip.offsetHeight > this.timeline.height ? y - this.tip.offsetHeight - 10 : y + 18) + "px";
  }

  click(x, y) {
    const page = this.page, found = this.at(x, y);
    if (found.operation >= 0) return page.selectOperation(found.operation);
    page.operation = -1;
    if (found.record !== undefined) return page.cursor.goTo(found.record);
    if (x >= gutterWidth - 4) page.cursor.goTo(page.run.recordAt(page.viewport.time(x)));
    else if (this.laneAt(y)) page.cursor.follow(this.laneAt(y).host);
  }
}
