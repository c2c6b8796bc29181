package scenarios

import (
	"fmt"
	"io"
	"time"

	"github.com/ember-cluster/ember/core/gossip"
	"github.com/ember-cluster/ember/core/random"
	"github.com/ember-cluster/ember/core/wire"
	"github.com/ember-cluster/ember/sim"
)

const (
	// healTime is the virtual time within which every member must be alive to every other one after the last anomaly.
	healTime = 5 * time.Minute
	// healStep is how often that is looked at.
	healStep = 250 * time.Millisecond
)

// variant is a failure detector under trial.
type variant struct {
	gossip.Variant
	config gossip.Config
	// build makes the detector of a member.
	build func(config gossip.Config, index int, ids []wire.NodeID, source *random.Stream) detector
}

// newVariant returns a variant of the paper with its parameters.
func newVariant(v gossip.Variant) variant {
	return variant{Variant: v, config: gossip.DefaultConfig().With(v), build: buildMachine}
}

func buildMachine(config gossip.Config, index int, ids []wire.NodeID, source *random.Stream) detector {
	machine := gossip.New(config, ids[index], 1<<32, source) // a node's first boot
	machine.SetMembers(0, ids)
	return machine
}

// observer is who watches a trial.
type observer struct {
	trace    io.Writer
	journal  *sim.Journal
	progress func(virtual time.Duration) // in this trial
}

// trial is one world: one variant on one cell.
type trial struct {
	cell
	variant variant
	world   *sim.World
	ids     []wire.NodeID
	members []*member
	// isAnomalous says of each member whether it has anomalies, healthy is how many have none.
	isAnomalous []bool
	healthy     int

	// Of an anomalous member: when a healthy one held it dead first, when all did, and how many do. 0: not so far.
	first, full []time.Duration
	believers   []int
	believes    []bool // n·n: member i holds member j dead, at i·n+j

	measured measurement
}

// measurement is what a trial comes to.
type measurement struct {
	cell           cell
	variant        gossip.Variant
	falsePositives int64 // verdicts, at any member, on one that never had an anomaly
	atHealthy      int64 // those of them at a member that never had one either: FP-
	messages       int64 // sent from the first anomaly to the end of the last
	bytes          int64 // of those, with their envelopes
	// first and full are the latencies of those anomalous members that were found out: to the first healthy member that
	// held it dead, and to the last.
	first, full []time.Duration
	healed      time.Duration // from the end of the last anomaly until all were alive to all
	report      sim.Report
	hash        uint64
}

// newTrial makes the world of a variant and a cell.
func newTrial(c cell, v variant, by observer) *trial {
	t := &trial{
		cell: c, variant: v, members: make([]*member, c.members), isAnomalous: make([]bool, c.members),
		healthy: c.members - c.anomalous, first: make([]time.Duration, c.members), full: make([]time.Duration, c.members),
		believers: make([]int, c.members), believes: make([]bool, c.members*c.members),
		world: sim.New(sim.Config{Seed: c.seed, Trace: by.trace, Journal: by.journal, Window: -1}),
	}
	for i := range c.members {
		t.ids = append(t.ids, memberID(i))
	}
	for i := range c.members {
		t.world.AddHost(memberName(i), memberProgram{t, i}, sim.HostOptions{Address: memberAddress(i).Addr()})
	}
	order := deck{source: t.world.Random("anomalous")}
	for range c.anomalous {
		t.isAnomalous[order.draw(c.members)] = true
	}
	t.world.Tracef("%v, %v", v.Variant, c)
	return t
}

// run lets the experiment happen, and then the healing.
func (t *trial) run(progress func(time.Duration)) measurement {
	if t.experiment == silence {
		t.runTo(quiesce+detectionBound(t.cell.members), progress)
		t.checkComplete()
	}
	t.runTo(t.end(), progress)
	for !t.healedNow() && t.world.Failure() == nil {
		if t.world.Now() >= t.end()+healTime {
			t.violated("%v after the last anomaly %s", healTime, t.unhealed())
			break
		}
		t.runTo(t.world.Now()+healStep, progress)
	}
	t.measured.healed = t.world.Now() - t.end()
	for _, m := range t.members {
		if m != nil {
			m.check()
		}
	}
	return t.finish()
}

// runTo runs up to an instant, a second at a time.
func (t *trial) runTo(until time.Duration, progress func(time.Duration)) {
	for t.world.Now() < until && t.world.Failure() == nil {
		t.world.Run(min(t.world.Now()+time.Second, until))
		if progress != nil {
			progress(t.world.Now())
		}
	}
}

// finish sums the trial up.
func (t *trial) finish() measurement {
	m := &t.measured
	m.cell, m.variant = t.cell, t.variant.Variant
	m.report, m.hash = t.world.Report("detection"), t.world.Hash()
	for i := range t.first {
		if t.first[i] > 0 {
			m.first = append(m.first, t.first[i]-quiesce)
		}
		if t.full[i] > 0 {
			m.full = append(m.full, t.full[i]-quiesce)
		}
	}
	return *m
}

// sent counts a message.
func (t *trial) sent(bytes int) {
	if now := t.world.Now(); now >= quiesce && now < t.end() {
		t.measured.messages++
		t.measured.bytes += int64(bytes)
	}
}

// changed takes news that a member has of another one.
func (t *trial) changed(at int, c *gossip.Change) {
	if c.Kind != gossip.HealthChanged {
		return
	}
	about := memberIndex(c.Node)
	dead := c.Health == gossip.Dead
	switch {
	case t.isAnomalous[about] && !t.isAnomalous[at]:
		t.noteBelief(at, about, dead)
	case dead && !t.isAnomalous[about]:
		t.measured.falsePositives++
		if !t.isAnomalous[at] {
			t.measured.atHealthy++
		}
	}
}

// noteBelief keeps how many healthy members hold an anomalous one dead. A verdict counts as a detection while the
// anomaly lasts.
func (t *trial) noteBelief(at, about int, dead bool) {
	believes := &t.believes[at*t.cell.members+about]
	if *believes == dead {
		return
	}
	*believes = dead
	if !dead {
		t.believers[about]--
		return
	}
	t.believers[about]++
	now := t.world.Now()
	if t.experiment.repeats() || now > t.end() {
		return
	}
	if t.first[about] == 0 {
		t.first[about] = now
	}
	if t.full[about] == 0 && t.believers[about] == t.healthy {
		t.full[about] = now
	}
}

// violated ends the trial.
func (t *trial) violated(format string, args ...any) {
	t.world.Fail(sim.Violation, "detection", fmt.Sprintf(format, args...))
}
