package view_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ember-cluster/ember/internal/browsertest"
	"github.com/ember-cluster/ember/linearizability"
	"github.com/ember-cluster/ember/sim/view"
)

// open writes the page of a run to a file and opens it. At the end of the test the console must be empty.
func open(t *testing.T, meta view.Meta, chunk view.Chunk) (*browsertest.Page, bool) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "run.html")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := view.WritePage(file, meta, chunk); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	page, ok := browsertest.Start(t, 1600, 1000)
	if !ok {
		return nil, false
	}
	page.Open("file://"+path, "page !== null && page.run.records > 0")
	drawn(page)
	t.Cleanup(func() {
		if errors := page.Errors(); len(errors) > 0 {
			t.Errorf("the console shows %q", errors)
		}
	})
	return page, true
}

// drawn waits until all that has changed is drawn.
func drawn(page *browsertest.Page) {
	page.Await("page.timeline.frames > 0 && !page.timeline.requested && !page.panels")
}

// TestPage looks at one run of more than 50,000 events, in one browser.
func TestPage(t *testing.T) {
	outcome, chunk := record(t, "swarm", 42, 0)
	meta, err := outcome.Result.ViewMeta()
	if err != nil {
		t.Fatal(err)
	}
	meta.Title = "swarm, seed 42"
	page, ok := open(t, meta, chunk)
	if !ok {
		return
	}
	t.Run("parts", func(t *testing.T) { partsDoAsTheyShould(t, page.In(t)) })
	t.Run("lanes", func(t *testing.T) { lanesAreDrawn(t, page.In(t), chunk) })
	t.Run("operations", func(t *testing.T) { operationsAreDrawnWhereTheyAre(t, page.In(t)) })
	t.Run("keyboard", func(t *testing.T) { stepping(t, page.In(t)) })
	t.Run("overview", func(t *testing.T) { theOverviewMovesTheCursor(t, page.In(t)) })
	t.Run("search", func(t *testing.T) { searchAndFilter(t, page.In(t)) })
	t.Run("help", func(t *testing.T) { helpAndThemes(t, page.In(t)) })
	t.Run("speed", func(t *testing.T) { manyEventsStaySmooth(t, page.In(t), chunk) })
}

// pixel is an expression for the colour of the scene at a point, as a list of red, green, blue and alpha.
const pixel = `((x, y) => {
	const copy = window.copy ||= new OffscreenCanvas(1, 1).getContext("2d", {willReadFrequently: true});
	copy.drawImage(page.timeline.scene, -x * devicePixelRatio, -y * devicePixelRatio);
	return Array.from(copy.getImageData(0, 0, 1, 1).data);
})`

// partsDoAsTheyShould tries functions of the scripts that only depend on their arguments.
func partsDoAsTheyShould(t *testing.T, page *browsertest.Page) {
	for expression, want := range map[string]string{
		`formatTime(1500000000, 500000000)`: "1.5 s",
		`formatTime(28176906115, 1)`:        "28.176906115 s",
		`formatTime(0, 1000)`:               "0.000000 s",
		`formatDuration(1234567)`:           "1.23 ms",
		`formatDuration(60e9)`:              "60 s",
		`[niceStep(1), niceStep(3), niceStep(70), niceStep(500.1)].join()`:                             "1,5,100,1000",
		`[firstAfter([1, 3, 3, 5], 4, 3), firstFrom([1, 3, 3, 5], 4, 3), firstAfter([], 0, 1)].join()`: "3,1,0",
		// Who holds what, and what two hold.
		`JSON.stringify(partsOf([[0, 9], [10, 19]]).filter((p) => p.contested))`:                                  "[]",
		`partsOf([[0, 9, 20, 29], [5, 24]]).filter((p) => p.contested).map((p) => p.first + "-" + p.last).join()`: "5-9,20-24",
		`nameHosts(["a", "b", "c", "d", "e", "f"], [0, 1, 2, 3, 4, 5])`:                                           "all",
		`nameHosts(["a", "b", "c", "d", "e", "f"], [0, 1, 2, 4, 5])`:                                              "all but d",
		`nameHosts(["a", "b", "c"], [2, 0])`:                                                                      "c, a",
		// Faults of one kind that overlap are in different rows, and kinds do not share rows.
		`packFaults([{kind: "x", time: 0, end: 9}, {kind: "x", time: 5, end: 7}, {kind: "y", time: 0, end: 1}, {kind: "x", time: 9, end: 10}]).places.map((p) => p.row).join()`: "0,1,2,0",
		// A viewport never leaves the run, and keeps the time under the mouse.
		`(() => { const v = new Viewport(1000e9); v.left = 0; v.right = 1000; v.fit(); const at = v.time(300); v.zoom(0.1, 300); return Math.abs(v.time(300) - at) < 1; })()`: "true",
		`(() => { const v = new Viewport(1000e9); v.right = 1000; v.show(-1e12, 5e12); return v.start > -50e9 && v.end < 1050e9; })()`:                                        "true",
	} {
		if got := browsertest.Evaluate[string](page, "String("+expression+")"); got != want {
			t.Errorf("%s is %s, want %s", expression, got, want)
		}
	}
}

func lanesAreDrawn(t *testing.T, page *browsertest.Page, chunk view.Chunk) {
	page.Screenshot("overview")
	counts := browsertest.Evaluate[[]int](page, `[page.run.records, page.run.from.length, page.run.operations.length, page.run.hosts.length, page.rows.lanes.length]`)
	want := []int{len(chunk.Records.Time), len(chunk.Messages.From), len(chunk.Operations.ID), len(chunk.Hosts), len(chunk.Hosts)}
	for i := range want {
		if counts[i] != want[i] {
			t.Errorf("the page has %v records, messages, operations, hosts and lanes, want %v", counts, want)
			break
		}
	}
	// In the middle of its bar every lane that is in view has another colour than the ground.
	empty := browsertest.Evaluate[[]string](page, `page.rows.lanes.filter((lane) => {
		const y = page.rows.middle(lane.host);
		if (y > page.timeline.height - 10) return false;
		const found = new Set();
		for (let x = page.viewport.left + 40; x < page.viewport.right - 60; x += 3) found.add(`+pixel+`(x, y).join());
		return found.size < 2;
	}).map((lane) => page.run.hosts[lane.host])`)
	if len(empty) > 0 {
		t.Errorf("nothing is drawn in the lanes of %q", empty)
	}
	// Every node's part of the slots has its own colour in the strip.
	if colours := browsertest.Evaluate[int](page, `(() => {
		const found = new Set(), x = page.viewport.right - 80, top = axisHeight - page.rows.scroll + page.rows.shares.y;
		for (let y = top + 1; y < top + shareHeight; y++) found.add(`+pixel+`(x, y).join());
		return found.size;
	})()`); colours < 5 {
		t.Errorf("the strip of slots has %d colours", colours)
	}
}

func operationsAreDrawnWhereTheyAre(t *testing.T, page *browsertest.Page) {
	browsertest.Evaluate[bool](page, `(() => {
		const operations = page.run.operations;
		const i = operations.attempts.findIndex((a) => a.length > 3 && page.run.texts[a[2]].startsWith("MOVED"));
		page.viewport.show(operations.call[i] - 5e6, operations.end[i] + 5e6);
		page.selectOperation(i);
		page.rows.revealLane(operations.host[i], page.timeline.height);
		window.chosen = i;
		return true;
	})()`)
	drawn(page)
	page.Screenshot("operation")
	found := browsertest.Evaluate[bool](page, `(() => {
		const operations = page.run.operations, lane = page.rows.laneOf(operations.host[chosen]);
		const x = (page.viewport.x(operations.call[chosen]) + page.viewport.x(operations.end[chosen])) / 2;
		const y = axisHeight + lane.y - page.rows.scroll + lane.operationsY + operations.row[chosen] * operationHeight + 3;
		return page.timeline.pointer.at(x, y).operation === chosen;
	})()`)
	if !found {
		t.Error("the operation is not where it is drawn")
	}
	page.Press("o")
	if next := browsertest.Evaluate[bool](page, `page.operation !== chosen && page.run.operations.call[page.operation] > page.run.operations.call[chosen] &&
		(page.run.operations.attempts[page.operation].length > 3 || page.run.operations.outcome[page.operation] > 1)`); !next {
		t.Error("the next odd operation is none, or not later")
	}
	browsertest.Evaluate[bool](page, "page.selectOperation(chosen), true")
	drawn(page)
	text := browsertest.Evaluate[string](page, `byID("inspector").textContent`)
	if !strings.Contains(text, "MOVED") || !strings.Contains(text, "node-") {
		t.Errorf("of a redirected operation is told: %q", text)
	}
}

func stepping(t *testing.T, page *browsertest.Page) {
	event := func() int { return browsertest.Evaluate[int](page, "page.cursor.event") }
	browsertest.Evaluate[bool](page, `page.goToFragment("event=0"), byID("timeline").focus(), true`)
	before := event()
	for range 3 {
		page.Press(browsertest.ArrowRight)
	}
	if got := event(); got != before+3 {
		t.Errorf("three steps from event %d lead to %d", before, got)
	}
	page.Press(browsertest.ArrowLeft)
	if got := event(); got != before+2 {
		t.Errorf("a step back leads to %d", got)
	}
	page.Press(browsertest.End)
	last := browsertest.Evaluate[int](page, "page.run.starts.length - 1")
	if got := event(); got != last {
		t.Errorf("End leads to event %d of %d", got, last)
	}
	drawn(page)
	if row := browsertest.Evaluate[bool](page, `(() => {
		const log = byID("log").getBoundingClientRect(), row = document.querySelector("#log .now");
		return row !== null && row.getBoundingClientRect().bottom <= log.bottom + 1 && row.getBoundingClientRect().top >= log.top - 1;
	})()`); !row {
		t.Error("the last event is not in view in the log")
	}
	if text := browsertest.Evaluate[string](page, `byID("clock").textContent.split(" · ")[1]`); text != browsertest.Evaluate[string](page,
		"`event ${page.run.events.toLocaleString('en')} of ${page.run.events.toLocaleString('en')}`") {
		t.Errorf("the clock shows %q", text)
	}
	// Along one host, and across a message: the event that is reached is at another host, and sent or received it.
	browsertest.Evaluate[bool](page, `page.goToFragment("event=20000&span=0.01"), true`)
	host := browsertest.Evaluate[int](page, "page.cursor.host")
	browsertest.Evaluate[bool](page, `press(page, "Shift+ArrowRight"), true`)
	if got := browsertest.Evaluate[int](page, "page.cursor.host"); got != host {
		t.Errorf("a step along host %d leads to host %d", host, got)
	}
	crossed := false
	for event := 20000; event < 20050 && !crossed; event++ { // some of them are deadlines, which have no other end
		browsertest.Evaluate[bool](page, fmt.Sprintf(`page.goToFragment("event=%d"), true`, event))
		host = browsertest.Evaluate[int](page, "page.cursor.host")
		page.Press("\r")
		crossed = browsertest.Evaluate[int](page, "page.cursor.host") != host
	}
	if !crossed {
		t.Errorf("the other end of each message is at the same host %d", host)
	}
	drawn(page)
	page.Screenshot("step")
}

func theOverviewMovesTheCursor(t *testing.T, page *browsertest.Page) {
	type box struct{ X, Y, Width, Height float64 }
	b := browsertest.Evaluate[box](page, `(({x, y, width, height}) => ({X: x, Y: y, Width: width, Height: height}))(byID("overview").getBoundingClientRect())`)
	page.Click(b.X+b.Width/2, b.Y+b.Height/2)
	if part := browsertest.Evaluate[float64](page, "page.cursor.time / page.run.now"); part < 0.49 || part > 0.51 {
		t.Errorf("a click in the middle leads to %.3f of the run", part)
	}
}

func searchAndFilter(t *testing.T, page *browsertest.Page) {
	page.Press("/")
	browsertest.Evaluate[string](page, `byID("search").value = ""`) // the slash, which the protocol types though its key was taken
	page.Press("client-3 mget\r")
	drawn(page)
	page.Screenshot("search")
	type result struct {
		Hits, Wrong, Marks int
		Shown              string
	}
	got := browsertest.Evaluate[result](page, `(() => {
		const hits = Array.from(page.hits.data.subarray(0, page.hits.length));
		const wrong = hits.filter((r) => !/client-3/.test(page.run.who(r) + page.run.what(r)) || !/mget/i.test(page.run.what(r)));
		return {Hits: hits.length, Wrong: wrong.length, Marks: document.querySelectorAll("#log mark").length, Shown: byID("hits").textContent};
	})()`)
	if got.Hits == 0 || got.Wrong > 0 || got.Marks == 0 || !strings.HasSuffix(got.Shown, "hits") {
		t.Errorf("the search gives %+v", got)
	}
	first := browsertest.Evaluate[int](page, "page.cursor.record")
	page.Press("\x1b")
	browsertest.Evaluate[bool](page, `page.search("client-3 mget"), press(page, "n"), true`)
	if next := browsertest.Evaluate[int](page, "page.cursor.record"); next <= first {
		t.Errorf("the hit after record %d is %d", first, next)
	}
	browsertest.Evaluate[bool](page, `(() => {
		page.search("");
		for (const label of document.querySelectorAll("#filters label")) {
			if (/timers|client-/.test(label.textContent)) label.querySelector("input").click();
		}
		return true;
	})()`)
	drawn(page)
	page.Screenshot("filter")
	if left := browsertest.Evaluate[int](page, `Array.from(page.hits.data.subarray(0, page.hits.length)).filter((r) =>
		page.run.who(r).startsWith("client") || page.run.categoryName(r) === "timer").length`); left > 0 {
		t.Errorf("%d records are shown that the filter hides", left)
	}
	browsertest.Evaluate[bool](page, `(() => {
		for (const box of document.querySelectorAll("#filters input:not(:checked)")) box.click();
		byID("timeline").focus();
		return page.hits.length === page.run.records;
	})()`)
}

func TestAFailureIsShownAtOnce(t *testing.T) {
	outcome, chunk := record(t, "steady", 1, 12*time.Second)
	meta, err := outcome.Result.ViewMeta()
	if err != nil {
		t.Fatal(err)
	}
	meta.Title = "steady, seed 1, with a lie told about one operation"
	history := outcome.Result.History.Operations
	var set, get *linearizability.Operation
	for _, op := range history {
		if o := (linearizability.Operation{ID: uint64(op.ID), Client: op.Client, Args: op.Args, Call: op.Call, Return: op.Return, Reply: op.Reply}); set == nil {
			if op.Args[0] == "SET" && len(op.Args) == 3 && op.Call > 10*time.Second {
				set = &o
			}
		} else if op.Args[0] == "GET" && op.Args[1] == set.Args[1] && op.Call > set.Return {
			o.Reply = linearizability.Reply{Kind: linearizability.Nil}
			get = &o
			break
		}
	}
	report := linearizability.Check([]linearizability.Operation{*set, *get}, linearizability.Options{})
	_, window, found := report.Window()
	if !found {
		t.Fatalf("the checker says %v", &report)
	}
	for i := range window {
		meta.Unexplained = append(meta.Unexplained, int(window[i].ID))
	}
	var explanation strings.Builder
	if err := report.WriteHTML(&explanation); err != nil {
		t.Fatal(err)
	}
	meta.Verdict, meta.Detail, meta.Explanation = "violation", report.String(), explanation.String()
	meta.Failure = &view.Failure{Time: outcome.VirtualTime, Event: outcome.Events, Text: report.String()}
	page, ok := open(t, meta, chunk)
	if !ok {
		return
	}
	page.Screenshot("failure")
	at := browsertest.Evaluate[float64](page, "page.cursor.time")
	if at < float64(get.Return) || at > float64(get.Return)+1e6 {
		t.Errorf("the page opens at %v ns, the operation without an explanation ended at %d", at, get.Return)
	}
	if visible := browsertest.Evaluate[bool](page, `page.viewport.start < page.cursor.time && page.cursor.time < page.viewport.end &&
		byID("verdict").textContent === "violation" && !byID("to-failure").hidden`); !visible {
		t.Error("the failure is not in view")
	}
	page.Press("e")
	page.Await(`byID("explanation").open && byID("explanation").querySelector("iframe").srcdoc.includes("<svg")`)
	browsertest.Evaluate[bool](page, `new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))`)
	page.Screenshot("explanation")
}

func helpAndThemes(t *testing.T, page *browsertest.Page) {
	page.Press("?")
	if text := browsertest.Evaluate[string](page, `byID("help-dialog").open ? byID("help-dialog").textContent : ""`); !strings.Contains(text, "next, previous event") {
		t.Errorf("the help says %q", text)
	}
	page.Screenshot("help")
	page.Press("\x1b")
	page.Await(`!byID("help-dialog").open`)
	browsertest.Evaluate[bool](page, `page.goToFragment("theme=light"), page.goToFragment("event=20000&span=0.02&messages=all"), true`)
	drawn(page)
	page.Screenshot("messages")
	light := browsertest.Evaluate[[]int](page, pixel+`(page.timeline.width - 4, page.timeline.height - 4)`)
	page.Press("t")
	drawn(page)
	page.Screenshot("dark")
	dark := browsertest.Evaluate[[]int](page, pixel+`(page.timeline.width - 4, page.timeline.height - 4)`)
	if light[0] < 200 || dark[0] > 60 {
		t.Errorf("the ground is %v in light and %v in dark", light, dark)
	}
}

// manyEventsStaySmooth reports how long a frame takes; what is too long depends on the machine, so it has no limit.
func manyEventsStaySmooth(t *testing.T, page *browsertest.Page, chunk view.Chunk) {
	opened := browsertest.Evaluate[float64](page, `performance.getEntriesByName("opened")[0].startTime`)
	t.Logf("%d events: the page of %d records is open after %.0f ms", chunk.Events, len(chunk.Records.Time), opened)
	for _, zoom := range []string{"page.viewport.fit()", "page.viewport.show(20e9, 23e9)", "page.viewport.show(20e9, 20.05e9)"} {
		frame := browsertest.Evaluate[float64](page, `(() => {
			`+zoom+`;
			const times = [];
			for (let i = 0; i < 21; i++) {
				const begun = performance.now();
				page.timeline.drawScene();
				page.timeline.drawOverlay();
				times.push(performance.now() - begun);
			}
			return times.sort((a, b) => a - b)[10];
		})()`)
		t.Logf("%d events, %s: a frame is issued in %.1f ms", chunk.Events, zoom, frame)
	}
	step := browsertest.Evaluate[float64](page, `(() => {
		const begun = performance.now();
		for (let i = 0; i < 200; i++) page.cursor.step(1);
		return (performance.now() - begun) / 200;
	})()`)
	t.Logf("a step takes %.2f ms beside the frame", step)
}
