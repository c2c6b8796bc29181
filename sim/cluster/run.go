package cluster

import (
	"fmt"
	"strings"
	"time"

	"github.com/ember-cluster/ember/linearizability"
	"github.com/ember-cluster/ember/sim"
)

// Result is what a run came to.
type Result struct {
	sim.Report
	Operations Operations `json:"operations"`
	Redirects  Redirects  `json:"redirects"`
	// Marks is how often the nodes took each of the rare paths that they took at all; see package marks.
	Marks map[string]uint64 `json:"marks,omitempty"`
	// History and Judgement are what the verdict rests on. Judgement is nil if the run failed before.
	History   *History                `json:"-"`
	Judgement *linearizability.Report `json:"-"`
	// Cluster is the cluster as it ended.
	Cluster *Cluster `json:"-"`
}

// Operations counts the clients' operations by outcome.
type Operations struct {
	OK      int `json:"ok"`
	Failed  int `json:"failed"`
	Unknown int `json:"unknown"`
}

// Redirects counts the redirects that clients followed.
type Redirects struct {
	Moved int `json:"moved"`
	Ask   int `json:"ask"`
}

// Run runs a cluster through both of its phases and judges it. The error is a mistake in the configuration or the plan; whatever
// goes wrong in the run itself is in the result.
func Run(scenario string, config Config, plan sim.Plan) (*Result, error) {
	c, err := New(config, plan)
	if err != nil {
		return nil, err
	}
	c.chaos()
	if !c.World.Ended() {
		c.heal()
		c.settle()
	}
	return c.result(scenario), nil
}

// chaos lets the first phase pass.
func (c *Cluster) chaos() {
	for c.World.Now() < c.Config.Chaos && !c.World.Ended() {
		if c.Config.Progress != nil {
			c.Config.Progress(c.World.Now())
		}
		c.World.Run(min(c.World.Now()+time.Second, c.Config.Chaos))
	}
}

// settle demands that everything comes to rest in the healed world: first every operation and every node, then a read
// of every key, so that what the clients saw last is confronted with what is there.
func (c *Cluster) settle() {
	limit := c.World.Now() + c.Config.Settle
	if !c.await(limit, c.converged) {
		return
	}
	// Clients that were paused begin now what they were asked meanwhile, on connections that may have ended: that is no final
	// read.
	c.World.Run(c.World.Now())
	if err := c.World.Load(c.finalReads()); err != nil {
		panic("cluster: final reads: " + err.Error())
	}
	final := len(c.history.Operations)
	c.World.Run(c.World.Now() + finalReadTime)
	if !c.await(limit, c.idle) {
		return
	}
	for _, op := range c.history.Operations[final:] {
		if op.Outcome != Answered && !c.partial {
			c.World.Fail(sim.Stalled, "final reads", fmt.Sprintf("%q is not served though all is well again: %d attempts", op.Args, len(op.Attempts)))
			return
		}
	}
	c.rest()
}

// await runs until the condition holds. If it does not in time, the run has stalled.
func (c *Cluster) await(limit time.Duration, condition func() bool) bool {
	if c.World.RunUntil(limit, condition) {
		return true
	}
	if !c.World.Ended() {
		check, missing := c.missing()
		c.World.Fail(sim.Stalled, check, fmt.Sprintf("%v after the world healed: %s", c.Config.Settle, missing))
	}
	return false
}

// idle reports whether every client has all its answers.
func (c *Cluster) idle() bool {
	for _, p := range c.clients {
		if p == nil || !p.idle() {
			return false
		}
	}
	for _, o := range c.operators {
		if o == nil || !o.idle() {
			return false
		}
	}
	return true
}

// converged reports whether everything has come to rest.
func (c *Cluster) converged() bool {
	if !c.idle() {
		return false
	}
	e := c.expect()
	for i := range c.nodes {
		if c.complaint(e, i) != "" {
			return false
		}
	}
	return true
}

// missing describes why the cluster has not come to rest, and names what is most telling of it.
func (c *Cluster) missing() (check, detail string) {
	var all []string
	check = "unanswered operations"
	for _, p := range c.clients {
		if p != nil && !p.idle() {
			all = append(all, fmt.Sprintf("%s waits for %d of its operations", p.host.Name(), p.underWay+p.queue.len()))
		}
	}
	for _, o := range c.operators {
		if o != nil && !o.idle() {
			all = append(all, fmt.Sprintf("%s has %d commands to give, the next is %q", o.host.Name(), len(o.queue), o.queue[0].args))
		}
	}
	e := c.expect()
	for i := range c.nodes {
		if complaint := c.complaint(e, i); complaint != "" {
			check = "convergence" // without which clients wait too
			all = append(all, c.hosts[i].Name()+" "+complaint)
		}
	}
	return check, strings.Join(all, "; ")
}

// finalReadTime is the virtual time over which the final reads are spread.
const finalReadTime = 100 * time.Millisecond

// finalReads is a GET of every key that the run has touched and that must be served, dealt to the clients in turn.
func (c *Cluster) finalReads() sim.Plan {
	var plan sim.Plan
	e := c.expect()
	if len(c.clients) == 0 || !e.serving {
		return plan
	}
	for i, key := range c.history.keys() {
		if slot := c.history.slot(key); !e.served.Contains(slot) || c.adrift(slot) {
			continue
		}
		plan.Inputs = append(plan.Inputs, sim.Input{
			At:   c.World.Now() + time.Duration(i)*time.Microsecond%finalReadTime,
			Host: clientName(c.Config.Clients[i%len(c.clients)].Number),
			Args: []string{"GET", key},
		})
	}
	return plan
}

// judgeEnd judges what is left of a run that came to rest: the nodes, and the clients' history.
func (c *Cluster) judgeEnd(r *Result) {
	e := c.evidence()
	if check, err := c.checkEnd(e); err != nil {
		c.World.Fail(sim.Violation, check, err.Error())
		return
	}
	r.Judgement = c.judge(e)
	if verdict, detail := verdictOf(r.Judgement); verdict != sim.OK {
		c.World.Fail(verdict, "linearizability", detail)
	}
}

// result judges the run and sums it up.
func (c *Cluster) result(scenario string) *Result {
	r := &Result{History: c.history, Cluster: c}
	if !c.World.Ended() && !c.Config.Unchecked {
		c.judgeEnd(r)
	}
	r.Report = c.World.Report(scenario)
	r.Operations.OK, r.Operations.Failed, r.Operations.Unknown = c.history.count()
	r.Marks = c.marks.ByName()
	r.Redirects = Redirects{Moved: c.history.moved, Ask: c.history.asked}
	return r
}
