"use strict";

// harms are the faults that a button begins, and another one ends: of a host as a machine, of its disk, of its clocks, of its links,
// or of one link.
const harms = [
  {of: "machine", kind: "pause", begin: "Pause", end: "Go on", title: "it stops, and goes on as if nothing had been"},
  {of: "machine", kind: "slow", amount: "20ms", begin: "Slow down", end: "Speed up", title: "handling an event takes 20 ms more"},
  {of: "clocks", kind: "wall-jump", amount: "10s", begin: "Clock +10 s", end: "Clock back", title: "its wall clock jumps ahead by 10 seconds"},
  {of: "clocks", kind: "clock-drift", amount: "100000ppm", begin: "Clock 10% fast", end: "Clock right", title: "its monotonic clock gains a tenth"},
  {of: "disk", kind: "disk-slow", amount: "200x", begin: "Slow disk", end: "Quick disk", title: "syncs take 200 times as long"},
  {of: "disk", kind: "disk-full", begin: "Full disk", end: "Free disk", title: "nothing more can be written"},
  {of: "disk", kind: "disk-read-error", amount: "1000000ppm", begin: "Unreadable disk", end: "Readable disk", title: "every read fails"},
  {of: "links", kind: "partition", begin: "Isolate", end: "Rejoin", title: "cut all its links"},
  {of: "links", kind: "loss", amount: "300000ppm", begin: "Lose 30%", end: "Lose nothing", title: "of the packets from and to it"},
  {of: "link", kind: "partition", begin: "Cut", end: "Heal", title: "nothing passes"},
  {of: "link", kind: "throttle", amount: "2000B/s", begin: "Throttle", end: "Full speed", title: "it carries 2 kB per second"},
  {of: "link", kind: "delay", amount: "300ms", begin: "Delay", end: "No delay", title: "packets take 300 ms more"},
  {of: "link", kind: "loss", amount: "300000ppm", begin: "Lose 30%", end: "Lose nothing", title: "of its packets"},
];

// HostControls are the buttons below the map: what can be done to what is chosen in it.
class HostControls {
  constructor(page, act) {
    this.page = page;
    this.act = act; // act("apply" or "lift", a fault as a line of a plan)
    this.element = element("div", {className: "act"});
    this.shown = "";
  }

  // begin is called for each run; clients says which hosts are such.
  begin(clients) {
    this.clients = clients;
    this.shown = "";
  }

  active(fits) { return this.page.run.faults.filter((f) => f.end === Infinity && fits(f)); }

  draw(host, pair) {
    const {run} = this.page, any = this.active(() => true);
    const condition = host < 0 ? "" : run.fact(run.tracks[host][0], Infinity).value;
    const wanted = [host, pair, condition, any.map((f) => f.text)].join();
    if (wanted === this.shown) return;
    this.shown = wanted;
    const rows = [];
    if (pair) rows.push(this.linkRow(pair));
    else if (host >= 0) rows.push(...this.hostRows(host, condition));
    else rows.push(this.row("", element("span", {className: "quiet"}, "Click a link to cut or heal it, a host to stop it.")));
    if (any.length) rows.push(this.row("", this.button("End all faults", "heal everything that is wrong now", () => this.lift(any))));
    this.element.replaceChildren(...rows);
  }

  row(name, ...parts) { return element("div", {}, element("span", {className: "quiet"}, name), ...parts); }

  button(label, title, press) { return element("button", {onclick: press, title}, label); }

  lift(faults) { for (const fault of faults) this.act("lift", fault.text); }

  linkRow([a, b]) {
    const {hosts} = this.page.run;
    return this.row("", element("strong", {}, `${hosts[a]} – ${hosts[b]}`), ...this.buttons("link", a, b));
  }

  hostRows(host, condition) {
    const machine = condition === "down" ? [this.start(host)] : this.buttons("machine", host);
    if (condition !== "down" && !this.clients[host]) {
      const begin = (kind) => () => this.act("apply", `0s ${kind} hosts=${this.page.run.hosts[host]}`);
      machine.push(this.button("Kill", "its process dies, its disk keeps everything", begin("kill")),
        this.button("Crash", "it loses power, and what was not synced", begin("crash")));
    }
    const rows = [this.row("", element("strong", {}, this.page.run.hosts[host]), ...machine), this.row("links", ...this.buttons("links", host))];
    if (!this.clients[host]) rows.push(this.row("clocks", ...this.buttons("clocks", host)), this.row("disk", ...this.buttons("disk", host)));
    return rows;
  }

  // start starts a host that is down, whatever keeps it so.
  start(host) {
    const name = this.page.run.hosts[host];
    const downs = this.active((f) => ["kill", "crash", "wipe", "upgrade"].includes(f.kind) && f.hosts.includes(host));
    return this.button("Start", "start it again", () => { if (downs.length) this.lift(downs); else this.act("apply", `0s restart hosts=${name}`); });
  }

  // buttons begin the harms of a kind, or end those that there are, at a host or at its link to a peer.
  buttons(of, host, peer) {
    const {hosts} = this.page.run, link = peer !== undefined;
    const concerns = (f) => link
      ? f.hosts.length === 1 && f.peers.length === 1 && [f.hosts[0], f.peers[0]].sort().join() === [host, peer].sort().join()
      : f.hosts.includes(host) && !f.peers.length;
    return harms.filter((harm) => harm.of === of).map((harm) => {
      const there = this.active((f) => f.kind === harm.kind && concerns(f));
      if (there.length) return this.button(harm.end, "end it", () => this.lift(there));
      const line = `0s ${harm.kind} hosts=${hosts[host]}` + (link ? ` peers=${hosts[peer]}` : "") + (harm.amount ? ` amount=${harm.amount}` : "");
      return this.button(harm.begin, harm.title, () => this.act("apply", line));
    });
  }
}
