package scenarios

import (
	"encoding/binary"
	"fmt"
	"hash"
	"hash/fnv"
	"time"

	"github.com/ember-cluster/ember/core/gossip"
	"github.com/ember-cluster/ember/sim"
)

// detection is the experiment of the Lifeguard paper: members of a group of 128 that are slow, in lock-step, and what
// SWIM, each part of Lifeguard, and the whole of it make of them. It runs gossip machines alone, without nodes around
// them, one world for each variant and cell of the sample, and prints what it measures beside what was published.
//
// # The anomaly
//
// As in the paper, anomalous members block immediately before they send and after they receive any message, over
// streams too, all at the same time; see blocked. It is not sim.FaultPause: a paused process does nothing at all, so
// a probe that would have begun begins after the pause, succeeds, and there is hardly a false positive. What differs
// from the paper: in the gap between two anomalies a member handles all that waits, at once, where a real one has to
// read it; its buffers are without limit; and once it waits in a ping, suspicions that run out do so at the end of
// the anomaly, before the mail is read, which is later and no other verdict.
//
// # The sample
//
// The paper has 4320 runs of the Interval experiment for each configuration. Options.Duration is the virtual time of
// that experiment for each variant: a run of it takes two minutes, so the default of 36 minutes is 18 runs, and 144
// hours are as many as the paper's. For every two of them there is a run of the Threshold experiment, with the two
// lengths of anomalies that are long enough to be found. A few more are for checks and are in no table. The sample is
// stratified, see drawCells, and what is printed are averages per run, so that they compare with the published sums.
// Options.Nodes can be from 8 to 1000 instead of the paper's 128; the number of anomalous members scales with it.
//
// # The verdict
//
//   - Completeness (SWIM, section 3): every healthy member holds dead who is silent for longer than a confirmed
//     suspicion lasts, and a fair time for the probes before it and the rumours after it.
//   - Healing: after the last anomaly every member is alive to every other one.
//   - Accuracy: Lifeguard has at most a quarter of SWIM's false positives, over the sample and some runs in which
//     SWIM must have many.
//   - The machines' own invariants, now and then; no message that another machine refuses; no datagram of more than
//     1400 bytes.
var detection = Scenario{
	Name:    "detection",
	Summary: "failure detection alone, with slow members: SWIM and Lifeguard beside the published figures",
	Run: func(options Options) (*Outcome, error) {
		var variants []variant
		for _, v := range gossip.Variants {
			variants = append(variants, newVariant(v))
		}
		return detect(options, variants)
	},
}

const (
	minMembers, maxMembers = 8, 1000
	defaultIntervals       = 18
	maxIntervals           = 100_000
)

// detect tries the variants on a sample of cells.
func detect(options Options, variants []variant) (*Outcome, error) {
	members, duration := options.Nodes, options.Duration
	if members == 0 {
		members = publishedMembers
	}
	if duration == 0 {
		duration = defaultIntervals * experimentTime
	}
	intervals := max(int(min(duration/experimentTime, maxIntervals)), 1)
	if members < minMembers || members > maxMembers {
		return nil, fmt.Errorf("detection has from %d to %d nodes, not %d", minMembers, maxMembers, members)
	}
	d := &detectionRun{options: options, hash: fnv.New64a()}
	d.outcome.Report = sim.Report{Seed: options.Seed, Scenario: "detection", Verdict: sim.OK, Faults: map[string]int64{}}
	for _, v := range variants {
		d.tallies = append(d.tallies, tally{variant: v.Variant})
	}
	cells := drawCells(options.Seed, members, intervals)
	d.try(cells, variants)
	d.outcome.Hash = fmt.Sprintf("%016x", d.hash.Sum64())
	if d.outcome.Verdict == sim.OK {
		d.compareFalsePositives()
	}
	d.outcome.Setting = describeCells(cells, variants)
	d.outcome.Findings = append(intervalTable(d.tallies, members), thresholdTable(d.tallies, members)...)
	return &d.outcome, nil
}

// detectionRun is the scenario under way.
type detectionRun struct {
	options Options
	outcome Outcome
	tallies []tally     // by variant
	hash    hash.Hash64 // over the hashes of the worlds
}

// try tries the variants on the cells, until something is wrong.
func (d *detectionRun) try(cells []cell, variants []variant) {
	for _, c := range cells {
		for i, v := range variants {
			by := observer{trace: d.options.Trace, journal: d.options.Journal}
			if passed := d.outcome.VirtualTime; d.options.Progress != nil {
				by.progress = func(virtual time.Duration) { d.options.Progress(passed + virtual) }
			}
			if c.experiment == contrast && v.Variant != gossip.SWIM && v.Variant != gossip.Lifeguard {
				continue // nothing is demanded of them
			}
			m := newTrial(c, v, by).run(by.progress)
			d.add(&m)
			if m.report.Verdict != sim.OK {
				d.outcome.Verdict = m.report.Verdict
				d.outcome.Detail = fmt.Sprintf("%v, %v\n%s", v.Variant, c, m.report.Detail)
				return
			}
			d.tallies[i].add(&m)
		}
	}
}

// add adds a world to the report.
func (d *detectionRun) add(m *measurement) {
	_, _ = d.hash.Write(binary.BigEndian.AppendUint64(nil, m.hash)) // never fails
	d.outcome.Events += m.report.Events
	d.outcome.VirtualTime += m.report.VirtualTime
	d.outcome.Faults["block"] += int64(m.cell.anomalies())
}

// compareFalsePositives demands that Lifeguard has far fewer of them than SWIM: 1.5 % were published.
func (d *detectionRun) compareFalsePositives() {
	var compared [len(gossip.Variants)]int64
	for i := range d.tallies {
		compared[d.tallies[i].variant] = d.tallies[i].compared
	}
	swim, lifeguard := compared[gossip.SWIM], compared[gossip.Lifeguard]
	if lifeguard > swim/4 {
		d.outcome.Verdict = sim.Violation
		d.outcome.Detail = fmt.Sprintf("Lifeguard has %d false positives on the sample, SWIM %d: it must have at most a quarter",
			lifeguard, swim)
	}
}
