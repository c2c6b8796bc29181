"use strict";

// The Log lists the records that pass the filter. Only those in view are elements of the document.
class Log {
  constructor(page) {
    this.page = page;
    this.element = byID("log");
    this.rowHeight = 19;
    // Browsers bound the height of an element: beyond it, the list is scrolled in proportion.
    this.maxHeight = 8_000_000;
    this.filler = element("div", {});
    this.rows = element("div", {style: "position:sticky;top:0;height:0"});
    this.element.append(this.rows, this.filler);
    this.top = 0; // the index of the first record in view, with a fraction
    this.element.addEventListener("scroll", () => this.scrolled());
    this.element.addEventListener("click", (e) => {
      const row = e.target.closest(".row");
      if (row) page.cursor.goTo(Number(row.dataset.record));
    });
    new ResizeObserver(() => this.draw()).observe(this.element);
  }

  get visible() { return Math.ceil(this.element.clientHeight / this.rowHeight) + 1; }

  // refresh takes a new list of records.
  refresh() {
    const count = this.page.hits.length;
    this.filler.style.height = Math.min(this.maxHeight, count * this.rowHeight) + "px";
    byID("log-count").textContent = plural(count, "line");
  }

  scrolled() {
    if (this.own) { this.own = false; return; }
    const room = this.filler.offsetHeight - this.element.clientHeight;
    const most = Math.max(0, this.page.hits.length - this.element.clientHeight / this.rowHeight);
    this.top = room > 0 ? this.element.scrollTop / room * most : 0;
    this.draw();
  }

  // reveal scrolls to the cursor, or to where it would be.
  reveal() {
    const {hits, cursor} = this.page;
    const index = firstFrom(hits.data, hits.length, cursor.record), fits = this.element.clientHeight / this.rowHeight;
    if (index < this.top + 1 || index > this.top + fits - 4) {
      const most = Math.max(0, hits.length - fits);
      this.top = Math.max(0, Math.min(index - fits / 3, most));
      const room = this.filler.offsetHeight - this.element.clientHeight, before = this.element.scrollTop;
      this.element.scrollTop = most > 0 ? this.top / most * room : 0;
      this.own = this.element.scrollTop !== before;
    }
    this.draw();
  }

  draw() {
    const {hits, run} = this.page, first = Math.floor(this.top), rows = [];
    for (let i = first; i < Math.min(hits.length, first + this.visible); i++) rows.push(this.row(hits.data[i], (i - this.top) * this.rowHeight));
    this.rows.replaceChildren(...rows);
    if (!hits.length && run.records) this.rows.replaceChildren(element("div", {className: "row quiet"}, "Nothing fits the search and the filter."));
  }

  row(record, top) {
    const {run, cursor, filter} = this.page;
    const row = element("div", {className: "row", title: ""});
    row.dataset.record = record;
    row.style.top = top + "px";
    const event = run.eventOf(record);
    if (event === cursor.event) row.classList.add("now");
    if (record !== run.starts.data[event]) row.classList.add("effect");
    if (filter.searching) row.classList.add("hit");
    row.append(element("span", {className: "time"}, (run.time.data[record] / second).toFixed(6) + " "));
    row.append(element("b", {}, ...this.marked(run.who(record))), " ", ...this.marked(run.what(record)));
    return row;
  }

  // marked splits a text where the words of the search are.
  marked(text) {
    const {words} = this.page.filter;
    if (!words.length) return [text];
    const pattern = new RegExp("(" + words.map((w) => w.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|") + ")", "i");
    return text.split(pattern).map((part, i) => (i % 2 ? element("mark", {}, part) : part));
  }
}
