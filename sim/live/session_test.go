package live_test

import (
	"testing"
	"time"

	"github.com/ember-cluster/ember/sim"
	"github.com/ember-cluster/ember/sim/cluster"
	"github.com/ember-cluster/ember/sim/live"
	"github.com/ember-cluster/ember/sim/scenarios"
	"github.com/ember-cluster/ember/sim/view"
)

// begin returns a session of a short run of three nodes, and the outcome that it fills in at its end.
func begin(t *testing.T) (*live.Session, *scenarios.Outcome) {
	t.Helper()
	outcome := &scenarios.Outcome{}
	return live.New(func(observe func(*sim.Record)) (view.Meta, error) {
		o, err := run(observe)
		if err != nil {
			return view.Meta{}, err
		}
		*outcome = *o
		return o.Result.ViewMeta()
	}), outcome
}

func run(observe func(*sim.Record)) (*scenarios.Outcome, error) {
	scenario, err := scenarios.Find("steady")
	if err != nil {
		return nil, err
	}
	return scenario.Run(scenarios.Options{Seed: 4, Nodes: 3, Duration: 5 * time.Second, Watch: cluster.Watch{Observe: observe}})
}

// finish lets a session come to its end, and returns its last progress.
func finish(t *testing.T, s *live.Session) live.Progress {
	t.Helper()
	for range 10_000 {
		if p := s.Advance(time.Hour, 1000); p.Ended {
			return p
		}
	}
	t.Fatal("the run does not end")
	return live.Progress{}
}

func TestAnUntouchedSessionIsThePlainRun(t *testing.T) {
	alone, err := run(nil)
	if err != nil {
		t.Fatal(err)
	}
	s, outcome := begin(t)
	for events := uint64(1); events < 200; events++ {
		if p := s.Advance(time.Hour, 1); p.Chunk.Events != events || p.Ended {
			t.Fatalf("after %d steps there were %d events", events, p.Chunk.Events)
		}
	}
	p := finish(t, s)
	if p.Chunk.Hash != alone.Hash || outcome.Hash != alone.Hash || p.Meta == nil || p.Meta.Verdict != "ok" {
		t.Errorf("the session ends with hash %s, outcome %s, %+v; alone the run has %s", p.Chunk.Hash, outcome.Hash, p.Meta, alone.Hash)
	}
	if again := s.Advance(time.Hour, 1); !again.Ended || len(again.Chunk.Records.Time) != 0 {
		t.Error("a session goes on after its end")
	}
}

func TestTimeStandsStillAtTheLimit(t *testing.T) {
	s, _ := begin(t)
	for at := time.Duration(0); at < 2*time.Second; at += 100 * time.Millisecond {
		p := s.Advance(at, 1_000_000)
		if now := time.Duration(p.Chunk.Now); now < at || now > at+100*time.Millisecond {
			t.Fatalf("allowed until %v, the run is at %v", at, now)
		}
	}
}

// state returns what a chunk says last of the state of a host, empty if nothing.
func state(chunk view.Chunk, host int, texts *[]string) string {
	*texts = append(*texts, chunk.Texts...)
	last := ""
	for i, h := range chunk.Facts.Host {
		if h == host && (*texts)[chunk.Facts.Name[i]] == "state" {
			last = (*texts)[chunk.Facts.Value[i]]
		}
	}
	return last
}

func TestFaultsByHand(t *testing.T) {
	s, outcome := begin(t)
	var texts []string
	pause := sim.Fault{Kind: sim.FaultPause, Hosts: []string{"node-2"}}
	state(s.Advance(time.Second, 1_000_000).Chunk, 1, &texts)
	if err := s.Apply(pause); err != nil {
		t.Fatal(err)
	}
	p := s.Advance(2*time.Second, 1_000_000)
	if got := state(p.Chunk, 1, &texts); got != "paused" || len(p.Chunk.Faults) != 1 {
		t.Errorf("after a pause the node is %q, and %d faults have begun", got, len(p.Chunk.Faults))
	}
	if err := s.Lift(pause); err != nil {
		t.Fatal(err)
	}
	p = s.Advance(3*time.Second, 1_000_000)
	if got := state(p.Chunk, 1, &texts); got != "up" || len(p.Chunk.FaultEnds) != 1 {
		t.Errorf("after the pause the node is %q, and %d faults have ended", got, len(p.Chunk.FaultEnds))
	}
	finish(t, s)
	if outcome.Verdict != sim.OK {
		t.Errorf("the run ends with %s: %s", outcome.Verdict, outcome.Detail)
	}
}

func TestMistakesAreTold(t *testing.T) {
	s, _ := begin(t)
	f := sim.Fault{Kind: sim.FaultPause, Hosts: []string{"node-1"}}
	if s.Apply(f) == nil || s.Lift(f) == nil {
		t.Error("a fault is taken before the run has begun")
	}
	s.Advance(time.Second, 10)
	f.Hosts[0] = "nobody"
	if s.Apply(f) == nil || s.Lift(f) == nil {
		t.Error("a fault of a host is taken that there is not")
	}
	finish(t, s)
	f.Hosts[0] = "node-1"
	if s.Apply(f) == nil || s.Lift(f) == nil {
		t.Error("a fault is taken after the run has ended")
	}
}

func TestStopEndsTheRun(t *testing.T) {
	s, outcome := begin(t)
	s.Advance(time.Second, 100)
	s.Stop()
	if outcome.Verdict != sim.Unknown || outcome.Events > 101 {
		t.Errorf("stopped after 100 events, the run has %d and the verdict %s", outcome.Events, outcome.Verdict)
	}
	fresh, _ := begin(t)
	fresh.Stop() // before it has begun
	if p := fresh.Advance(time.Second, 1); !p.Ended {
		t.Error("a run begins after it was stopped")
	}
}
