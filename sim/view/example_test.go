package view_test

import (
	"bytes"
	"fmt"
	"net/netip"
	"time"

	"github.com/ember-cluster/ember/sim"
	"github.com/ember-cluster/ember/sim/view"
	"github.com/ember-cluster/ember/transport"
)

// player sends a ball back that it gets. It shows how many it has had.
type player struct {
	bus   transport.Bus
	other transport.Address
	balls int
}

func (p *player) Handle(e sim.Event) {
	if e.Kind == sim.EventDatagram {
		p.balls++
	}
	p.bus.SendDatagram(p.other, []byte("ball"))
}

func (p *player) NextDeadline() time.Duration { return sim.Never }

func (p *player) Facts(f *view.Facts) { f.Set("balls", fmt.Sprint(p.balls), view.Plain) }

// Any protocol can be viewed that is written as a sim.Process.
func Example() {
	recorder := view.NewRecorder()
	world := sim.New(sim.Config{Seed: 1, Observe: recorder.Observe})
	addresses := []netip.AddrPort{netip.MustParseAddrPort("10.0.0.1:7"), netip.MustParseAddrPort("10.0.0.2:7")}
	for i, name := range []string{"anna", "bert"} {
		boot := func(h *sim.Host) sim.Process { return &player{bus: h.Listen(7), other: addresses[1-i]} }
		world.AddHost(name, sim.ProgramFunc(boot), sim.HostOptions{Address: addresses[i].Addr()})
	}
	plan, err := sim.ParsePlan(`
		10ms input anna serve
		50ms pause hosts=bert for=20ms`)
	if err == nil {
		err = world.Load(plan)
	}
	if err != nil {
		panic(err)
	}
	world.Run(100 * time.Millisecond)

	var page bytes.Buffer
	chunk := recorder.Take()
	if err := view.WritePage(&page, view.Meta{Title: "anna and bert"}, chunk); err != nil {
		panic(err)
	}
	fmt.Println(chunk.Hosts, len(chunk.Messages.From) > 100, len(chunk.Faults), bytes.HasPrefix(page.Bytes(), []byte("<!doctype html>")))
	// Output: [anna bert] true 1 true
}
