"use strict";

// A Page joins the run, the view of it, and the parts that draw and steer.
class Page {
  constructor(meta, actions) {
    this.run = new Run(meta, actions);
    this.palette = new Palette();
    this.viewport = new Viewport(1);
    this.filter = new Filter(this.run);
    this.hits = new Column(Int32Array);
    this.messages = "event"; // which are drawn: "event", "all" or "none"
    this.operation = -1; // the one that is selected
    this.rows = new Rows(this.run);
    this.overview = {drawWindow() {}};
    this.cursor = new Cursor(this);
    this.timeline = new Timeline(this);
    this.overview = new Overview(this);
    this.log = new Log(this);
    this.inspector = new Inspector(this);
    this.connect();
    listenToKeys(this);
    fillHelp(this);
    this.conclude(meta);
  }

  // begin shows another run, of which nothing is known yet.
  begin(meta) {
    this.run = new Run(meta, this.run.actions);
    this.filter.begin(this.run);
    this.hits = new Column(Int32Array);
    this.rows = new Rows(this.run);
    this.cursor.record = 0;
    this.operation = -1;
    this.viewport.limit = 1;
    this.fillFilters();
    this.conclude(meta);
  }

  // append takes more of the run.
  append(chunk) {
    const from = this.run.records;
    this.run.append(chunk);
    if (chunk.hosts) this.fillFilters();
    const more = this.filter.matches(from);
    for (let i = 0; i < more.length; i++) this.hits.push(more.data[i]);
    this.rows.layOut(this.filter.hiddenHosts);
    this.extend(this.run.now);
  }

  // extend makes the run at least so long.
  extend(limit) { this.viewport.limit = Math.max(this.viewport.limit, limit, 1); }

  // conclude shows what the run came to.
  conclude(meta) {
    this.run.meta = meta;
    this.run.unexplained = new Set(meta.unexplained || []);
    byID("title").textContent = meta.title;
    byID("about").replaceChildren(...(meta.lines || []).map((line) => element("p", {}, line)));
    byID("about").parentElement.hidden = !meta.lines;
    const verdict = byID("verdict");
    verdict.hidden = !meta.verdict;
    verdict.textContent = meta.verdict;
    verdict.title = meta.detail;
    verdict.className = "verdict " + (meta.verdict === "ok" ? "good" : "bad");
    byID("to-failure").hidden = !meta.failure;
    byID("explain").hidden = !meta.explanation && !meta.detail;
  }

  // redraw draws everything.
  redraw() {
    this.overview.drawBackground();
    this.log.refresh();
    this.moved();
  }

  // moved follows the cursor.
  moved() {
    const {run, cursor} = this, operations = run.operations, chosen = this.operation;
    if (chosen >= 0 && (cursor.time < operations.call[chosen] || cursor.time > operations.end[chosen])) this.operation = -1;
    this.panels ||= requestAnimationFrame(() => {
      this.panels = 0;
      this.inspector.draw(); // first, since it leaves more or less room for the log
      this.log.reveal();
    });
    this.timeline.invalidate();
    const event = run.records ? run.event.data[cursor.record] : 0;
    byID("clock").textContent = `${(cursor.time / second).toFixed(9)} s · event ${formatCount(event)} of ${formatCount(run.events)}`;
    clearTimeout(this.announcing);
    this.announcing = setTimeout(() => {
      if (run.records) byID("announce").textContent = `${run.who(cursor.record)} ${run.what(cursor.record)}`.slice(0, 200);
    }, 300);
  }

  // play steps through the run by itself, or stops doing so.
  play() { this.cursor.play(); }

  zoom(factor) {
    const x = this.viewport.x(this.cursor.time), inside = x > this.viewport.left && x < this.viewport.right;
    this.viewport.zoom(factor, inside ? x : (this.viewport.left + this.viewport.right) / 2);
    this.timeline.invalidate();
  }

  pan(part) {
    this.viewport.pan(part * this.viewport.width);
    this.timeline.invalidate();
  }

  fit() {
    this.viewport.fit();
    this.timeline.invalidate();
  }

  // goToFailure shows the operations that have no explanation, or else the event at which the run failed.
  goToFailure() {
    const {run, viewport} = this, failure = run.meta.failure, operations = run.operations;
    if (!failure) return;
    const wrong = [...run.unexplained].map((id) => operations.byID.get(id)).filter((i) => i !== undefined);
    const offender = wrong.filter((i) => operations.end[i] !== Infinity).sort((a, b) => operations.end[b] - operations.end[a])[0];
    if (offender === undefined) {
      viewport.show(failure.time - second, failure.time + second / 4);
      this.cursor.goTo(run.recordAt(failure.time));
      return;
    }
    const start = Math.min(...wrong.map((i) => operations.call[i])), end = operations.end[offender];
    viewport.show(start - (end - start) * 0.2, end + (end - start) * 0.2);
    this.rows.revealLane(operations.host[offender], this.timeline.height);
    this.operation = offender;
    this.cursor.goTo(run.recordAt(end));
  }

  // goToFragment goes to the place that the address names: event=N, and beside it span=SECONDS, search=WORDS, messages=all|none,
  // theme=light|dark.
  goToFragment(fragment) {
    const wanted = new URLSearchParams(fragment), {run, viewport} = this;
    if (wanted.has("theme")) {
      document.documentElement.dataset.theme = wanted.get("theme");
      this.repaint();
    }
    if (wanted.has("messages")) this.setMessages(wanted.get("messages"));
    if (wanted.has("search")) this.search(byID("search").value = wanted.get("search"));
    if (wanted.has("event")) {
      const i = firstFrom(run.event.data, run.records, Number(wanted.get("event")));
      const span = Number(wanted.get("span")) * second || viewport.span;
      viewport.show(run.time.data[i] - span / 2, run.time.data[i] + span / 2);
      this.cursor.goTo(i);
    }
  }

  selectOperation(index) {
    this.operation = index;
    this.cursor.goTo(this.run.recordAt(this.run.operations.call[index]));
  }

  // nextOddOperation selects the next or previous operation after the cursor that was not answered at the first attempt.
  nextOddOperation(by) {
    const {run, cursor} = this, operations = run.operations, here = this.operation >= 0 ? operations.call[this.operation] : cursor.time;
    let best = -1;
    for (let i = 0; i < operations.length; i++) {
      const odd = operations.attempts[i].length > 3 || operations.outcome[i] > 1, ahead = (operations.call[i] - here) * by;
      if (odd && ahead > 0 && (best < 0 || ahead < (operations.call[best] - here) * by)) best = i;
    }
    if (best < 0) return;
    this.rows.revealLane(operations.host[best], this.timeline.height);
    this.selectOperation(best);
  }

  explain() {
    const {explanation, detail} = this.run.meta, dialog = byID("explanation"), frame = dialog.querySelector("iframe");
    if (!explanation && !detail) return;
    byID("explanation-text").textContent = detail;
    frame.hidden = !explanation;
    dialog.showModal();
    if (explanation && !frame.srcdoc) frame.srcdoc = explanation; // it measures itself, so it has to be shown first
  }

  setMessages(which) {
    this.messages = byID("messages").value = which;
    this.timeline.invalidate();
  }

  nextMessages() {
    const order = ["event", "all", "none"];
    this.setMessages(order[(order.indexOf(this.messages) + 1) % order.length]);
  }

  toggleTheme() {
    const root = document.documentElement, dark = matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = (root.dataset.theme || (dark ? "dark" : "light")) === "dark" ? "light" : "dark";
    this.repaint();
  }

  // repaint follows a change of the colours.
  repaint() {
    this.palette = new Palette();
    fillHelp(this);
    this.fillFilters();
    this.redraw();
  }

  search(query) {
    this.filter.query = query;
    this.refilter();
    byID("hits").textContent = this.filter.searching ? plural(this.hits.length, "hit") : "";
  }

  refilter() {
    this.hits = this.filter.matches();
    this.rows.layOut(this.filter.hiddenHosts);
    this.rows.scrollBy(0, this.timeline.height);
    this.redraw();
  }

  fillFilters() {
    const {filter, run, palette} = this, box = byID("filters"), parts = [element("h2", {}, "Events")];
    const labels = {received: "received", sent: "sent", timer: "deadlines and timers", input: "inputs", machine: "start, stop, disk", trouble: "faults", note: "notes"};
    const option = (text, checked, change, colour) => {
      const swatch = element("span", {className: "swatch"});
      swatch.style.background = colour;
      parts.push(element("label", {}, element("input", {type: "checkbox", checked, onchange: (e) => { change(e.target.checked); this.refilter(); }}), swatch, text));
    };
    categories.forEach((name, i) => option(labels[name], filter.categories[i], (on) => { filter.categories[i] = on; }, palette[name]));
    parts.push(element("h2", {}, "Hosts"));
    run.hosts.forEach((name, host) => option(name, !filter.hiddenHosts.has(host), (on) => {
      if (on) filter.hiddenHosts.delete(host); else filter.hiddenHosts.add(host);
    }, "transparent"));
    box.replaceChildren(...parts);
  }

  connect() {
    const on = (id, name, f) => byID(id).addEventListener(name, f);
    let waiting = 0;
    on("search", "input", (e) => { clearTimeout(waiting); waiting = setTimeout(() => this.search(e.target.value), 120); });
    on("search", "keydown", (e) => {
      if (e.key === "Enter") { clearTimeout(waiting); this.search(e.target.value); this.cursor.hit(e.shiftKey ? -1 : 1); }
      if (e.key === "Escape") { e.target.value = ""; this.search(""); this.timeline.element.focus(); }
    });
    on("next-hit", "click", () => this.cursor.hit(1));
    on("previous-hit", "click", () => this.cursor.hit(-1));
    on("messages", "change", (e) => this.setMessages(e.target.value));
    on("theme", "click", () => this.toggleTheme());
    on("help", "click", () => byID("help-dialog").showModal());
    on("to-failure", "click", () => this.goToFailure());
    on("explain", "click", () => this.explain());
    on("back", "click", () => this.cursor.step(-1));
    on("forward", "click", () => this.cursor.step(1));
    on("play", "click", () => this.play());
    on("zoom-in", "click", () => this.zoom(0.5));
    on("zoom-out", "click", () => this.zoom(2));
    on("fit", "click", () => this.fit());
    for (const button of document.querySelectorAll("[data-key]")) button.addEventListener("click", () => press(this, button.dataset.key));
    for (const button of document.querySelectorAll("[data-close]")) button.addEventListener("click", () => button.closest("dialog").close());
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.repaint());
  }
}

// unpack reads what pack in page.go has written.
async function unpack(text) {
  const bytes = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(stream).text());
}

// page is the Page, once it is there.
let page = null;

// opened is resolved when the page is there.
const opened = unpack(packedRun).then(({meta, actions, chunks}) => {
  page = new Page(meta, actions);
  for (const chunk of chunks) page.append(chunk);
  page.fit();
  page.redraw();
  if (meta.failure) page.goToFailure();
  page.goToFragment(location.hash.slice(1));
  byID("timeline").focus();
  performance.mark("opened");
  return page;
});
