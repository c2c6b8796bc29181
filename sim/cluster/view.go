package cluster

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ember-cluster/ember/core/slots"
	"github.com/ember-cluster/ember/core/topology"
	"github.com/ember-cluster/ember/sim/view"
)

// Space is what the nodes of a cluster share.
func Space() view.Space { return view.Space{Name: "slots", Size: slots.Count} }

// Facts implements view.Subject: what a node thinks of itself, of the configuration and of the others.
func (d *driver) Facts(f *view.Facts) {
	if d.node == nil {
		return
	}
	owned, state := &d.cluster.claims[d.index].owned, d.node.State()
	role, tone := "no slots", view.Plain
	if !owned.Empty() {
		role, tone = "primary", view.Leading
	}
	if !d.node.Serving() {
		role, tone = role+", cluster down", view.Wrong
	}
	f.Set("role", role, tone)
	f.Set("configuration", fmt.Sprintf("version %d, epoch %d", state.Version, state.Epoch()), view.Plain)
	d.consensusFact(f)
	d.votersFact(f)
	f.Set("believes", d.doubts(), d.worry())
	f.Share(d.sharedRanges())
}

// doubts names the nodes that this one does not believe alive.
func (d *driver) doubts() string {
	var doubts []string
	for i, id := range d.cluster.ids {
		if health := d.node.Health(id); health != topology.Alive {
			doubts = append(doubts, d.cluster.hosts[i].Name()+" "+beliefs[health])
		}
	}
	return strings.Join(doubts, ", ")
}

var beliefs = map[topology.Health]string{topology.Suspected: "suspect", topology.Failed: "dead"}

func (d *driver) worry() view.Tone {
	tone := view.Plain
	for _, id := range d.cluster.ids {
		switch d.node.Health(id) {
		case topology.Suspected:
			tone = max(tone, view.Worried)
		case topology.Failed:
			tone = view.Wrong
		}
	}
	return tone
}

// sharedRanges are the slots that the node serves, by its own claim.
func (d *driver) sharedRanges() []int {
	var ranges []int
	for _, r := range d.cluster.claims[d.index].ranges {
		ranges = append(ranges, int(r.First), int(r.Last))
	}
	return ranges
}

// Operations implements view.Requester.
func (c *client) Operations() int { return len(c.cluster.history.of(c.number)) }

// Operation implements view.Requester.
func (c *client) Operation(number int) view.Operation {
	op := c.cluster.history.of(c.number)[number]
	shown := view.Operation{ID: op.ID, Call: op.Call, Return: op.Return, Outcome: shownOutcomes[op.Outcome], Request: strings.Join(op.Args, " ")}
	if op.Outcome == Answered {
		shown.Reply = op.Reply.String()
	}
	for i := range op.Attempts {
		attempt := &op.Attempts[i]
		to := c.cluster.hosts[slices.Index(c.cluster.addresses, attempt.To())].Name()
		shown.Attempts = append(shown.Attempts, view.Attempt{At: attempt.At, To: to, Answer: attempt.Refusal})
	}
	return shown
}

var shownOutcomes = [...]view.Outcome{
	Pending: view.Pending, Answered: view.Answered, Refused: view.Refused, Unknown: view.Unknown,
}

// ViewMeta returns what a page shows of the outcome. The title and more lines are the caller's.
func (r *Result) ViewMeta() (view.Meta, error) {
	meta := view.Meta{Verdict: string(r.Verdict), Detail: r.Detail, Space: Space()}
	if f := r.Cluster.World.Failure(); f != nil {
		meta.Failure = &view.Failure{Time: f.Time, Event: f.Event, Host: f.Host, Text: f.Error()}
		if f.Stack != "" {
			meta.Detail += "\n\n" + f.Stack
		}
	}
	if r.Judgement == nil {
		return meta, nil
	}
	_, window, ok := r.Judgement.Window()
	if !ok {
		return meta, nil
	}
	for i := range window {
		meta.Unexplained = append(meta.Unexplained, int(window[i].ID))
	}
	var page strings.Builder
	if err := r.Judgement.WriteHTML(&page); err != nil {
		return meta, err
	}
	meta.Explanation = page.String()
	return meta, nil
}
