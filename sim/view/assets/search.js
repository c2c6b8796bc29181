"use strict";

// A Filter decides which records are shown: all words of the search, and the categories and hosts that are switched on.
class Filter {
  constructor(run) {
    this.words = [];
    this.categories = categories.map(() => true);
    this.begin(run);
  }

  // begin turns to another run. The search and the categories stay.
  begin(run) {
    this.run = run;
    this.hiddenHosts = new Set();
    this.texts = []; // lower case, by text
  }

  set query(text) { this.words = text.toLowerCase().split(/\s+/).filter((word) => word); }

  get searching() { return this.words.length > 0; }

  // matches returns the numbers of the records that are shown, from one on, in order.
  matches(from = 0) {
    const run = this.run, found = new Column(Int32Array);
    const hits = this.words.map((word) => this.hitsOf(word));
    for (let r = from; r < run.records; r++) {
      if (!this.categories[run.categories[run.action.data[r]]] || this.hiddenHosts.has(run.host.data[r])) continue;
      if (hits.every((hit) => hit(r))) found.push(r);
    }
    return found;
  }

  // hitsOf returns a function that tells whether a record has the word. Texts are few beside records, so they are searched once.
  hitsOf(word) {
    const run = this.run;
    while (this.texts.length < run.texts.length) this.texts.push(run.texts[this.texts.length].toLowerCase());
    const inText = Uint8Array.from(this.texts, (text) => text.includes(word));
    const inHost = run.hosts.map((name) => name.toLowerCase().includes(word));
    const inAction = run.actions.map((name) => name.toLowerCase().includes(word));
    const inWorld = "world".includes(word);
    return (r) => {
      const host = run.host.data[r], peer = run.peer.data[r];
      return inText[run.text.data[r]] || inAction[run.action.data[r]] || (host < 0 ? inWorld : inHost[host]) || (peer >= 0 && inHost[peer]) ||
        ("#" + run.stream.data[r] === word);
    };
  }
}
