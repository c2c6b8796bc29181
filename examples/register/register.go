// Package register is a protocol that has nothing to do with Ember, on Ember's simulator: one register, kept by replicas, that clients
// read and write through majorities (Attiya, Bar-Noy and Dolev, "Sharing memory robustly in message-passing systems",
// JACM 42(1), 1995). It shows what there is to do for a protocol of your own: processes, a run of a script with its check, and
// a script drawn from a seed. The test finds a bug in it and shrinks the run that shows it.
package register

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/ember-cluster/ember/core/random"
	"github.com/ember-cluster/ember/sim"
	"github.com/ember-cluster/ember/transport"
)

const (
	port     = 1
	replicas = 3
	duration = 20 * time.Second
	patience = 100 * time.Millisecond // until a request is sent again
)

// message is a request of a client, or a replica's answer.
type message struct {
	Operation, Phase int   // which request of the client it belongs to
	Put              bool  // store Version, if it is newer; else just answer
	Version          int64 // of the value; the value itself is left out, as the version stands for it
}

// replica keeps the newest version that it was given.
type replica struct {
	bus     transport.Bus
	version int64
}

func (r *replica) Handle(e sim.Event) {
	var m message
	if e.Kind != sim.EventDatagram || json.Unmarshal(e.Data, &m) != nil {
		return // damaged on its way
	}
	if m.Put {
		r.version = max(r.version, m.Version)
	}
	m.Version = r.version
	r.bus.SendDatagram(e.From, encode(m))
}

func (r *replica) NextDeadline() time.Duration { return sim.Never }

func encode(m message) []byte {
	data, err := json.Marshal(m)
	if err != nil {
		panic(err) // numbers can be encoded
	}
	return data
}

// client does one operation after the other, each in two phases: it asks a majority for the newest version, and then
// makes a majority have that, or the next one. Without the second phase of a read, a later read could see less.
type client struct {
	host     *sim.Host
	bus      transport.Bus
	check    *check
	replicas []transport.Address
	careless bool // the bug: reads have no second phase

	queue   []string
	request message
	write   bool
	answers map[transport.Address]bool
	newest  int64
	floor   int64 // what the operation must at least see
	again   time.Duration
}

func (c *client) Handle(e sim.Event) {
	switch e.Kind {
	case sim.EventInput:
		c.queue = append(c.queue, e.Args[0])
		if c.again == sim.Never {
			c.next()
		}
	case sim.EventDeadline:
		c.send()
	case sim.EventDatagram:
		c.answer(e)
	}
}

func (c *client) NextDeadline() time.Duration { return c.again }

// next begins the next operation.
func (c *client) next() {
	c.again = sim.Never
	if len(c.queue) > 0 {
		c.write, c.queue = c.queue[0] == "write", c.queue[1:]
		c.floor, c.newest = c.check.completed, 0
		c.begin(message{Operation: c.request.Operation + 1})
	}
}

func (c *client) begin(m message) {
	c.request, c.answers = m, map[transport.Address]bool{}
	c.send()
}

func (c *client) send() {
	for _, to := range c.replicas {
		c.bus.SendDatagram(to, encode(c.request))
	}
	c.again = c.host.Now() + patience
}

func (c *client) answer(e sim.Event) {
	var m message
	if json.Unmarshal(e.Data, &m) != nil || c.again == sim.Never || m.Operation != c.request.Operation || m.Phase != c.request.Phase {
		return
	}
	c.answers[e.From], c.newest = true, max(c.newest, m.Version)
	switch {
	case len(c.answers) <= replicas/2:
	case m.Phase == 0 && c.write:
		c.begin(message{Operation: m.Operation, Phase: 1, Put: true, Version: c.newest + 1})
	case m.Phase == 0 && !c.careless:
		c.begin(message{Operation: m.Operation, Phase: 1, Put: true, Version: c.newest})
	default:
		c.check.complete(c)
		c.next()
	}
}

// check is the promise: an operation sees all that was seen by those that had ended before it began.
type check struct {
	world     *sim.World
	completed int64
}

func (k *check) complete(c *client) {
	seen := c.newest
	if c.request.Put {
		seen = c.request.Version // a majority has it; what else answers told of may be at one replica only
	}
	if seen < c.floor {
		k.world.Fail(sim.Violation, "monotonic reads", fmt.Sprintf("%s reads version %d, after %d was seen", c.host.Name(), seen, c.floor))
	}
	k.completed = max(k.completed, seen)
}

// Run runs a script: three replicas, and a client for each host.
func Run(script sim.Script, careless bool) (sim.Report, error) {
	w := sim.New(sim.Config{Seed: script.Seed})
	k := &check{world: w}
	var addresses []transport.Address
	for i := range replicas {
		w.AddHost(fmt.Sprintf("replica-%d", i+1), sim.ProgramFunc(func(h *sim.Host) sim.Process {
			r := &replica{bus: h.Listen(port)}
			addresses = append(addresses, r.bus.LocalAddress())
			return r
		}), sim.HostOptions{})
	}
	for _, host := range script.Hosts {
		w.AddHost(host.Name, sim.ProgramFunc(func(h *sim.Host) sim.Process {
			return &client{host: h, bus: h.Listen(port), check: k, replicas: addresses, careless: careless, again: sim.Never}
		}), sim.HostOptions{})
	}
	if err := w.Load(script.Plan); err != nil {
		return sim.Report{}, err
	}
	w.Run(duration)
	return w.Report(script.Scenario), nil
}

// Draw returns the script of a seed: one client that writes, some that read, and a network with faults. Replicas keep
// the register in memory, so they must not go down; and messages carry no checksum, so they must not be damaged.
func Draw(seed uint64) sim.Script {
	script := sim.Script{Program: "register", Version: "1", Scenario: "readers", Seed: seed}
	var names []string
	source := random.Derive(seed, "operations")
	for _, name := range []string{"writer", "reader-1", "reader-2", "reader-3"} {
		script.Hosts = append(script.Hosts, sim.Setting{Name: name})
		names = append(names, name)
		kind := "read"
		if name == "writer" {
			kind = "write"
		}
		for at := source.Exponential(time.Second); at < duration; at += source.Exponential(time.Second) {
			script.Plan.Inputs = append(script.Plan.Inputs, sim.Input{At: at, Host: name, Args: []string{kind}})
		}
	}
	for i := range replicas {
		names = append(names, fmt.Sprintf("replica-%d", i+1))
	}
	mix := sim.DefaultFaultMix().Without(sim.FaultCrash, sim.FaultKill, sim.FaultWipe, sim.FaultCorrupt)
	script.Plan.Faults = mix.Draw(seed, sim.FaultTargets{Hosts: names, Until: duration})
	return script
}
