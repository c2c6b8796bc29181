//go:build !wasm

package main

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/ember-cluster/ember/internal/browsertest"
	"github.com/ember-cluster/ember/sim/scenarios"
)

// serveLive opens the live page in a browser.
func serveLive(t *testing.T) (*browsertest.Page, bool) {
	t.Helper()
	page, ok := browsertest.Start(t, 1600, 1000)
	if !ok {
		return nil, false
	}
	handler, err := newLiveHandler(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	page.Open(server.URL, "live !== null && live.ready")
	t.Cleanup(func() {
		if errors := page.Errors(); len(errors) > 0 {
			t.Errorf("the console shows %q", errors)
		}
	})
	return page, true
}

// start is an expression that starts a run in the live page.
func start(seed, scenario string) string {
	return `(async () => {
		live.controls.seed.value = ` + seed + `;
		live.controls.scenario.value = "` + scenario + `";
		await live.start();
		return live.controls.error.textContent;
	})()`
}

func TestLivePage(t *testing.T) {
	page, ok := serveLive(t)
	if !ok {
		return
	}
	t.Run("same hash as native", func(t *testing.T) { runsAsTheNativeSimulatorDoes(t, page.In(t)) })
	t.Run("harm at a busy instant", func(t *testing.T) { harmAtABusyInstant(t, page.In(t)) })
	t.Run("harm by hand", func(t *testing.T) { harmByHand(t, page.In(t)) })
	t.Run("harm of every kind", func(t *testing.T) { harmOfEveryKind(t, page.In(t)) })
	t.Run("mistakes", func(t *testing.T) { mistakesAreTold(t, page.In(t)) })
}

func runsAsTheNativeSimulatorDoes(t *testing.T, page *browsertest.Page) {
	scenario, err := scenarios.Find("swarm")
	if err != nil {
		t.Fatal(err)
	}
	native, err := scenario.Run(scenarios.Options{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	if message := browsertest.Evaluate[string](page, start("1", "swarm")); message != "" {
		t.Fatal(message)
	}
	page.Await("page.run.now > 2e8")
	page.Screenshot("live")
	begun := time.Now()
	browsertest.Evaluate[bool](page, "live.toEnd(), true")
	page.Await("live.ended && !page.timeline.requested")
	t.Logf("%d events ran in the browser in %v", native.Events, time.Since(begun))
	page.Screenshot("live-end")
	status := browsertest.Evaluate[string](page, `byID("live-status").textContent`)
	if hash := browsertest.Evaluate[string](page, "page.run.hash"); hash != native.Hash || !strings.Contains(status, "hash "+native.Hash) {
		t.Errorf("in the browser the run has hash %s (%s), natively %s", hash, status, native.Hash)
	}
	if verdict := browsertest.Evaluate[string](page, `byID("verdict").textContent`); verdict != string(native.Verdict) {
		t.Errorf("in the browser the verdict is %q, natively %q", verdict, native.Verdict)
	}
}

// harmAtABusyInstant pauses a node while all are still to start, at one instant: that is seen though much else is due before.
func harmAtABusyInstant(t *testing.T, page *browsertest.Page) {
	look := browsertest.Evaluate[string](page, `(async () => {
		live.controls.seed.value = 1;
		live.controls.scenario.value = "steady";
		await live.start();
		live.setPlaying(false); // before the first frame
		const before = [page.run.now, page.run.events].join();
		await live.strike("apply", "0s pause hosts=node-4");
		return [before, document.querySelectorAll("#map .host")[3].classList.contains("paused"), live.controls.error.textContent].join();
	})()`)
	if look != "0,1,true," {
		t.Errorf("instant, events, paused, error: %s", look)
	}
}

func harmByHand(t *testing.T, page *browsertest.Page) {
	browsertest.Evaluate[string](page, start("1", "steady"))
	page.Await("page.run.now > 3e8")
	page.Press(" ") // stop
	page.Await("!live.playing && !live.busy")
	before := browsertest.Evaluate[int](page, "page.run.events")
	page.Press(".")
	page.Await("!live.busy && page.run.events > 0")
	if after := browsertest.Evaluate[int](page, "page.run.events"); after != before+1 {
		t.Errorf("one step leads from event %d to %d", before, after)
	}
	// Cut the link between the first two nodes, pause the third and kill the fourth, as a user would.
	browsertest.Evaluate[bool](page, `(async () => {
		const click = (target) => target.dispatchEvent(new MouseEvent("click", {bubbles: true}));
		const press = (label) => click([...document.querySelectorAll("#map button")].find((b) => b.textContent === label));
		click(document.querySelector("#map .grip"));
		click(document.querySelectorAll("#map .host")[2]);
		press("Pause");
		click(document.querySelectorAll("#map .host")[3]);
		press("Kill");
		return true;
	})()`)
	browsertest.Evaluate[bool](page, `live.controls.speed.value = 1, live.setPlaying(true), true`)
	page.Await("page.run.now > 8e9")
	page.Press(" ")
	page.Await("!live.playing && !live.busy")
	page.Screenshot("live-harm")
	look := browsertest.Evaluate[string](page, `[document.querySelectorAll("#map .link.cut").length > 0,
		document.querySelectorAll("#map .host")[2].classList.contains("paused"), document.querySelectorAll("#map .host")[3].classList.contains("down"),
		page.run.tracks[0].find((track) => track.name === "believes").empty, live.touched, live.controls.error.textContent].join()`)
	if look != "true,true,true,false,true," {
		t.Errorf("cut, paused, down, nobody suspects anybody, touched, error: %s", look)
	}
	press := func(label string) {
		browsertest.Evaluate[bool](page, `[...document.querySelectorAll("#map button")].find((b) => b.textContent === "`+label+`").click(), true`)
	}
	press("Start")
	page.Await(`!live.busy && !document.querySelectorAll("#map .host")[3].classList.contains("down")`)
	press("Lose 30%")
	page.Await(`!live.busy && page.run.faults.some((f) => f.kind === "loss" && f.end === Infinity)`)
	press("End all faults")
	page.Await(`!live.busy && page.run.faults.every((f) => f.end < Infinity)`)
}

// harmOfEveryKind begins and ends whatever the page has a button for: at a machine, its clocks, its disk, its links, and one link.
func harmOfEveryKind(t *testing.T, page *browsertest.Page) {
	browsertest.Evaluate[string](page, start("2", "steady"))
	page.Await("page.run.now > 3e8")
	page.Press(" ")
	page.Await("!live.playing && !live.busy")
	click := func(what string) {
		browsertest.Evaluate[bool](page, what+`.dispatchEvent(new MouseEvent("click", {bubbles: true})), true`)
		page.Await("!live.busy")
	}
	press := func(label string) {
		button := `[...document.querySelectorAll("#map button")].find((b) => b.textContent === "` + label + `")`
		page.Await(button + " !== undefined")
		click(button)
	}
	const active = `page.run.faults.filter((f) => f.end === Infinity).map((f) => f.kind).sort().join()`
	for _, test := range []struct {
		chosen string
		begin  []string
		end    []string
		faults string
	}{
		{`document.querySelectorAll("#map .host")[1]`, []string{"Slow down"}, []string{"Speed up"}, "slow"},
		{`document.querySelectorAll("#map .host")[1]`, []string{"Clock +10 s", "Clock 10% fast"}, []string{"Clock back", "Clock right"}, "clock-drift,wall-jump"},
		{
			`document.querySelectorAll("#map .host")[2]`, []string{"Slow disk", "Full disk", "Unreadable disk"},
			[]string{"Quick disk", "Free disk", "Readable disk"}, "disk-full,disk-read-error,disk-slow",
		},
		{`document.querySelectorAll("#map .host")[0]`, []string{"Isolate", "Lose 30%"}, []string{"Rejoin", "Lose nothing"}, "loss,partition"},
		{
			`document.querySelectorAll("#map .grip")[1]`, []string{"Heal", "Throttle", "Delay", "Lose 30%", "Cut"},
			[]string{"Full speed", "No delay", "Lose nothing", "Heal"}, "delay,loss,partition,throttle",
		},
	} {
		click(test.chosen)
		for _, label := range test.begin {
			press(label)
		}
		page.Await("!live.busy && " + active + ` === "` + test.faults + `"`)
		if strings.Contains(test.faults, "throttle") || strings.Contains(test.faults, "disk") {
			page.Screenshot("live-" + strings.ReplaceAll(test.faults, ",", "-"))
		}
		for _, label := range test.end {
			press(label)
		}
		page.Await("!live.busy && " + active + ` === ""`)
	}
	if message := browsertest.Evaluate[string](page, "live.controls.error.textContent"); message != "" {
		t.Error(message)
	}
}

func mistakesAreTold(t *testing.T, page *browsertest.Page) {
	browsertest.Evaluate[bool](page, `live.controls.nodes.value = 5000, true`)
	if message := browsertest.Evaluate[string](page, start("1", "steady")); !strings.Contains(message, "1000 nodes") {
		t.Errorf("5000 nodes give %q", message)
	}
}
