"use strict";

// describeOperation puts an operation into words, a line for each part.
function describeOperation(run, i) {
  const operations = run.operations, attempts = operations.attempts[i], lines = [];
  lines.push(`${run.hosts[operations.host[i]]}: ${run.texts[operations.request[i]]}`);
  const outcome = outcomes[operations.outcome[i]], reply = run.texts[operations.reply[i]];
  const took = operations.end[i] === Infinity ? "" : ` after ${formatDuration(operations.end[i] - operations.call[i])}`;
  lines.push(outcome === "answered" ? `→ ${reply}${took}` : outcome + took + (outcome === "unknown" ? ": it may have had an effect" : ""));
  for (let a = 0; a < attempts.length; a += 3) {
    const to = attempts[a + 1] < 0 ? "nobody" : run.hosts[attempts[a + 1]], answer = run.texts[attempts[a + 2]];
    lines.push(`${formatTime(attempts[a], microsecond)} to ${to}${answer ? ": " + answer : ""}`);
  }
  if (run.unexplained.has(operations.ids[i])) lines.push("no order of the operations explains this");
  return lines.join("\n");
}

// The Inspector tells all about the event at the cursor, the operation that is selected, and how all hosts stand at that time.
class Inspector {
  constructor(page) {
    this.page = page;
    this.element = byID("inspector");
  }

  draw() {
    const {run, cursor, operation} = this.page;
    if (!run.records) return;
    const parts = [];
    if (operation >= 0) parts.push(element("h2", {}, "Operation"), ...describeOperation(run, operation).split("\n").map((line) => element("p", {className: "line"}, line)));
    parts.push(element("h2", {}, `Event ${formatCount(run.event.data[cursor.record])}`), ...this.event(cursor.event));
    const faults = run.faults.filter((f) => f.time <= cursor.time && cursor.time < f.end);
    if (faults.length) parts.push(element("h2", {}, "Faults now"), ...faults.map((f) => element("p", {}, f.kind + " " + faultLabel(run, f))));
    parts.push(element("h2", {}, "Hosts now"), this.hosts(cursor));
    this.element.replaceChildren(...parts);
  }

  event(event) {
    const run = this.page.run, parts = [], start = run.starts.data[event], end = run.endOf(event), shown = 12;
    for (let r = start; r < Math.min(end, start + shown); r++) {
      const line = element("p", {className: "line"}, element("b", {}, run.who(r)), " " + run.what(r));
      run.messagesOf(r, (from, to) => {
        const other = from === r ? to : from, wait = run.time.data[to] - run.time.data[from];
        const label = from === r ? `→ ${run.who(to)} after ${formatDuration(wait)}` : `← ${run.who(from)} ${formatDuration(wait)} ago`;
        line.append(" ", element("button", {className: "go", title: "Go to the other end (Enter)", onclick: () => this.page.cursor.goTo(other)}, label));
      });
      parts.push(line);
    }
    if (end - start > shown) parts.push(element("p", {className: "quiet"}, `and ${formatCount(end - start - shown)} more: see the log`));
    return parts;
  }

  hosts(cursor) {
    const run = this.page.run, body = element("tbody", {});
    run.hosts.forEach((name, host) => {
      const tracks = run.tracks[host];
      if (!tracks.length) return;
      const state = run.fact(tracks[0], cursor.time).value;
      const row = element("tr", {}, element("td", {}, name), element("td", {className: "state-" + state}, state));
      const facts = element("td", {});
      for (const track of tracks.slice(1)) {
        const {value, tone} = run.fact(track, cursor.time);
        if (value) facts.append(facts.childNodes.length ? " · " : "", element("span", {className: "tone-" + tone, title: track.name}, value));
      }
      if (state === "up" && !facts.childNodes.length && host !== cursor.host) return; // nothing to tell
      row.append(facts);
      if (host === cursor.host) row.dataset.here = "";
      body.append(row);
    });
    return element("table", {}, body);
  }
}
