package view_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ember-cluster/ember/sim"
	"github.com/ember-cluster/ember/sim/cluster"
	"github.com/ember-cluster/ember/sim/scenarios"
	"github.com/ember-cluster/ember/sim/view"
)

// record runs a scenario of a cluster, for its own time if the duration is 0.
func record(t *testing.T, name string, seed uint64, duration time.Duration) (*scenarios.Outcome, view.Chunk) {
	t.Helper()
	scenario, err := scenarios.Find(name)
	if err != nil {
		t.Fatal(err)
	}
	recorder := view.NewRecorder()
	outcome, err := scenario.Run(scenarios.Options{Seed: seed, Duration: duration, Watch: cluster.Watch{Observe: recorder.Observe}})
	if err != nil {
		t.Fatal(err)
	}
	return outcome, recorder.Take()
}

func TestRecordingDoesNotChangeTheRun(t *testing.T) {
	outcome, chunk := record(t, "swarm", 7, 10*time.Second)
	scenario, _ := scenarios.Find("swarm")
	alone, err := scenario.Run(scenarios.Options{Seed: 7, Duration: 10 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	if outcome.Hash != alone.Hash || chunk.Hash != alone.Hash || chunk.Events != alone.Events {
		t.Errorf("recorded: hash %s, chunk %s with %d events; alone: %s with %d", outcome.Hash, chunk.Hash, chunk.Events, alone.Hash, alone.Events)
	}
}

func TestEverythingIsInTheChunk(t *testing.T) {
	outcome, chunk := record(t, "swarm", 42, 20*time.Second)
	columns := chunk.Records
	for name, length := range map[string]int{
		"event": len(columns.Event), "host": len(columns.Host), "action": len(columns.Action), "peer": len(columns.Peer),
		"stream": len(columns.Stream), "text": len(columns.Text),
	} {
		if length != len(columns.Time) {
			t.Errorf("column %s has %d records, time has %d", name, length, len(columns.Time))
		}
	}
	if len(columns.Time) < int(outcome.Events) {
		t.Errorf("%d records of %d events", len(columns.Time), outcome.Events)
	}
	if got, want := len(chunk.Operations.ID), len(outcome.Result.History.Operations); got != want {
		t.Errorf("%d operations of %d", got, want)
	}
	faults := int64(0)
	for _, count := range outcome.Faults {
		faults += count
	}
	if int64(len(chunk.Faults)) != faults || len(chunk.FaultEnds) == 0 {
		t.Errorf("%d faults of %d, %d ends", len(chunk.Faults), faults, len(chunk.FaultEnds))
	}
	if len(chunk.Hosts) != len(outcome.Result.Cluster.World.Hosts()) {
		t.Errorf("hosts %q", chunk.Hosts)
	}
}

func TestMessagesJoinWhatIsSentWithWhatIsReceived(t *testing.T) {
	_, chunk := record(t, "lossy", 3, 20*time.Second)
	columns := chunk.Records
	times := make([]int64, len(columns.Time))
	for i, passed := range columns.Time {
		times[i] = passed
		if i > 0 {
			times[i] += times[i-1]
		}
	}
	joined := map[int]bool{}
	for i, from := range chunk.Messages.From {
		to := chunk.Messages.To[i]
		if from >= to || times[from] > times[to] {
			t.Fatalf("message %d goes back in time, from record %d to %d", i, from, to)
		}
		if peer := columns.Peer[from]; peer >= 0 && peer != columns.Host[to] {
			t.Fatalf("record %d is sent to host %d and received by host %d", from, peer, columns.Host[to])
		}
		joined[to] = true
	}
	for i, action := range columns.Action {
		switch sim.Action(action) {
		case sim.Action(sim.EventDatagram), sim.Action(sim.EventStreamData), sim.Action(sim.EventStreamOpened):
			if !joined[i] {
				t.Fatalf("record %d, %v %q, has no sender", i, sim.Action(action), chunk.Texts[columns.Text[i]])
			}
		}
	}
}

func TestFactsTellTheStateOfHosts(t *testing.T) {
	_, chunk := record(t, "pause", 1, 0)
	values := map[string]bool{}
	for i, name := range chunk.Facts.Name {
		values[chunk.Texts[name]+": "+chunk.Texts[chunk.Facts.Value[i]]] = true
	}
	for _, want := range []string{"state: up", "state: paused", "role: primary", "believes: "} {
		if !values[want] {
			t.Errorf("no host ever told %q", want)
		}
	}
	suspected := slices.ContainsFunc(chunk.Texts, func(text string) bool { return strings.HasSuffix(text, " suspect") })
	if !suspected {
		t.Error("nobody suspected anybody while nodes were paused for long")
	}
	held := 0
	for _, share := range chunk.Shares {
		for i := 0; i < len(share.Ranges); i += 2 {
			held += share.Ranges[i+1] - share.Ranges[i] + 1
		}
	}
	if held != 16384 {
		t.Errorf("the nodes hold %d slots", held)
	}
}

// At the end of a run one of the voters leads, and the others follow it.
func TestFactsTellWhoDecides(t *testing.T) {
	_, chunk := record(t, "steady", 1, 0)
	latest := map[string]map[string]string{} // by name of the fact, then of the host
	for i, name := range chunk.Facts.Name {
		of := latest[chunk.Texts[name]]
		if of == nil {
			of = map[string]string{}
			latest[chunk.Texts[name]] = of
		}
		of[chunk.Hosts[chunk.Facts.Host[i]]] = chunk.Texts[chunk.Facts.Value[i]]
	}
	leader := ""
	for host, part := range latest["consensus"] {
		if strings.HasSuffix(part, ", leader") {
			if leader != "" {
				t.Errorf("%s and %s lead", leader, host)
			}
			leader = host
		}
	}
	voters := strings.Fields(latest["voters"][leader])
	if leader == "" || len(voters) != 5 {
		t.Fatalf("%q leads, voters %q", leader, voters)
	}
	for host, part := range latest["consensus"] {
		if votes := slices.Contains(voters, host); host != leader && votes != strings.HasSuffix(part, ", follows "+leader) {
			t.Errorf("%s: %s", host, part)
		}
		if latest["voters"][host] != latest["voters"][leader] {
			t.Errorf("%s knows the voters %q, the leader %q", host, latest["voters"][host], voters)
		}
	}
}

func TestChunksAreTheRunInParts(t *testing.T) {
	whole, parts := view.NewRecorder(), view.NewRecorder()
	var taken []view.Chunk
	scenario, _ := scenarios.Find("steady")
	count := 0
	observe := func(r *sim.Record) {
		whole.Observe(r)
		parts.Observe(r)
		if count++; count%1000 == 0 {
			taken = append(taken, parts.Take())
		}
	}
	_, err := scenario.Run(scenarios.Options{Seed: 5, Duration: 5 * time.Second, Watch: cluster.Watch{Observe: observe}})
	if err != nil {
		t.Fatal(err)
	}
	taken = append(taken, parts.Take())
	all := whole.Take()
	var records, messages int
	operations := map[int]bool{}
	for _, chunk := range taken {
		records += len(chunk.Records.Time)
		messages += len(chunk.Messages.From)
		for _, id := range chunk.Operations.ID {
			operations[id] = true
		}
	}
	if records != len(all.Records.Time) || messages != len(all.Messages.From) || len(operations) != len(all.Operations.ID) {
		t.Errorf("parts have %d records, %d messages, %d operations; the whole has %d, %d, %d", records, messages, len(operations),
			len(all.Records.Time), len(all.Messages.From), len(all.Operations.ID))
	}
}

func TestPageIsSelfContained(t *testing.T) {
	outcome, chunk := record(t, "steady", 1, 2*time.Second)
	meta, err := outcome.Result.ViewMeta()
	if err != nil {
		t.Fatal(err)
	}
	meta.Title = "</title><script>alert(1)</script>"
	var page, again bytes.Buffer
	for _, out := range []*bytes.Buffer{&page, &again} {
		if err := view.WritePage(out, meta, chunk); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(page.Bytes(), again.Bytes()) {
		t.Error("one run gives two pages")
	}
	for _, bad := range []string{"http://", "https://", "<script>alert", " src=", "@import", "<no value>", "ZgotmplZ"} {
		if strings.Contains(page.String(), bad) {
			t.Errorf("the page contains %q", bad)
		}
	}
}
