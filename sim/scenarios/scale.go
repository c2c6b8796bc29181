package scenarios

import (
	"errors"
	"fmt"
	"time"

	"github.com/ember-cluster/ember/core/random"
	"github.com/ember-cluster/ember/sim"
	"github.com/ember-cluster/ember/sim/cluster"
)

// scale is a large cluster in which nothing goes wrong: it measures how long a change of the configuration is on its way to all nodes, and
// what the nodes' conversation costs each of them, while nothing happens and while the configuration changes.
var scale = Scenario{
	Name:    "scale",
	Summary: "a large cluster: how soon all know of a change, and what the bus costs a node (--nodes 1000 takes minutes)",
	Run:     runScale,
}

const (
	scaleNodes   = 200
	scaleChanges = 5
	// Bounds of the verdict: every node knows of a change within scaleLimit, and sends less than scaleBytes a second at any time.
	scaleLimit = 3 * time.Second
	scaleBytes = 50_000
)

func runScale(options Options) (*Outcome, error) {
	if options.Nodes == 0 {
		options.Nodes = scaleNodes
	}
	if options.Duration == 0 {
		options.Duration = 30 * time.Second
	}
	if len(options.Faults) > 0 {
		return nil, errors.New("nothing goes wrong in this scenario")
	}
	config := cluster.DefaultConfig(options.Seed, options.Nodes, 0)
	config.Watch, config.Operators, config.Described = options.Watch, 1, true
	config.Chaos = options.Duration
	source := random.Derive(options.Seed, "scenario/scale")
	var plan sim.Plan
	begin := options.Duration / 2
	gap := (options.Duration - begin) / scaleChanges
	first := source.IntN(options.Nodes)
	for i := range scaleChanges { // each at another node: the one with the highest epoch has nothing to change
		plan.Inputs = append(plan.Inputs, sim.Input{
			At: begin + time.Duration(i)*gap, Host: "operator-1",
			Args: []string{fmt.Sprintf("node-%d", 1+(first+i*7)%options.Nodes), "CLUSTER", "BUMPEPOCH"},
		})
	}
	c, err := cluster.New(config, plan)
	if err != nil {
		return nil, err
	}
	return measureScale(c, begin, gap)
}

// measureScale runs the cluster and takes the measurements.
func measureScale(c *cluster.Cluster, begin, gap time.Duration) (*Outcome, error) {
	const warmUp = 5 * time.Second
	c.World.Run(warmUp)
	before := c.BusBytes()
	c.World.Run(begin)
	quiet := perSecond(before, c.BusBytes(), begin-warmUp)
	var worst, total time.Duration
	before = c.BusBytes()
	for i := range scaleChanges {
		at, version := begin+time.Duration(i)*gap, c.LowestVersion()+1
		if !c.World.RunUntil(at+gap, func() bool { return c.LowestVersion() >= version }) {
			c.World.Fail(sim.Stalled, "propagation", fmt.Sprintf("%v after a change not all nodes know of it", gap))
			break
		}
		took := c.World.Now() - at
		worst, total = max(worst, took), total+took
		c.World.Run(at + gap)
	}
	busy := perSecond(before, c.BusBytes(), scaleChanges*gap)
	if most := max(quiet.most, busy.most); worst > scaleLimit || most > scaleBytes {
		c.World.Fail(sim.Violation, "scale", fmt.Sprintf("a change took %v to be known to all, and a node sends %d bytes a second", worst, most))
	}
	return &Outcome{Report: c.World.Report("scale"), Findings: []string{
		fmt.Sprintf("a change is known to all nodes after %v on average, %v at most (%d changes)",
			(total / scaleChanges).Round(time.Millisecond), worst.Round(time.Millisecond), scaleChanges),
		fmt.Sprintf("while nothing happens a node sends %d bytes a second on average, at most %d", quiet.mean, quiet.most),
		fmt.Sprintf("with a change each %v a node sends %d bytes a second on average, at most %d", gap, busy.mean, busy.most),
	}}, nil
}

// traffic is what nodes send, in bytes a second.
type traffic struct{ mean, most int64 }

func perSecond(before, after []int64, d time.Duration) traffic {
	var t traffic
	for i := range after {
		rate := (after[i] - before[i]) * int64(time.Second) / int64(d)
		t.mean += rate
		t.most = max(t.most, rate)
	}
	t.mean /= int64(len(after))
	return t
}
