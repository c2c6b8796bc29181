package sim_test

import (
	"fmt"
	"net/netip"
	"os"
	"time"

	"github.com/ember-cluster/ember/sim"
	"github.com/ember-cluster/ember/transport"
)

// An echo answers every datagram with the same bytes. It keeps nothing on its disk and waits for nothing.
type echo struct{ bus transport.Bus }

func (e *echo) NextDeadline() time.Duration { return sim.Never }

func (e *echo) Handle(event sim.Event) {
	if event.Kind == sim.EventDatagram {
		e.bus.SendDatagram(event.From, event.Data)
	}
}

// A pinger sends a datagram each second and counts the answers.
type pinger struct {
	host    *sim.Host
	bus     transport.Bus
	to      transport.Address
	next    time.Duration // by the host's clock, which may be fast or slow
	answers int
}

func (p *pinger) NextDeadline() time.Duration { return p.next }

func (p *pinger) Handle(event sim.Event) {
	switch event.Kind {
	case sim.EventDeadline:
		p.bus.SendDatagram(p.to, []byte("are you there?"))
		p.next += time.Second
	case sim.EventDatagram:
		p.answers++
	}
}

// pair is a world with an echo and somebody who asks it.
func pair(config sim.Config) (*sim.World, *pinger) {
	world := sim.New(config)
	server := world.AddHost("server", sim.ProgramFunc(func(h *sim.Host) sim.Process {
		return &echo{bus: h.Listen(7)}
	}), sim.HostOptions{})
	p := &pinger{to: netip.AddrPortFrom(server.Address(), 7), next: time.Second}
	world.AddHost("client", sim.ProgramFunc(func(h *sim.Host) sim.Process {
		p.host, p.bus = h, h.Listen(7)
		return p
	}), sim.HostOptions{})
	return world, p
}

// A Process is handed one event at a time, says when it wants to be woken next, and acts through its host.
func ExampleProcess() {
	world, p := pair(sim.Config{Seed: 1})
	world.Run(10*time.Second + time.Second/2)
	fmt.Fprintln(os.Stdout, p.answers, "answers after", world.Now())
	// Output: 10 answers after 10.5s
}

// Faults can begin and end at any time, by hand, beside those of a plan.
func ExampleWorld_Apply() {
	world, p := pair(sim.Config{Seed: 1})
	world.Run(3500 * time.Millisecond)
	cut := sim.Fault{Kind: sim.FaultPartition, Hosts: []string{"client"}, Peers: []string{"server"}}
	if err := world.Apply(cut); err != nil {
		panic(err)
	}
	world.Run(6500 * time.Millisecond)
	fmt.Fprintln(os.Stdout, "cut off:", p.answers, "answers")
	if err := world.Lift(cut); err != nil {
		panic(err)
	}
	world.Run(10 * time.Second)
	fmt.Fprintln(os.Stdout, "healed:", p.answers, "answers")
	// Output:
	// cut off: 3 answers
	// healed: 6 answers
}

// An invariant is asked after every event, and the first error ends the run, with what led to it.
func ExampleWorld_OnEvent() {
	world, p := pair(sim.Config{Seed: 1})
	world.OnEvent("the server is patient", func() error {
		if p.answers > 3 {
			return fmt.Errorf("%d answers", p.answers)
		}
		return nil
	})
	world.Run(time.Minute)
	failure := world.Failure()
	fmt.Fprintln(os.Stdout, failure.Verdict, "of", failure.Check, "at", failure.Host)
	fmt.Fprintln(os.Stdout, "virtual time", world.Now().Truncate(time.Second))
	// Output:
	// violation of the server is patient at client
	// virtual time 4s
}

// One seed gives one history. Twice finds what looks beyond its host, such as at the order of a map.
func ExampleTwice() {
	runs := 0
	divergence := sim.Twice(func(j *sim.Journal) {
		world, p := pair(sim.Config{Seed: 1, Journal: j})
		if runs++; runs > 1 {
			p.next += time.Millisecond // as if it had read a clock of the real world
		}
		world.Run(5 * time.Second)
	})
	fmt.Fprintln(os.Stdout, "the runs differ:", divergence != nil)
	// Output: the runs differ: true
}
