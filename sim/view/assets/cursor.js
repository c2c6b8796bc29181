"use strict";

// The Cursor is at one record, and with it at an event and an instant. Stepping is from event to event.
class Cursor {
  constructor(page) {
    this.page = page;
    this.record = 0;
    this.playing = null;
  }

  get time() { return this.page.run.records ? this.page.run.time.data[this.record] : 0; }
  get event() { return Math.max(0, this.page.run.eventOf(this.record)); }
  get host() { return this.page.run.records ? this.page.run.host.data[this.record] : -1; }

  // goTo moves to a record.
  goTo(record, {centre = false} = {}) {
    const {run, viewport} = this.page;
    if (!run.records) return;
    this.record = Math.max(0, Math.min(record, run.records - 1));
    if (centre) viewport.show(this.time - viewport.span / 2, this.time + viewport.span / 2);
    else viewport.reveal(this.time);
    this.page.moved();
  }

  // step moves by events.
  step(by) {
    const run = this.page.run, event = Math.max(0, Math.min(this.event + by, run.starts.length - 1));
    this.goTo(run.starts.data[event]);
  }

  // stepHost moves to the next or previous event of the same host.
  stepHost(by) {
    const run = this.page.run, lane = run.lanes[this.host];
    if (!lane) return this.step(by);
    const here = this.event, {records} = lane;
    let i = firstFrom(records.data, records.length, this.record);
    while (i >= 0 && i < records.length && run.eventOf(records.data[i]) === here) i += by;
    if (i >= 0 && i < records.length) this.goTo(run.starts.data[run.eventOf(records.data[i])]);
  }

  // follow moves to the latest event of a host.
  follow(host) {
    const lane = this.page.run.lanes[host];
    if (!lane || !lane.records.length) return;
    const i = Math.max(0, firstAfter(lane.times.data, lane.times.length, this.time) - 1);
    this.page.rows.revealLane(host, this.page.timeline.height);
    this.goTo(lane.records.data[i]);
  }

  // changeLane moves to the latest event of the lane above or below.
  changeLane(by) {
    const lanes = this.page.rows.lanes, i = lanes.findIndex((lane) => lane.host === this.host);
    const lane = lanes[i < 0 ? 0 : Math.max(0, Math.min(i + by, lanes.length - 1))];
    if (lane) this.follow(lane.host);
  }

  // across moves to the other end of a message of this event: where it came from, or else where it went.
  across() {
    const run = this.page.run, event = this.event;
    let target = -1;
    for (let r = run.starts.data[event]; r < run.endOf(event); r++) {
      run.messagesOf(r, (from, to) => { if (target < 0) target = from === r ? to : from; });
    }
    if (target >= 0) this.goTo(target);
  }

  // hit moves to the next or previous record that the search has found.
  hit(by) {
    const hits = this.page.hits, n = hits.length;
    if (!n) return;
    const i = by > 0 ? firstAfter(hits.data, n, this.record) : firstFrom(hits.data, n, this.record) - 1;
    this.goTo(hits.data[(i + n) % n]);
  }

  // fault moves to the next or previous beginning of a fault.
  fault(by) {
    const run = this.page.run, times = run.faults.map((f) => f.time).filter((t) => (by > 0 ? t > this.time : t < this.time));
    if (times.length) this.goTo(firstFrom(run.time.data, run.records, by > 0 ? Math.min(...times) : Math.max(...times)));
  }

  // play steps by itself until it is stopped or the run ends.
  play() {
    if (this.playing) {
      clearInterval(this.playing);
      this.playing = null;
    } else {
      this.playing = setInterval(() => {
        if (this.event + 1 >= this.page.run.starts.length) this.play(); else this.step(1);
      }, 120);
    }
    byID("play").textContent = this.playing ? "❚❚" : "▶";
  }
}
