package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"time"

	"github.com/ember-cluster/ember/sim"
	"github.com/ember-cluster/ember/transport"
)

const port, retryAfter = 1, 200 * time.Millisecond

// version is a value of the register with its place in the order of all writes.
type version struct {
	Number int    // the write's, one more than any that it has seen
	Writer string // breaks ties
	Value  string
}

func (v version) after(other version) bool {
	return cmp.Or(cmp.Compare(v.Number, other.Number), cmp.Compare(v.Writer, other.Writer)) > 0
}

// message is what replicas and clients say to each other, as text. Round numbers the client's rounds, so that late answers are
// told from those of the present round.
type message struct {
	Kind  string // "ask" and "keep" of clients, "have" and "kept" of replicas
	Round int
	version
}

func (m message) bytes() []byte {
	return fmt.Appendf(nil, "%s %d %d %q %q", m.Kind, m.Round, m.Number, m.Writer, m.Value)
}

func parse(data []byte) (m message) {
	if _, err := fmt.Sscanf(string(data), "%s %d %d %q %q", &m.Kind, &m.Round, &m.Number, &m.Writer, &m.Value); err != nil {
		return message{} // nobody's business
	}
	return m
}

// replica keeps the latest version that it was given.
type replica struct {
	host   *sim.Host
	bus    transport.Bus
	latest version
}

func bootReplica(h *sim.Host) sim.Process {
	r := &replica{host: h, bus: h.Listen(port)}
	file, err := h.Disk().Open("latest")
	if err == nil {
		n, content := 0, make([]byte, 1024)
		n, err = file.ReadAt(content, 0)
		r.latest = parse(content[:n]).version
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, io.EOF) {
		h.Crash(err.Error()) // and try again
	}
	return r
}

// Handle implements sim.Process.
func (r *replica) Handle(e sim.Event) {
	if e.Kind != sim.EventDatagram {
		return
	}
	switch m := parse(e.Data); m.Kind {
	case "ask":
		r.bus.SendDatagram(e.From, message{"have", m.Round, r.latest}.bytes())
	case "keep":
		if err := r.keep(m); err != nil {
			r.host.Crash(err.Error()) // it forgets what it may not have on its disk
			return
		}
		r.bus.SendDatagram(e.From, message{"kept", m.Round, version{}}.bytes())
	}
}

// keep makes a version durable: until the new file has the old one's name, a crash leaves the old one.
func (r *replica) keep(m message) error {
	if !m.after(r.latest) {
		return nil
	}
	disk := r.host.Disk()
	_ = disk.Remove("next") // which a crash may have left
	file, err := disk.Create("next")
	if err == nil {
		err = errors.Join(file.Append(m.bytes()), file.Sync(), file.Close())
	}
	if err == nil {
		err = errors.Join(disk.Rename("next", "latest"), disk.Sync())
	}
	r.latest = m.version
	return err
}

// NextDeadline implements sim.Process: a replica waits for nothing but messages.
func (r *replica) NextDeadline() time.Duration { return sim.Never }

// client reads and writes the register in two rounds with a majority of the replicas: the first finds the latest version, the
// second makes sure that a majority has it, or a later one of this client's. Any two majorities share a replica.
type client struct {
	host     *sim.Host
	bus      transport.Bus
	replicas []transport.Address
	hasty    bool // leaves out the second round of reads: this is the bug
	history  *history

	operation *operation // under way, or nil
	queue     []*operation
	keeping   bool // the second round
	round     int
	latest    version
	answered  map[transport.Address]bool
	retry     time.Duration
}

// Handle implements sim.Process.
func (c *client) Handle(e sim.Event) {
	switch e.Kind {
	case sim.EventInput:
		c.queue = append(c.queue, c.history.request(c.host.Name(), e.Args))
		if c.operation == nil {
			c.next()
		}
	case sim.EventDatagram:
		if m := parse(e.Data); c.operation != nil && m.Round == c.round && (m.Kind == "kept") == c.keeping {
			c.answer(e.From, m.version)
		}
	case sim.EventDeadline:
		c.send()
	}
}

// NextDeadline implements sim.Process: datagrams get lost, so they are sent again.
func (c *client) NextDeadline() time.Duration {
	if c.operation == nil {
		return sim.Never
	}
	return c.retry
}

// next begins the next operation.
func (c *client) next() {
	c.operation = nil
	if len(c.queue) > 0 {
		c.operation, c.queue = c.queue[0], c.queue[1:]
		c.operation.begin(c.host.World().Now())
		c.latest = version{}
		c.begin(false)
	}
}

// begin begins a round.
func (c *client) begin(keeping bool) {
	c.keeping, c.answered = keeping, map[transport.Address]bool{}
	c.round++
	c.send()
}

func (c *client) send() {
	m := message{"ask", c.round, version{}}
	if c.keeping {
		m = message{"keep", c.round, c.latest}
	}
	for _, to := range c.replicas {
		if !c.answered[to] {
			c.bus.SendDatagram(to, m.bytes())
		}
	}
	c.retry = c.host.Now() + retryAfter
}

// answer takes a replica's answer to this round, and ends the round once a majority has answered.
func (c *client) answer(from transport.Address, has version) {
	if has.after(c.latest) && !c.keeping {
		c.latest = has
	}
	c.answered[from] = true
	if len(c.answered) <= len(c.replicas)/2 {
		return
	}
	reading := c.operation.Write == ""
	if !c.keeping && !reading {
		c.latest = version{c.latest.Number + 1, c.host.Name(), c.operation.Write}
	}
	if !c.keeping && !(reading && c.hasty) {
		c.begin(true)
		return
	}
	c.operation.end(c.host.World().Now(), c.latest.Value)
	c.next()
}
