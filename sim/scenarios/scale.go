package scenarios

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ember-cluster/ember/core/random"
	"github.com/ember-cluster/ember/sim"
	"github.com/ember-cluster/ember/sim/cluster"
)

// scale is a large cluster in which nothing goes wrong: it measures how long a change of the configuration is on its way to all nodes, and
// what the nodes' conversation costs each of them, while nothing happens and while the configuration changes.
var scale = Scenario{
	Name:    "scale",
	Summary: "a large cluster: how soon all know of a change, and what the bus costs a node (--nodes 1000 takes a minute)",
	Run:     runScale,
}

const (
	scaleNodes   = 200
	scaleChanges = 5
	// scaleStart is how long it takes until all know of each other, after a start that no real cluster has: of all nodes at once.
	// What that costs is told, and not judged.
	scaleStart = 20 * time.Second
	// Bounds of the verdict: every node knows of a change within scaleLimit, and sends and receives less than scaleBytes a second.
	scaleLimit = 3 * time.Second
	scaleBytes = 50_000
)

func runScale(options Options) (*Outcome, error) {
	c, s, err := measureScale(options)
	if err != nil {
		return nil, err
	}
	if most := max(s.quiet.worst(), s.busy.worst()); s.slowest > scaleLimit || most > scaleBytes {
		c.World.Fail(sim.Violation, "scale", fmt.Sprintf("a change took %v to be known to all, and a node has %d bytes of traffic a second", s.slowest, most))
	}
	return &Outcome{Report: c.World.Report("scale"), Findings: []string{
		fmt.Sprintf("a change is known to all nodes after %v on average, %v at most (%d changes)",
			s.mean.Round(time.Millisecond), s.slowest.Round(time.Millisecond), scaleChanges),
		"bus traffic, sent and received, in bytes a second:",
		"    while all nodes start at once: " + s.start.String(),
		"    while nothing happens:         " + s.quiet.String(),
		fmt.Sprintf("    with a change each %-12v %s", s.gap.String()+":", s.busy.String()),
	}}, nil
}

// scaling is what the scenario measures.
type scaling struct {
	// slowest and mean are how long after a command its change is known to all nodes.
	slowest, mean time.Duration
	// gap is the time between two changes.
	gap                time.Duration
	start, quiet, busy *meter
}

// measureScale runs the cluster and takes the measurements.
func measureScale(options Options) (*cluster.Cluster, scaling, error) {
	if options.Nodes == 0 {
		options.Nodes = scaleNodes
	}
	if options.Duration == 0 {
		options.Duration = 2*scaleStart + 5*time.Second
	}
	if len(options.Faults) > 0 {
		return nil, scaling{}, errors.New("nothing goes wrong in this scenario")
	}
	config := cluster.DefaultConfig(options.Seed, options.Nodes, 0)
	config.Watch, config.Operators, config.Described = options.Watch, 1, true
	config.Chaos = options.Duration
	begin := options.Duration * 2 / 3
	s := scaling{gap: (options.Duration - begin) / scaleChanges}
	c, err := cluster.New(config, changesFrom(begin, s.gap, options))
	if err != nil {
		return nil, scaling{}, err
	}
	s.start = measure(c, min(scaleStart, begin))
	s.quiet = measure(c, begin)
	s.busy = newMeter(c)
	for i := range scaleChanges {
		at, version, from := begin+time.Duration(i)*s.gap, c.HighestVersion()+1, 0
		if !s.busy.run(at+s.gap, func() bool { return !c.Outdated(version, &from) }) {
			c.World.Fail(sim.Stalled, "propagation", fmt.Sprintf("%v after a change not all nodes know of it", s.gap))
			break
		}
		took := c.World.Now() - at
		s.slowest, s.mean = max(s.slowest, took), s.mean+took/scaleChanges
		s.busy.run(at+s.gap, nil)
	}
	return c, s, nil
}

// changesFrom returns the changes, each at another node: the one with the highest epoch has nothing to change.
func changesFrom(begin, gap time.Duration, options Options) (plan sim.Plan) {
	first := random.Derive(options.Seed, "scenario/scale").IntN(options.Nodes)
	for i := range scaleChanges {
		plan.Inputs = append(plan.Inputs, sim.Input{
			At: begin + time.Duration(i)*gap, Host: "operator-1",
			Args: []string{fmt.Sprintf("node-%d", 1+(first+i*7)%options.Nodes), "CLUSTER", "BUMPEPOCH"},
		})
	}
	return plan
}

// meter measures what the nodes send and receive on the bus, second by second.
type meter struct {
	cluster *cluster.Cluster
	// total is what each node has had so far, peak the most that one has had in a second, in bytes.
	total         []int64
	peak, seconds int64
	// before is what each had had when the second under way began, which ends at end.
	before []int64
	end    time.Duration
}

func newMeter(c *cluster.Cluster) *meter {
	m := &meter{cluster: c, total: make([]int64, len(c.Config.Nodes))}
	m.begin()
	return m
}

// measure runs a cluster to an instant.
func measure(c *cluster.Cluster, until time.Duration) *meter {
	m := newMeter(c)
	m.run(until, nil)
	return m
}

// begin begins a second.
func (m *meter) begin() { m.before, m.end = m.cluster.BusBytes(), m.cluster.World.Now()+time.Second }

// run runs the cluster to an instant or until a condition holds, and reports whether it does.
func (m *meter) run(until time.Duration, met func() bool) bool {
	for world := m.cluster.World; !world.Ended(); {
		if world.RunUntil(min(until, m.end), met) {
			return true
		}
		if world.Now() >= m.end {
			m.measure()
		}
		if world.Now() >= until {
			return false
		}
	}
	return false
}

// measure ends a second.
func (m *meter) measure() {
	before := m.before
	m.begin()
	m.seconds++
	for i, now := range m.before {
		m.total[i] += now - before[i]
		m.peak = max(m.peak, now-before[i])
	}
}

// mean returns the bytes a second of the average node, worst those of the node that has most.
func (m *meter) mean() int64 {
	sum := int64(0)
	for _, bytes := range m.total {
		sum += bytes
	}
	return sum / max(m.seconds*int64(len(m.total)), 1)
}

func (m *meter) worst() int64 { return slices.Max(m.total) / max(m.seconds, 1) }

func (m *meter) String() string {
	return fmt.Sprintf("%d a node, %d the busiest node, %d the busiest second of one", m.mean(), m.worst(), m.peak)
}
