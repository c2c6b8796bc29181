"use strict";

// A Simulator is the simulator in its worker.
class Simulator {
  constructor() {
    this.worker = new Worker("worker.js");
    this.waiting = new Map();
    this.calls = 0;
    this.worker.onmessage = ({data: {id, reply}}) => {
      const {value, error} = JSON.parse(reply), {resolve, reject} = this.waiting.get(id);
      this.waiting.delete(id);
      if (error === undefined) resolve(value); else reject(new Error(error));
    };
  }

  // call calls a function of the simulator; a promise of its value is returned.
  call(name, ...args) {
    const id = ++this.calls;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, {resolve, reject});
      this.worker.postMessage({id, call: name, args});
    });
  }
}

// maxEventsAtOnce bounds what happens between two frames, so that the page stays responsive.
const maxEventsAtOnce = 2000;

// Live runs a simulation in the page: it starts runs, lets their time pass, and hands over faults.
class Live {
  constructor(page) {
    this.page = page;
    this.simulator = new Simulator();
    this.map = new HostMap(page, (call, fault) => this.strike(call, fault));
    this.playing = false;
    this.started = false;
    this.ended = false;
    this.touched = false;
    this.busy = false;
    this.controls = this.build();
    page.play = () => this.play();
    this.letGo();
  }

  // letGo stops following the run when the user turns to something else.
  letGo() {
    const {follow} = this.controls;
    for (const id of ["timeline", "overview", "log"]) byID(id).addEventListener("pointerdown", () => { follow.checked = false; });
    document.addEventListener("keydown", (e) => {
      if (!e.target.matches("input, select") && /^(Arrow|Page|Home|End|Enter)/.test(e.key)) follow.checked = false;
    });
  }

  // build makes the bar above the lanes.
  build() {
    const field = (label, input) => element("label", {}, label, input);
    const seed = element("input", {type: "number", min: 0, value: 42}), nodes = element("input", {type: "number", min: 1, max: 50, placeholder: "auto", className: "small"});
    const scenario = element("select", {}), faults = element("input", {type: "checkbox", checked: true}), follow = element("input", {type: "checkbox", checked: true});
    const speed = element("input", {type: "range", min: -3, max: 2, step: 0.25, value: 0, title: "virtual time beside real time"});
    const start = element("button", {onclick: () => this.start()}, "Start"), play = element("button", {onclick: () => this.play(), disabled: true}, "▶ Play");
    const step = element("button", {onclick: () => this.step(), disabled: true, title: "One event (.)"}, "Step");
    const end = element("button", {onclick: () => this.toEnd(), disabled: true, title: "As fast as it can, to the end"}, "To the end");
    const rate = element("output", {}), status = element("output", {className: "hash", id: "live-status"}), error = element("output", {className: "error"});
    speed.oninput = () => { rate.textContent = Number((10 ** speed.value).toPrecision(2)) + "×"; };
    speed.oninput();
    byID("live").append(field("Seed", seed), field("Scenario", scenario), field("Nodes", nodes), field(faults, "planned faults"), start,
      play, step, end, field("Speed", speed), rate, field(follow, "follow"), error, element("span", {className: "gap"}), status);
    return {seed, nodes, scenario, faults, follow, speed, start, play, step, end, status, error};
  }

  // begin fills in the scenarios, once the simulator is there.
  async begin() {
    const names = await this.simulator.call("scenarios");
    this.controls.scenario.append(...names.map((name) => element("option", {}, name)));
    this.controls.status.textContent = "choose a seed and press Start";
    this.controls.start.focus();
    this.ready = true;
  }

  // start begins a run, and lets it come to its first event.
  async start() {
    const {seed, nodes, scenario, faults, error, play, step, end} = this.controls;
    this.setPlaying(false);
    error.textContent = "";
    await this.settled();
    try {
      await this.simulator.call("start", JSON.stringify({seed: Number(seed.value), nodes: Number(nodes.value), scenario: scenario.value, faults: faults.checked}));
    } catch (e) {
      error.textContent = e.message;
      return;
    }
    this.started = true;
    this.ended = this.touched = this.hurry = false;
    this.map.clear();
    this.page.begin({...this.page.run.meta, title: `${scenario.value}, seed ${seed.value}, live`, verdict: "", detail: "", failure: undefined, explanation: "", unexplained: []});
    for (const button of [play, step, end]) button.disabled = false;
    this.page.extend(5 * second);
    this.page.fit();
    await this.advance(0, 1);
    this.map.begin();
    byID("timeline").focus();
    this.setPlaying(true);
  }

  // settled waits until no call to advance is under way.
  async settled() { while (this.busy) await new Promise((done) => setTimeout(done, 5)); }

  play() {
    if (!this.started || this.ended) return this.page.cursor.play();
    this.setPlaying(!this.playing);
  }

  setPlaying(on) {
    this.playing = on;
    this.hurry = this.hurry && on;
    this.controls.play.textContent = on ? "❚❚ Pause" : "▶ Play";
    byID("play").textContent = on ? "❚❚" : "▶";
    if (!on) return;
    this.last = performance.now();
    this.target = this.page.run.now;
    requestAnimationFrame(() => this.tick());
  }

  // tick lets as much virtual time pass as real time has, times the speed.
  async tick() {
    if (!this.playing) return;
    const now = performance.now(), passed = Math.min(now - this.last, 100);
    this.last = now;
    this.target = Math.max(this.target, this.page.run.now - second) + passed * millisecond * 10 ** this.controls.speed.value;
    if (!this.busy) await this.advance(this.hurry ? 1e18 : this.target, this.hurry ? 5 * maxEventsAtOnce : maxEventsAtOnce);
    if (this.playing) requestAnimationFrame(() => this.tick());
  }

  async step(events = 1) {
    this.setPlaying(false);
    await this.settled();
    if (this.started && !this.ended) await this.advance(1e18, events);
  }

  // instant lets all happen that is due now, whatever it is, and the first thing after it.
  async instant() {
    await this.settled();
    if (this.started && !this.ended) await this.advance(this.page.run.now + 1, maxEventsAtOnce);
  }

  toEnd() {
    this.setPlaying(true);
    this.hurry = true;
  }

  // advance lets the run go on, and shows what has happened.
  async advance(until, events) {
    this.busy = true;
    try {
      this.show(await this.simulator.call("advance", until, events));
    } catch (e) {
      this.controls.error.textContent = e.message;
      this.setPlaying(false);
    } finally {
      this.busy = false;
    }
  }

  show(progress) {
    const {page, controls} = this, {run, cursor, viewport} = page, before = run.records;
    page.append(progress.chunk);
    this.map.noticed(progress.chunk.messages);
    if (controls.follow.checked && run.records > before) {
      const {span} = viewport;
      cursor.record = run.starts.data[run.starts.length - 1];
      viewport.show(run.now - span * 0.92, run.now + span * 0.08);
    }
    if (progress.ended) this.end(progress);
    page.redraw();
    this.map.draw();
    controls.status.textContent = `${formatTime(run.now, millisecond)} · ${plural(run.events, "event")} · hash ${run.hash}${this.touched ? " (touched by hand)" : ""}`;
  }

  end(progress) {
    const {page, controls} = this;
    this.ended = true;
    this.setPlaying(false);
    for (const button of [controls.play, controls.step, controls.end]) button.disabled = true;
    if (progress.error) controls.error.textContent = progress.error;
    else page.conclude({...progress.meta, title: page.run.meta.title, live: true});
    page.viewport.fit();
    if (progress.meta && progress.meta.failure) page.goToFailure();
  }

  // strike begins or ends a fault.
  async strike(call, fault) {
    this.touched = true;
    try {
      await this.simulator.call(call, fault);
      if (!this.playing) await this.instant(); // the fault itself, and what it causes at once, such as a start
    } catch (e) {
      this.controls.error.textContent = e.message;
    }
  }
}

keys.push([".", ["."], "live: one event", () => live.step()]);

// live is the Live, once the page is there.
let live = null;
opened.then((page) => {
  live = new Live(page);
  live.begin().catch((e) => { live.controls.error.textContent = e.message; });
});
