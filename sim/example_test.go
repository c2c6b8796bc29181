package sim_test

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"time"

	"github.com/ember-cluster/ember/sim"
	"github.com/ember-cluster/ember/transport"
)

const port = 7000

// A replica keeps one value, on its disk, and confirms it once it is durable.
type replica struct {
	host  *sim.Host
	bus   transport.Bus
	value string
}

func bootReplica(h *sim.Host) sim.Process {
	r := &replica{host: h, bus: h.Listen(port)}
	if file, err := h.Disk().Open("value"); err == nil {
		content := make([]byte, 100)
		n, _ := file.ReadAt(content, 0)
		r.value = string(content[:n])
	}
	return r
}

func (r *replica) Handle(e sim.Event) {
	if e.Kind != sim.EventDatagram || r.value != "" {
		return // the first value stays
	}
	file, err := r.host.Disk().Create("value")
	if err == nil {
		err = errors.Join(file.Append(e.Data), file.Sync(), r.host.Disk().Sync())
	}
	if err != nil {
		r.host.Crash(err.Error())
		return
	}
	r.value = string(e.Data)
	r.bus.SendDatagram(e.From, []byte("durable"))
}

func (r *replica) NextDeadline() time.Duration { return sim.Never }

// A writer sends a value to all replicas, again and again until most have confirmed it.
type writer struct {
	host     *sim.Host
	bus      transport.Bus
	replicas []transport.Address
	value    string
	durable  int // replicas that have confirmed
	next     time.Duration
}

func (w *writer) Handle(e sim.Event) {
	switch e.Kind {
	case sim.EventInput:
		w.value = strings.Join(e.Args, " ")
		w.send()
	case sim.EventDatagram:
		if w.durable++; w.durable == 2 {
			fmt.Fprintf(os.Stdout, "%v: %q is safe\n", w.host.World().Now().Round(time.Millisecond), w.value)
			w.next = sim.Never
		}
	case sim.EventDeadline:
		w.send()
	}
}

func (w *writer) send() {
	for _, to := range w.replicas {
		w.bus.SendDatagram(to, []byte(w.value))
	}
	w.next = w.host.Now() + 100*time.Millisecond
}

func (w *writer) NextDeadline() time.Duration { return w.next }

// Three replicas and a writer, two of whose replicas cannot be reached at first and one of which crashes. The invariant
// is what the protocol promises: once two replicas have confirmed a value, two will always have it.
func Example() {
	world := sim.New(sim.Config{Seed: 1})
	w := &writer{next: sim.Never}
	for _, name := range []string{"r1", "r2", "r3"} {
		h := world.AddHost(name, sim.ProgramFunc(bootReplica), sim.HostOptions{})
		w.replicas = append(w.replicas, netip.AddrPortFrom(h.Address(), port))
	}
	world.AddHost("writer", sim.ProgramFunc(func(h *sim.Host) sim.Process {
		w.host, w.bus = h, h.Listen(port)
		return w
	}), sim.HostOptions{})

	world.OnEvent("what is safe is on two replicas", func() error {
		holders := 0
		for _, h := range world.Hosts()[:3] {
			if r, up := h.Process().(*replica); !up || r.value == "hello world" {
				holders++ // a replica that is down may have it
			}
		}
		if w.durable >= 2 && holders < 2 {
			return fmt.Errorf("%d replicas have the value", holders)
		}
		return nil
	})

	plan, err := sim.ParsePlan(`
		500ms partition hosts=r2,r3 for=1s
		1s    input writer hello world
		2s    crash hosts=r2 for=3s`)
	if err != nil {
		panic(err)
	}
	if err := world.Load(plan); err != nil {
		panic(err)
	}
	world.Run(time.Minute)
	fmt.Fprintln(os.Stdout, "failure:", world.Failure())
	fmt.Fprintln(os.Stdout, "r2 started", world.Host("r2").Boots(), "times")
	fmt.Fprintln(os.Stdout, "the plan was:")
	fmt.Fprint(os.Stdout, plan)

	// Output:
	// 1.5s: "hello world" is safe
	// failure: <nil>
	// r2 started 2 times
	// the plan was:
	// 500ms partition hosts=r2,r3 for=1s
	// 2s crash hosts=r2 for=3s
	// 1s input writer hello world
}
