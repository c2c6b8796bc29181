"use strict";

// eachSpan goes through what a track said over time: visit(value, tone, x0, x1) for each span in view. Of spans that begin in one
// pixel, that pixel shows the worst, and the last of them goes on from there.
function eachSpan(track, viewport, until, visit) {
  const times = track.times.data, n = track.times.length, last = Math.min(viewport.end, until);
  for (let i = Math.max(0, firstAfter(times, n, viewport.start) - 1); i < n && times[i] < last; i++) {
    let x0 = Math.max(viewport.left, viewport.x(times[i])), worst = i;
    const begun = i;
    while (i + 1 < n && viewport.x(times[i + 1]) < x0 + 1) {
      i++;
      if (track.tones[i] > track.tones[worst]) worst = i;
    }
    if (i > begun) visit(track.values[worst], track.tones[worst], x0, ++x0);
    const x1 = Math.min(viewport.right, viewport.x(i + 1 < n ? times[i + 1] : until));
    if (x1 > x0) visit(track.values[i], track.tones[i], x0, x1);
  }
}

// paintText writes a text into a band, as much of it as fits.
function paintText(c, text, x0, x1, y, colour, font) {
  const room = x1 - x0 - 8;
  if (room < 14 || !text) return;
  c.font = font;
  c.fillStyle = colour;
  const width = c.measureText(text).width;
  if (width > room) {
    text = text.slice(0, Math.max(1, Math.floor(text.length * room / width) - 1)) + "…";
  }
  c.fillText(text, x0 + 4, y);
}

// paintLane draws one host: whether it runs, its leading fact, its events, the other facts, its operations.
function paintLane(c, page, lane, top) {
  const {run, viewport, palette} = page, tracks = run.tracks[lane.host];
  const bar = laneHeight;
  c.fillStyle = palette.lane;
  c.fillRect(viewport.left, top, viewport.width, lane.height);
  if (tracks[0]) paintState(c, page, tracks, top, bar);
  paintCuts(c, page, lane.host, top, bar);
  paintEvents(c, page, lane.host, top, bar);
  lane.tracks.forEach((track, i) => {
    const y = top + laneHeight + i * trackHeight;
    eachSpan(track, viewport, run.now, (value, tone, x0, x1) => {
      if (!value) return;
      if (tone > 0) {
        c.fillStyle = palette.tones[tone];
        c.fillRect(x0, y + 1, x1 - x0, trackHeight - 2);
      } else if (x1 - x0 > 3) {
        c.fillStyle = palette.line;
        c.fillRect(x0, y + 2, 1, trackHeight - 4);
      }
      paintText(c, value, x0, x1, y + trackHeight - 3.5, tone > 0 ? palette.text : palette.quiet, "10px " + palette.sans);
    });
  });
  if (tracks[1]) paintRole(c, page, lane.host, top, bar);
  if (lane.operationRows) paintOperations(c, page, lane, top + lane.operationsY);
}

function paintState(c, page, tracks, top, bar) {
  const {run, viewport, palette} = page;
  eachSpan(tracks[0], viewport, run.now, (state, tone, x0, x1) => {
    if (state !== "up") return;
    c.fillStyle = palette.up;
    c.fillRect(x0, top, x1 - x0, bar);
  });
  if (tracks[1]) {
    eachSpan(tracks[1], viewport, run.now, (value, tone, x0, x1) => {
      if (!value) return;
      if (tone > 0) {
        c.fillStyle = palette.tones[tone];
        c.fillRect(x0, top, x1 - x0, bar);
      }
    });
  }
  eachSpan(tracks[0], viewport, run.now, (state, tone, x0, x1) => {
    if (state === "up") return;
    const down = state === "down";
    c.fillStyle = palette.lane;
    c.fillRect(x0, top, x1 - x0, bar);
    c.fillStyle = palette.pattern(c, down ? palette.down : palette.paused, down ? "diagonal" : "dots");
    c.fillRect(x0, top, x1 - x0, bar);
    c.fillStyle = palette.text;
    if (x1 - x0 > 46) {
      c.font = "600 10.5px " + palette.sans;
      const width = c.measureText(state).width + 8;
      c.fillStyle = palette.lane;
      c.fillRect(x0 + 2, top + 3, width, bar - 6);
      paintText(c, state, x0 + 2, x0 + width + 8, top + bar - 5.5, palette.text, c.font);
    }
  });
}

// paintRole writes the leading fact at the beginning of each of its spans, where there is room.
function paintRole(c, page, host, top, bar) {
  const {run, viewport, palette} = page;
  eachSpan(run.tracks[host][1], viewport, run.now, (value, tone, x0, x1) => {
    c.font = "10px " + palette.sans;
    const width = c.measureText(value).width + 8;
    const up = (x) => run.fact(run.tracks[host][0], viewport.time(x)).value === "up";
    if (!value || x1 - x0 < 3 * width || !up(x0) || !up(x0 + width)) return;
    c.fillStyle = palette.tones[tone];
    c.fillRect(x0, top + 2, width, bar - 4);
    paintText(c, value, x0, x0 + width + 8, top + bar - 5.5, palette.text, c.font);
  });
}

// paintCuts marks the times in which a host was cut off from others: a dashed line along both edges of its bar.
function paintCuts(c, page, host, top, bar) {
  const {run, viewport, palette} = page;
  c.strokeStyle = palette.trouble;
  c.lineWidth = 2;
  c.setLineDash([5, 3]);
  for (const fault of run.faults) {
    if (!fault.kind.startsWith("partition") && fault.kind !== "clog") continue;
    const concerned = fault.hosts.includes(host) || fault.peers.includes(host);
    if (!concerned || fault.end < viewport.start || fault.time > viewport.end) continue;
    const x0 = Math.max(viewport.left, viewport.x(fault.time)), x1 = Math.min(viewport.right, viewport.x(Math.min(fault.end, run.now)));
    c.beginPath();
    c.moveTo(x0, top + 1); c.lineTo(x1, top + 1);
    if (fault.kind !== "partition-one-way") { c.moveTo(x0, top + bar - 1); c.lineTo(x1, top + bar - 1); }
    c.stroke();
  }
  c.setLineDash([]);
}

// paintEvents draws the events and effects of a host: a tick for each while there is room, else how many there are.
function paintEvents(c, page, host, top, bar) {
  const {run, viewport} = page, {times, records} = run.lanes[host];
  const first = firstFrom(times.data, times.length, viewport.start), last = firstAfter(times.data, times.length, viewport.end);
  if (last - first > viewport.width * 0.8) paintDensity(c, page, times, first, top, bar);
  else paintTicks(c, page, records, first, last, top, bar);
}

function paintTicks(c, page, records, first, last, top, bar) {
  const {run, viewport, palette, filter} = page;
  const crowded = last - first > viewport.width / 4;
  for (let i = first; i < last; i++) {
    const r = records.data[i], category = run.categories[run.action.data[r]];
    if (!filter.categories[category]) continue;
    const x = viewport.x(run.time.data[r]), effect = category === 1 || run.actions[run.action.data[r]] === "set timer";
    c.fillStyle = palette.category(category);
    if (effect) c.fillRect(x - 0.5, top + bar - 5, crowded ? 1 : 1.5, 4);
    if (!crowded && run.isLost(r)) paintCross(c, x, top + bar - 3, palette.trouble);
    if (!effect) c.fillRect(x - (crowded ? 0.5 : 1), top + 2, crowded ? 1 : 2, bar - 7);
  }
}

// paintCross marks what never came.
function paintCross(c, x, y, colour) {
  c.strokeStyle = colour;
  c.lineWidth = 1.5;
  c.beginPath();
  for (const s of [-1, 1]) { c.moveTo(x - 3, y - 3 * s); c.lineTo(x + 3, y + 3 * s); }
  c.stroke();
}

// paintDensity draws a column for each two pixels, as high as the number of records that fall into it.
function paintDensity(c, page, times, first, top, bar) {
  const {viewport, palette} = page, width = 2, data = times.data, n = times.length;
  c.fillStyle = palette.dense;
  for (let x = viewport.left; x < viewport.right; x += width) {
    const end = viewport.time(x + width);
    let next = first;
    while (next < n && data[next] < end) next++;
    if (next > first) {
      const height = Math.min(bar - 3, Math.round(1.5 + 3 * Math.log2(1 + next - first)));
      c.fillRect(x, top + bar - 1 - height, width, height);
    }
    first = next;
  }
}

// paintFaults draws a band for each fault, in the rows of its kind.
function paintFaults(c, page, top) {
  const {run, viewport, palette, rows} = page;
  run.faults.forEach((fault, i) => {
    const end = Math.min(fault.end, run.now), place = rows.faultRows.places[i];
    if (end < viewport.start || fault.time > viewport.end) return;
    const y = top + place.row * faultHeight;
    const x0 = Math.max(viewport.left, viewport.x(fault.time)), x1 = Math.min(viewport.right, Math.max(viewport.x(end), x0 + 2));
    c.fillStyle = palette.trouble;
    c.globalAlpha = 0.2;
    c.fillRect(x0, y, x1 - x0, faultHeight - 2);
    c.globalAlpha = 1;
    c.fillRect(x0, y, 2, faultHeight - 2);
    if (!place.kind.shared || place.row < place.kind.first + maxFaultRows - 1) paintText(c, faultLabel(run, fault), x0 + 1, x1, y + faultHeight - 5, palette.text, "10.5px " + palette.sans);
  });
}

// nameHosts names some hosts as briefly as it can.
function nameHosts(all, some) {
  const others = all.filter((_, host) => !some.includes(host));
  if (others.length === 0) return "all";
  if (others.length <= 2 && some.length > 4) return "all but " + others.join(", ");
  return some.map((host) => all[host]).join(", ");
}

// faultLabel says whom a fault strikes, and how much.
function faultLabel(run, fault) {
  const list = (hosts) => nameHosts(run.hosts, hosts);
  const amount = /amount=(\S+)/.exec(fault.text);
  const words = [list(fault.hosts)];
  if (fault.peers.length) words.push(fault.kind === "partition-one-way" ? "→" : "↔", list(fault.peers));
  if (amount) words.push(amount[1].replace(/^(\d+)ppm$/, (_, n) => Number((n / 1e4).toPrecision(2)) + "%"));
  return words.join(" ");
}
