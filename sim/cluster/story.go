package cluster

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ember-cluster/ember/core/slots"
	"github.com/ember-cluster/ember/sim"
)

// moment is one line of a story.
type moment struct {
	at   time.Duration
	text string
}

// Story tells a run in the order in which it happened, for people: who there is, what went wrong when, what each operation was
// answered, and how it ended. It is meant for short runs: a line per fault and operation.
func (r *Result) Story() string {
	c := r.Cluster
	moments := slices.Concat(c.faultMoments(), c.halfMoments(), r.History.moments())
	slices.SortStableFunc(moments, func(a, b moment) int { return cmp.Compare(a.at, b.at) })
	var b strings.Builder
	for i, node := range c.Config.Nodes {
		if node.Empty {
			fmt.Fprintf(&b, "%s is new\n", nodeName(node.Number))
			continue
		}
		fmt.Fprintf(&b, "%s serves %s\n", nodeName(node.Number), describeSlots(c.state.SlotsOf(c.state.Shards()[c.shardIndex(i)].ID)))
	}
	for _, m := range moments {
		fmt.Fprintf(&b, "%12v  %s\n", m.at, m.text)
	}
	if r.Verdict == sim.OK {
		fmt.Fprintf(&b, "%12v  ends well\n", r.VirtualTime)
	} else {
		fmt.Fprintf(&b, "%12v  %s\n  %s\n", r.VirtualTime, r.Signature(), strings.ReplaceAll(strings.TrimSpace(r.Detail), "\n", "\n  "))
	}
	return b.String()
}

// shardIndex returns the index of a node's shard in the configuration at the start.
func (c *Cluster) shardIndex(node int) int {
	for i, shard := range c.state.Shards() {
		if shard.Primary == c.ids[node] {
			return i
		}
	}
	panic(fmt.Sprintf("cluster: %s has no shard", c.hosts[node].Name()))
}

func describeSlots(set slots.Set) string {
	if set.Empty() {
		return "no slots"
	}
	return "slots " + set.String()
}

// faultMoments are the beginnings and ends of the faults of the plan, and the healing of the world.
func (c *Cluster) faultMoments() []moment {
	healed := min(c.Config.Chaos, c.World.Now())
	moments := []moment{{healed, "the world is healed"}}
	for _, f := range c.plan.Faults {
		if f.At > healed {
			continue
		}
		_, text, _ := strings.Cut(f.String(), " ")
		moments = append(moments, moment{f.At, text})
		if end := f.At + f.For; f.For > 0 && end < healed {
			moments = append(moments, moment{end, fmt.Sprintf("%v of %s ends", f.Kind, strings.Join(f.Hosts, ","))})
		}
	}
	return moments
}

// halfMoments are the commands that clients began and never ended.
func (c *Cluster) halfMoments() []moment {
	var moments []moment
	for _, in := range c.plan.Inputs {
		if in.Args[0] == halfCommand && in.At <= c.World.Now() {
			moments = append(moments, moment{in.At, in.Host + " sends " + in.Args[1] + " bytes of a command that never ends"})
		}
	}
	return moments
}

// moments are the calls of all operations and scans, with what came of them.
func (h *History) moments() []moment {
	moments := make([]moment, len(h.Operations))
	for _, s := range h.scans {
		moments = append(moments, moment{s.call, s.describe()})
	}
	for i, op := range h.Operations {
		line := sim.Input{Host: clientName(op.Client), Args: op.Args}.String()
		_, line, _ = strings.Cut(line, " input ")
		moments[i] = moment{op.Call, line + " → " + op.describeOutcome()}
	}
	return moments
}

func (op *Operation) describeOutcome() string {
	switch op.Outcome {
	case Answered:
		return fmt.Sprintf("%v, at %v", op.Reply, op.Return)
	case Refused:
		return fmt.Sprintf("refused, at %v", op.Return)
	case Unknown:
		return "no answer"
	}
	return "waits"
}
