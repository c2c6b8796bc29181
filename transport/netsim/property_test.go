package netsim

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/ember-cluster/ember/transport"
	"pgregory.net/rapid"
)

// A chaos is three hosts that open, use and close streams over links to which anything may happen, and what
// must be true of the streams all the same.
type chaos struct {
	*world
	peers   [4]*peer // by number, from 1
	opens   []transport.StreamID
	owner   map[transport.StreamID]int    // by whom an id is held, both sides
	sent    map[transport.StreamID][]byte // by the side that sends
	closing map[transport.StreamID]bool   // CloseStream was called
	crashed map[transport.StreamID]bool   // the side is gone, and is told nothing
}

func (c *chaos) attach(i int) {
	before := c.peers[i]
	c.peers[i] = c.world.attach(i)
	for id, owner := range c.owner {
		if owner == i && before.knows(id) {
			c.crashed[id] = true
		}
	}
}

// other returns the id of the same stream on the other side.
func other(id transport.StreamID) transport.StreamID { return id ^ 1 }

func (c *chaos) open(t *rapid.T) {
	from, to := rapid.IntRange(1, 3).Draw(t, "from"), rapid.IntRange(1, 3).Draw(t, "to")
	id := c.peers[from].OpenStream(at(to))
	c.opens = append(c.opens, id)
	c.owner[id], c.owner[other(id)] = from, to
}

// one draws a side of a stream.
func (c *chaos) one(t *rapid.T) (transport.StreamID, *peer) {
	if len(c.opens) == 0 {
		t.SkipNow()
	}
	id := rapid.SampledFrom(c.opens).Draw(t, "stream")
	if rapid.Bool().Draw(t, "other side") {
		id = other(id)
	}
	return id, c.peers[c.owner[id]]
}

func (c *chaos) send(t *rapid.T) {
	id, p := c.one(t)
	data := fmt.Appendf(nil, "%d:%d;", id, len(c.sent[id]))
	if rapid.IntRange(0, 9).Draw(t, "big") == 0 {
		data = append(data, pattern(3*maxSegment)...)
	}
	if p.alive(id) && !c.closing[id] && !c.crashed[id] {
		c.sent[id] = append(c.sent[id], data...)
	}
	p.SendStream(id, data)
}

// knows reports whether the side's process has opened the stream or was told that it is open.
func (p *peer) knows(id transport.StreamID) bool {
	return id&1 == opener || slices.Contains(p.opened, id)
}

// alive reports whether the side may send, as far as its process knows.
func (p *peer) alive(id transport.StreamID) bool { return len(p.closed[id]) == 0 && p.knows(id) }

func (c *chaos) close(t *rapid.T) {
	id, p := c.one(t)
	if p.alive(id) {
		c.closing[id] = true
	}
	p.CloseStream(id)
}

func (c *chaos) condition(t *rapid.T) {
	c.network.Impose(Condition{
		From: ips(rapid.IntRange(1, 3).Draw(t, "host")), OneWay: rapid.Bool().Draw(t, "one way"),
		Cut: rapid.Bool().Draw(t, "cut"), Clog: rapid.Bool().Draw(t, "clog"),
		Loss:      rapid.SampledFrom([]int{0, 100_000, 500_000}).Draw(t, "loss"),
		Bandwidth: rapid.SampledFrom([]int64{0, 1000, 100_000, 10_000_000}).Draw(t, "bandwidth"),
	})
}

func (c *chaos) crash(t *rapid.T) {
	i := rapid.IntRange(1, 3).Draw(t, "host")
	c.network.Crash(ip(i), rapid.Bool().Draw(t, "silent"))
	c.run(time.Duration(rapid.IntRange(0, 3000).Draw(t, "down")) * time.Millisecond)
	c.network.PowerOn(ip(i))
	c.attach(i)
}

// check holds what has arrived so far against what was sent, and the reads that are scheduled against their invariant.
func (c *chaos) check(t *rapid.T) {
	c.checkReads(t)
	for id, owner := range c.owner { //unordered: every stream is checked by itself
		if c.crashed[id] {
			continue
		}
		p := c.peers[owner]
		if len(p.closed[id]) > 1 {
			t.Fatalf("stream %x was closed %d times", id, len(p.closed[id]))
		}
		if got, sent := p.data[id], c.sent[other(id)]; !bytes.HasPrefix(sent, got) {
			t.Fatalf("stream %x got %q, which is no beginning of %q", id, got, sent)
		}
	}
}

// checkReads: at most one read of a flow counts.
func (c *chaos) checkReads(t *rapid.T) {
	reads := map[string]bool{}
	waiting := c.queue
	for _, h := range c.network.hosts {
		for _, l := range h.links {
			if l != nil {
				for _, d := range l.held {
					waiting = append(waiting, scheduled{delivery: d})
				}
			}
		}
	}
	for _, s := range waiting {
		o := c.network.occurrences[s.delivery.number]
		if o.kind != onRead || c.network.connections[o.connection].generation != o.generation {
			continue
		}
		f := c.network.connections[o.connection].flows[1-o.side]
		name := fmt.Sprint("connection ", o.connection, " side ", o.side)
		if o.ticket != f.ticket {
			continue
		}
		if reads[name] || !f.armed {
			t.Fatalf("%s: a second read is scheduled, or one that the flow does not know", name)
		}
		reads[name] = true
	}
}

// settled checks that every stream has either brought all bytes or ended on both sides.
func (c *chaos) settled(t *rapid.T) {
	for _, id := range c.opens {
		for _, side := range []transport.StreamID{id, other(id)} {
			p := c.peers[c.owner[side]]
			if c.crashed[side] || side&1 == acceptor && !p.alive(side) {
				continue // told nothing, or closed, or never opened
			}
			if len(p.closed[side]) > 0 {
				continue
			}
			// This side believes that the stream is open: then so does the other, and all bytes are here.
			if side&1 == opener && !p.alive(side) {
				t.Fatalf("stream %x never came to anything", side)
			}
			if c.crashed[other(side)] || len(c.peers[c.owner[other(side)]].closed[other(side)]) > 0 {
				t.Fatalf("stream %x is open, and its peer is gone", side)
			}
			if got, sent := len(p.data[side]), len(c.sent[other(side)]); got != sent {
				t.Fatalf("stream %x is open, and got %d bytes of %d", side, got, sent)
			}
		}
		in, out := c.peers[c.owner[id]].reason(id), c.peers[c.owner[other(id)]].reason(other(id))
		if !c.crashed[id] && !c.crashed[other(id)] && in == "in order" && out == "in order" {
			c.checkOrderly(t, id)
		}
	}
	if got, queued := c.network.Pending(), len(c.queue); got != queued {
		t.Fatalf("%d deliveries are pending, %d are in the queue", got, queued)
	}
}

// checkOrderly: what one side sent before it closed has arrived, if the other side had not closed before.
func (c *chaos) checkOrderly(t *rapid.T, id transport.StreamID) {
	for _, side := range []transport.StreamID{id, other(id)} {
		if c.closing[side] || !c.closing[other(side)] {
			continue
		}
		if got, sent := len(c.peers[c.owner[side]].data[side]), len(c.sent[other(side)]); got != sent {
			t.Fatalf("stream %x was closed in order, and got %d bytes of %d", side, got, sent)
		}
	}
}

// A stream brings its bytes in order, or ends, exactly once, on every side that is alive.
func TestStreamsAreReliableOrClosed(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(t, rapid.Uint64().Draw(rt, "seed"))
		streams := DefaultStreamProfile()
		streams.Split, streams.Join = 300_000, 300_000
		w.network.SetStreams(streams)
		c := &chaos{
			world: w, owner: map[transport.StreamID]int{}, sent: map[transport.StreamID][]byte{},
			closing: map[transport.StreamID]bool{}, crashed: map[transport.StreamID]bool{},
		}
		for i := 1; i <= 3; i++ {
			c.attach(i)
		}
		wait := func(t *rapid.T) {
			c.run(time.Duration(rapid.SampledFrom([]int64{1e5, 1e6, 1e8, 2e9, 2e10}).Draw(t, "wait")))
		}
		rt.Repeat(map[string]func(*rapid.T){
			"open": c.open, "open more": c.open, "send": c.send, "send more": c.send, "close": c.close, "wait": wait,
			"condition": c.condition, "crash": c.crash, "heal": func(*rapid.T) { c.network.Heal() },
			"reset": func(t *rapid.T) { c.network.ResetStreams(ip(1), ip(2)) },
			"":      c.check,
		})
		c.network.Heal()
		c.run(10 * time.Minute)
		c.check(rt)
		c.settled(rt)
	})
}
