"use strict";

// A Column is a typed array that grows.
class Column {
  constructor(type, capacity = 1024) {
    this.data = new type(capacity);
    this.length = 0;
  }
  push(value) {
    if (this.length === this.data.length) {
      const grown = new this.data.constructor(2 * this.length);
      grown.set(this.data);
      this.data = grown;
    }
    this.data[this.length++] = value;
  }
}

// firstAfter returns the index of the first of n ascending numbers that is greater than the value.
function firstAfter(data, n, value) {
  let low = 0, high = n;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (data[middle] > value) high = middle; else low = middle + 1;
  }
  return low;
}

// firstFrom returns the index of the first of n ascending numbers that is at least the value.
function firstFrom(data, n, value) {
  let low = 0, high = n;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (data[middle] >= value) high = middle; else low = middle + 1;
  }
  return low;
}

// Categories of actions, by the names that traces use. An action that is not here is a category of its own accord: note.
const categories = ["received", "sent", "timer", "input", "machine", "trouble", "note"];
const categoryOf = {
  "datagram from": "received", "opened": "received", "data": "received", "closed": "received",
  "send to": "sent", "open to": "sent", "write": "sent", "close": "sent", "unlisten": "sent",
  "deadline": "timer", "timer": "timer", "set timer": "timer",
  "input": "input", "lost input": "input",
  "disk": "machine", "exit": "machine", "boot": "machine", "down": "machine", "pause": "machine", "resume": "machine",
  "fault": "trouble", "fault ends": "trouble", "heal": "trouble", "FAIL": "trouble",
};
const outcomes = ["pending", "answered", "refused", "unknown"];

// A Run is all that was recorded, as columns, with the indexes that drawing needs. Chunks are appended as they come.
class Run {
  constructor(meta, actions) {
    this.meta = meta;
    this.actions = actions;
    this.categories = actions.map((name) => Math.max(0, categories.indexOf(categoryOf[name] || "note")));
    this.hosts = [];
    this.texts = [];
    this.now = 0;
    this.events = 0;
    this.hash = "";
    this.unexplained = new Set(meta.unexplained || []);
    // Records, by number.
    this.time = new Column(Float64Array);
    this.event = new Column(Uint32Array);
    this.host = new Column(Int16Array);
    this.action = new Column(Uint8Array);
    this.peer = new Column(Int16Array);
    this.stream = new Column(Int32Array);
    this.text = new Column(Int32Array);
    this.starts = new Column(Int32Array); // the first record of each event
    this.lanes = []; // by host: {times, records}
    // Messages, by number, in the order in which they are received; and lists of those of a record.
    this.from = new Column(Int32Array);
    this.to = new Column(Int32Array);
    this.received = new Column(Float64Array);
    this.firstOut = new Column(Int32Array);
    this.firstIn = new Column(Int32Array);
    this.nextOut = new Column(Int32Array);
    this.nextIn = new Column(Int32Array);
    this.tracks = []; // by host: [{name, times, values, tones}]
    this.shares = []; // [{time, host, ranges}]
    this.faults = [];
    this.operations = new Operations();
  }

  get records() { return this.time.length; }

  append(chunk) {
    for (const name of chunk.hosts || []) {
      this.hosts.push(name);
      this.lanes.push({times: new Column(Float64Array), records: new Column(Int32Array)});
      this.tracks.push([]);
    }
    for (const text of chunk.texts || []) this.texts.push(text);
    this.appendRecords(chunk.records);
    this.appendMessages(chunk.messages);
    this.appendFacts(chunk.facts);
    for (const share of chunk.shares || []) this.shares.push(share);
    for (const fault of chunk.faults || []) this.faults.push({...fault, end: fault.instant ? fault.time : Infinity});
    for (const end of chunk.faultEnds || []) this.faults[end.fault].end = end.time;
    this.operations.append(chunk.operations);
    this.now = Math.max(this.now, chunk.now);
    this.events = chunk.events;
    this.hash = chunk.hash;
  }

  appendRecords(records) {
    const n = (records.time || []).length;
    let last = this.records - 1;
    let time = last < 0 ? 0 : this.time.data[last], event = last < 0 ? 0 : this.event.data[last];
    for (let i = 0; i < n; i++) {
      time += records.time[i];
      if (records.event[i] > 0 || this.records === 0) this.starts.push(this.records);
      event += records.event[i];
      const host = records.host[i];
      if (host >= 0) {
        this.lanes[host].times.push(time);
        this.lanes[host].records.push(this.records);
      }
      this.time.push(time);
      this.event.push(event);
      this.host.push(host);
      this.action.push(records.action[i]);
      this.peer.push(records.peer[i]);
      this.stream.push(records.stream[i]);
      this.text.push(records.text[i]);
      this.firstOut.push(-1);
      this.firstIn.push(-1);
    }
  }

  appendMessages(messages) {
    const n = (messages.from || []).length;
    for (let i = 0; i < n; i++) {
      const from = messages.from[i], to = messages.to[i], number = this.from.length;
      this.from.push(from);
      this.to.push(to);
      this.received.push(this.time.data[to]);
      this.nextOut.push(this.firstOut.data[from]);
      this.nextIn.push(this.firstIn.data[to]);
      this.firstOut.data[from] = number;
      this.firstIn.data[to] = number;
    }
  }

  appendFacts(facts) {
    const n = (facts.time || []).length;
    for (let i = 0; i < n; i++) {
      const tracks = this.tracks[facts.host[i]], name = this.texts[facts.name[i]];
      let track = tracks.find((t) => t.name === name);
      if (!track) tracks.push(track = {name, times: new Column(Float64Array, 16), values: [], tones: [], empty: true});
      track.times.push(facts.time[i]);
      track.values.push(this.texts[facts.value[i]]);
      track.tones.push(facts.tone[i]);
      track.empty = track.empty && facts.value[i] === 0;
    }
  }

  // eventOf returns the index, among starts, of the event that a record belongs to.
  eventOf(record) { return firstAfter(this.starts.data, this.starts.length, record) - 1; }

  // endOf returns the number after that of the last record of an event.
  endOf(event) { return event + 1 < this.starts.length ? this.starts.data[event + 1] : this.records; }

  // recordAt returns the last record at or before a time.
  recordAt(time) { return Math.max(0, firstAfter(this.time.data, this.records, time) - 1); }

  // fact returns what a track said at a time.
  fact(track, time) {
    const i = firstAfter(track.times.data, track.times.length, time) - 1;
    return i < 0 ? {value: "", tone: 0} : {value: track.values[i], tone: track.tones[i]};
  }

  categoryName(record) { return categories[this.categories[this.action.data[record]]]; }

  // who names the host of a record.
  who(record) {
    const host = this.host.data[record];
    return host < 0 ? "world" : this.hosts[host];
  }

  // what says what a record tells, after its time and host.
  what(record) {
    const words = [this.actions[this.action.data[record]]];
    if (this.peer.data[record] >= 0) words.push(this.hosts[this.peer.data[record]]);
    if (this.stream.data[record] > 0) words.push("#" + this.stream.data[record]);
    const text = this.texts[this.text.data[record]];
    if (text) words.push(text);
    return words.join(" ");
  }

  // arrival returns the record in which a host received what another one sent it at a time, -1 if it never did.
  arrival(from, to, time) {
    const {times, records} = this.lanes[from];
    let arrived = -1;
    for (let i = firstFrom(times.data, times.length, time); i < times.length && times.data[i] === time; i++) {
      for (let m = this.firstOut.data[records.data[i]]; m >= 0; m = this.nextOut.data[m]) {
        if (this.host.data[this.to.data[m]] === to) arrived = Math.max(arrived, this.to.data[m]);
      }
    }
    return arrived;
  }

  // isLost reports whether a record sends a datagram that nobody has received.
  isLost(record) { return this.firstOut.data[record] < 0 && this.actions[this.action.data[record]] === "send to"; }

  // messagesOf calls visit(from, to) for each message that a record sends or receives.
  messagesOf(record, visit) {
    for (let m = this.firstOut.data[record]; m >= 0; m = this.nextOut.data[m]) visit(record, this.to.data[m]);
    for (let m = this.firstIn.data[record]; m >= 0; m = this.nextIn.data[m]) visit(this.from.data[m], record);
  }
}

// Operations are what clients asked for, by index in the order in which they were first heard of.
class Operations {
  constructor() {
    this.byID = new Map();
    this.host = [];
    this.call = [];
    this.end = []; // Infinity while there is none
    this.outcome = [];
    this.request = [];
    this.reply = [];
    this.attempts = []; // [time, host, answer, …]
    this.row = []; // in the lane: operations of a host that overlap are in different rows
    this.ids = [];
    this.lanes = []; // by host: {indexes, rowEnds, longest}
  }

  get length() { return this.ids.length; }

  append(columns) {
    const n = (columns.id || []).length;
    for (let i = 0; i < n; i++) {
      let index = this.byID.get(columns.id[i]);
      if (index === undefined) {
        index = this.length;
        this.byID.set(columns.id[i], index);
        this.ids.push(columns.id[i]);
        this.host[index] = columns.host[i];
        this.call[index] = columns.call[i];
        this.end[index] = Infinity;
        this.place(index);
      }
      const lane = this.lanes[this.host[index]], end = columns.return[i] < 0 ? Infinity : columns.return[i];
      this.end[index] = end;
      lane.rowEnds[this.row[index]] = Math.max(end, this.call[index]);
      if (end !== Infinity) lane.longest = Math.max(lane.longest, end - this.call[index]);
      this.outcome[index] = columns.outcome[i];
      this.request[index] = columns.request[i];
      this.reply[index] = columns.reply[i];
      this.attempts[index] = columns.attempts[i];
    }
  }

  // place gives an operation the first row that is free. Operations of a host come in the order of their calls.
  place(index) {
    const host = this.host[index];
    const lane = this.lanes[host] ||= {indexes: [], calls: new Column(Float64Array), rowEnds: [], longest: 0};
    lane.indexes.push(index);
    lane.calls.push(this.call[index]);
    let row = lane.rowEnds.findIndex((end) => end <= this.call[index]);
    if (row < 0) row = lane.rowEnds.length;
    lane.rowEnds[row] = Infinity;
    this.row[index] = row;
  }

  // visible calls visit(index) for each operation of a host that is under way between two times.
  visible(host, start, end, visit) {
    const lane = this.lanes[host];
    if (!lane) return;
    const open = lane.rowEnds.some((e) => e === Infinity);
    const from = open ? 0 : firstFrom(lane.calls.data, lane.calls.length, start - lane.longest);
    for (let i = from; i < lane.indexes.length && lane.calls.data[i] <= end; i++) {
      const index = lane.indexes[i];
      if (this.end[index] >= start) visit(index);
    }
  }
}
