"use strict";

// A HostMap shows hosts and the links between them as they are now. A click on a link cuts or heals it, a click on a host or
// a link offers what else can be done to it.
class HostMap {
  constructor(page, act) {
    this.page = page;
    this.act = act; // act("apply" or "lift", a fault as a line of a plan)
    this.element = byID("map");
    this.chosen = -1; // a host
    this.pair = null; // two hosts, whose link is chosen
    this.lively = new Map(); // by link: the real time until which it is marked
    this.controls = new HostControls(page, act);
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
    this.pair = null;
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
    this.controls.begin(this.clients);
    this.element.replaceChildren(svg, this.controls.element);
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
      onPress(grip, () => { this.toggle(a, b); this.choose(-1, [a, b]); });
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
    onPress(group, () => this.choose(host, null));
    svg.append(group);
    return {group, state};
  }

  // cuts returns the active faults that let nothing pass between two hosts in one of the directions.
  cuts(a, b) {
    const joins = (f, from, to) => f.hosts.includes(from) && (f.peers.length ? f.peers.includes(to) : !f.hosts.includes(to));
    return this.active((f) => ["partition", "partition-one-way", "clog"].includes(f.kind) && (joins(f, a, b) || joins(f, b, a)));
  }

  active(fits) { return this.controls.active(fits); }

  choose(host, pair) {
    this.chosen = host;
    this.pair = pair;
    this.draw();
  }

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
      const chosen = this.pair && this.pair[0] === a && this.pair[1] === b;
      const look = "link" + (cut ? " cut" : lively ? " lively" : "") + (chosen ? " chosen" : "");
      if (line.getAttribute("class") !== look) line.setAttribute("class", look);
    }
    this.nodes.forEach(({group, state}, host) => {
      const [up, role] = run.tracks[host], condition = up ? run.fact(up, Infinity).value : "down";
      const tone = role ? run.fact(role, Infinity).tone : 0, looks = ["host", condition === "up" ? ["", "leading", "", "wrong"][tone] : condition];
      if (host === this.chosen) looks.push("chosen");
      group.setAttribute("class", looks.join(" "));
      state.textContent = condition === "up" ? "" : condition;
    });
    this.controls.draw(this.chosen, this.pair);
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
