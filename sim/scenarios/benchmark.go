package scenarios

import (
	"fmt"
	"time"

	"github.com/ember-cluster/ember/core/gossip"
	"github.com/ember-cluster/ember/sim"
)

// Benchmark is a load on the simulator of which its speed is told.
type Benchmark struct {
	Name string
	// Summary says what is simulated.
	Summary string
	// Checked says that the run of a whole cluster is checked while it goes on and at its end.
	Checked bool
	// Run simulates it once, with or without the checks, and returns how many events there were in how much virtual time. The
	// error is a run that did not end well: a benchmark of something broken means nothing.
	Run func(unchecked bool) (events uint64, virtual time.Duration, err error)
}

// Benchmarks returns the loads that `embersim bench` measures.
func Benchmarks() []Benchmark {
	return []Benchmark{
		{"idle", "6 nodes, no clients, 10 minutes", true, idleBenchmark},
		{"busy", "6 nodes, 8 clients, no faults, 1 minute", true, busyBenchmark},
		{"swarm", "6 nodes, 8 clients, faults of 5 seeds, 1 minute each", true, swarmBenchmark},
		{"gossip-128", "failure detection of 128 members, 5 minutes", false, gossipBenchmark(128, 5*time.Minute)},
		{"gossip-1000", "failure detection of 1000 members, 10 minutes", false, gossipBenchmark(1000, 10*time.Minute)},
	}
}

// gossipBenchmark is a group of members and nothing else, one of which falls silent after a while, so that there is news.
func gossipBenchmark(members int, duration time.Duration) func(unchecked bool) (uint64, time.Duration, error) {
	return func(bool) (uint64, time.Duration, error) {
		silent := cell{experiment: threshold, seed: 1, members: members, anomalous: 1, length: duration}
		t := newTrial(silent, newVariant(gossip.Lifeguard), observer{})
		t.world.Run(duration)
		if failure := t.world.Failure(); failure != nil {
			return 0, 0, failure
		}
		return t.world.Events(), t.world.Now(), nil
	}
}

func idleBenchmark(unchecked bool) (uint64, time.Duration, error) {
	s := newStory("idle", Options{Seed: 1}, defaults{nodes: 6, clients: 0, duration: 10 * time.Minute})
	s.config.Unchecked = unchecked
	return measured(perform("idle", s.config, s.plan))
}

func busyBenchmark(unchecked bool) (uint64, time.Duration, error) {
	s := newStory("busy", Options{Seed: 1}, defaults{nodes: 6, clients: 8, duration: time.Minute})
	s.config.Unchecked = unchecked
	s.drawOperations()
	return measured(perform("busy", s.config, s.plan))
}

func swarmBenchmark(unchecked bool) (events uint64, virtual time.Duration, err error) {
	for seed := uint64(1); seed <= 5; seed++ {
		s := newStory("swarm", Options{Seed: seed, Nodes: 6}, defaults{duration: time.Minute})
		s.config.Unchecked = unchecked
		drawSwarm(s, 8)
		s.drawOperations()
		e, v, err := measured(perform("swarm", s.config, s.plan))
		if err != nil {
			return 0, 0, err
		}
		events, virtual = events+e, virtual+v
	}
	return events, virtual, nil
}

// measured returns the sizes of a run that ended well.
func measured(o *Outcome, err error) (uint64, time.Duration, error) {
	switch {
	case err != nil:
		return 0, 0, err
	case o.Verdict != sim.OK:
		return 0, 0, fmt.Errorf("%s, seed %d: %s: %s", o.Scenario, o.Seed, o.Verdict, o.Detail)
	}
	return o.Events, o.VirtualTime, nil
}
