"use strict";

// A HostMap shows hosts and the links between them as they are now. A click on a link cuts or heals it, a click on a host offers what
// can be done to it.
class HostMap {
  constructor(page, act) {
    this.page = page;
    this.act = act; // act("apply" or "lift", a fault as a line of a plan)
    this.element = byID("map");
    this.chosen = -1;
    this.lively = new Map(); // by link: the real time until which it is marked
    this.shown = "";
  }

  // clear forgets the hosts of the run before.
  clear() {
    this.nodes = null;
    this.element.replaceChildren();
  }

  // begin makes the drawing for the hosts of a run: those that clients ask inside, clients around them.
  begin() {
    const {run} = this.page, svg = shape("svg", {viewBox: "0 0 380 250", role: "group", "aria-label": "Hosts and links"});
    this.clients = run.hosts.map((name) => name.startsWith("client"));
    this.chosen = -1;
    this.places = [];
    for (const client of [false, true]) {
      const ring = run.hosts.map((_, host) => host).filter((host) => this.clients[host] === client);
      ring.forEach((host, i) => {
        const angle = 2 * Math.PI * (i + (client ? 0.5 : 0)) / ring.length - Math.PI / 2;
        this.places[host] = {x: 190 + (client ? 170 : 95) * Math.cos(angle), y: 125 + (client ? 106 : 66) * Math.sin(angle)};
      });
    }
    this.links = [];
    for (let a = 0; a < run.hosts.length; a++) {
      for (let b = a + 1; b < run.hosts.length; b++) {
        if (!this.clients[a] || !this.clients[b]) this.addLink(svg, a, b);
      }
    }
    this.nodes = run.hosts.map((name, host) => this.addHost(svg, name, host));
    this.controls = element("div", {className: "act"});
    this.element.replaceChildren(svg, this.controls);
    this.shown = "";
    this.draw();
  }

  addLink(svg, a, b) {
    const {run} = this.page, from = this.places[a], to = this.places[b], ends = {x1: from.x, y1: from.y, x2: to.x, y2: to.y};
    const line = shape("line", {...ends, class: "link"});
    if (this.clients[a] || this.clients[b]) line.style.opacity = 0.35;
    svg.append(line);
    if (!this.clients[a] && !this.clients[b]) {
      const grip = shape("line", {...ends, class: "grip", tabindex: 0, role: "button", "aria-label": `link between ${run.hosts[a]} and ${run.hosts[b]}`});
      grip.append(shape("title", {}, `${run.hosts[a]} – ${run.hosts[b]}: click to cut or heal`));
      onPress(grip, () => this.toggle(a, b));
      svg.append(grip);
    }
    this.links.push({a, b, line});
  }

  addHost(svg, name, host) {
    const {x, y} = this.places[host], client = this.clients[host];
    const group = shape("g", {class: "host", tabindex: 0, role: "button", "aria-label": name, transform: `translate(${x} ${y})`});
    const state = shape("text", {class: "state", y: client ? 20 : 28});
    group.append(shape("circle", {r: client ? 8 : 16}), shape("text", {y: client ? 3 : 4}, name.replace(/^.*-/, "")), state);
    group.append(shape("title", {}, name));
    onPress(group, () => { this.chosen = host; this.shown = ""; this.draw(); });
    svg.append(group);
    return {group, state};
  }

  // cuts returns the active faults that let nothing pass between two hosts in one of the directions.
  cuts(a, b) {
    const joins = (f, from, to) => f.hosts.includes(from) && (f.peers.length ? f.peers.includes(to) : !f.hosts.includes(to));
    return this.active((f) => ["partition", "partition-one-way", "clog"].includes(f.kind) && (joins(f, a, b) || joins(f, b, a)));
  }

  active(fits) { return this.page.run.faults.filter((f) => f.end === Infinity && fits(f)); }

  toggle(a, b) {
    const {hosts} = this.page.run, cuts = this.cuts(a, b);
    if (cuts.length) for (const fault of cuts) this.act("lift", fault.text);
    else this.act("apply", `0s partition hosts=${hosts[a]} peers=${hosts[b]}`);
  }

  // noticed marks the links over which something came.
  noticed(messages) {
    const {run} = this.page, until = performance.now() + 250;
    for (const record of messages.to || []) {
      const host = run.host.data[record], peer = run.peer.data[record] >= 0 ? run.peer.data[record] : this.sender(record);
      if (peer >= 0 && host >= 0) this.lively.set(Math.min(host, peer) * 1000 + Math.max(host, peer), until);
    }
  }

  sender(record) {
    const message = this.page.run.firstIn.data[record];
    return message < 0 ? -1 : this.page.run.host.data[this.page.run.from.data[message]];
  }

  draw() {
    const {run} = this.page, now = performance.now();
    if (!this.nodes) return;
    for (const {a, b, line} of this.links) {
      const cut = this.cuts(a, b).length > 0, lively = (this.lively.get(a * 1000 + b) || 0) > now;
      const look = "link" + (cut ? " cut" : lively ? " lively" : "");
      if (line.getAttribute("class") !== look) line.setAttribute("class", look);
    }
    this.nodes.forEach(({group, state}, host) => {
      const [up, role] = run.tracks[host], condition = up ? run.fact(up, Infinity).value : "down";
      const tone = role ? run.fact(role, Infinity).tone : 0, looks = ["host", condition === "up" ? ["", "leading", "", "wrong"][tone] : condition];
      if (host === this.chosen) looks.push("chosen");
      group.setAttribute("class", looks.join(" "));
      state.textContent = condition === "up" ? "" : condition;
    });
    this.drawControls();
  }

  // drawControls offers what can be done to the chosen host, or says how.
  drawControls() {
    const {run} = this.page, host = this.chosen, name = run.hosts[host];
    const condition = host < 0 ? "" : run.fact(run.tracks[host][0], Infinity).value;
    const isolated = this.active((f) => f.kind === "partition" && f.hosts.includes(host) && !f.peers.length);
    const any = this.active(() => true);
    const wanted = [host, condition, any.map((f) => f.text)].join();
    if (wanted === this.shown) return;
    this.shown = wanted;
    const button = (label, press, title) => element("button", {onclick: press, title});
    const parts = [];
    const add = (label, title, press) => { const b = button(label, press, title); b.textContent = label; parts.push(b); };
    if (host < 0) parts.push(element("span", {className: "quiet"}, "Click a link to cut or heal it, a host to stop it."));
    else {
      parts.push(element("strong", {}, name));
      const pauses = this.active((f) => f.kind === "pause" && f.hosts.includes(host));
      if (pauses.length) add("Go on", "end its pause", () => pauses.forEach((f) => this.act("lift", f.text)));
      else if (condition === "up") add("Pause", "it stops, and goes on as if nothing had been", () => this.act("apply", `0s pause hosts=${name}`));
      const downs = this.active((f) => ["kill", "crash", "wipe", "upgrade"].includes(f.kind) && f.hosts.includes(host));
      if (downs.length) add("Start", "start it again", () => downs.forEach((f) => this.act("lift", f.text)));
      else if (condition === "down") add("Start", "start it again", () => this.act("apply", `0s restart hosts=${name}`));
      else if (!this.clients[host]) {
        add("Kill", "its process dies, its disk keeps everything", () => this.act("apply", `0s kill hosts=${name}`));
        add("Crash", "it loses power, and what was not synced", () => this.act("apply", `0s crash hosts=${name}`));
      }
      if (isolated.length) add("Rejoin", "heal its links", () => isolated.forEach((f) => this.act("lift", f.text)));
      else add("Isolate", "cut all its links", () => this.act("apply", `0s partition hosts=${name}`));
      const lossy = this.active((f) => f.kind === "loss" && f.hosts.includes(host) && !f.peers.length);
      if (lossy.length) add("Lose nothing", "its packets arrive again", () => lossy.forEach((f) => this.act("lift", f.text)));
      else add("Lose 30%", "of the packets from and to it", () => this.act("apply", `0s loss hosts=${name} amount=300000ppm`));
    }
    if (any.length) add("End all faults", "heal everything that is wrong now", () => any.forEach((f) => this.act("lift", f.text)));
    this.controls.replaceChildren(...parts);
  }
}

// shape makes an SVG element.
function shape(name, attributes, text) {
  const e = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) e.setAttribute(key, value);
  if (text !== undefined) e.textContent = text;
  return e;
}

// onPress calls f for a click, and for Enter and space from the keyboard.
function onPress(target, f) {
  target.addEventListener("click", f);
  target.addEventListener("keydown", (e) => {
    if (e.key !== "Enter" && e.key !== " ") return;
    e.preventDefault();
    e.stopPropagation();
    f();
  });
}
