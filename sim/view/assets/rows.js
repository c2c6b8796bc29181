"use strict";

const axisHeight = 26, gutterWidth = 132, laneHeight = 18, trackHeight = 14, faultHeight = 15, shareHeight = 84, operationHeight = 10;
const maxFaultRows = 3; // of one kind
const maxOperationRows = 8;

// Rows say what is drawn where, from top to bottom: faults, the strip of shares, then a lane for each host. The axis above them
// does not scroll.
class Rows {
  constructor(run) {
    this.run = run;
    this.scroll = 0;
    this.layOut(new Set());
  }

  // layOut places everything. Hosts that are hidden get no lane.
  layOut(hidden) {
    const run = this.run;
    let y = 6;
    this.faultRows = packFaults(run.faults, run.hosts.length);
    this.faults = {y, height: this.faultRows.count * faultHeight};
    if (this.faultRows.count > 0) y += this.faults.height + 8;
    this.shares = null;
    if (run.meta.space.size > 0 && run.shares.length > 0) {
      this.shares = {y, height: shareHeight};
      y += shareHeight + 10;
    }
    this.lanes = [];
    for (let host = 0; host < run.hosts.length; host++) {
      if (hidden.has(host)) continue;
      const lane = this.lane(host, y);
      this.lanes.push(lane);
      y += lane.height + 9;
    }
    this.height = y;
  }

  lane(host, y) {
    const tracks = this.run.tracks[host].slice(2).filter((track) => !track.empty);
    const operations = this.run.operations.lanes[host];
    const rows = operations ? Math.min(maxOperationRows, operations.rowEnds.length) : 0;
    const operationsY = laneHeight + tracks.length * trackHeight + (rows ? 3 : 0);
    return {host, y, tracks, operationRows: rows, operationsY, height: operationsY + rows * operationHeight};
  }

  laneOf(host) { return this.lanes.find((lane) => lane.host === host); }

  // middle returns the screen's y of the middle of a host's main bar, or null if it has no lane. A record of the world is above.
  middle(host) {
    if (host < 0) return axisHeight;
    const lane = this.laneOf(host);
    return lane ? axisHeight + lane.y - this.scroll + laneHeight / 2 : null;
  }

  scrollBy(pixels, visible) {
    this.scroll = Math.max(0, Math.min(this.scroll + pixels, this.height + axisHeight - visible));
  }

  // revealLane scrolls until a host's lane is in view.
  revealLane(host, visible) {
    const lane = this.laneOf(host);
    if (!lane) return;
    const top = lane.y - this.scroll, bottom = top + lane.height + axisHeight + 8;
    if (top < 0) this.scrollBy(top - 8, visible);
    else if (bottom > visible) this.scrollBy(bottom - visible, visible);
  }
}

// packFaults gives each kind of fault rows of its own, and each fault a row in which no other is active at the same time. Those for
// which there is none share the last row of their kind.
function packFaults(faults) {
  const kinds = [], places = [];
  for (const fault of faults) {
    let kind = kinds.find((k) => k.name === fault.kind);
    if (!kind) kinds.push(kind = {name: fault.kind, ends: [], shared: false});
    let row = kind.ends.findIndex((end) => end <= fault.time);
    if (row < 0) row = kind.ends.length;
    kind.shared = kind.shared || row >= maxFaultRows;
    row = Math.min(row, maxFaultRows - 1);
    kind.ends[row] = Math.max(kind.ends[row] || 0, fault.end, fault.time + 1);
    places.push({kind, row});
  }
  let count = 0;
  for (const kind of kinds) {
    kind.first = count;
    count += kind.ends.length;
  }
  for (const place of places) place.row += place.kind.first;
  return {kinds, places, count};
}
