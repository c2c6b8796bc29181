package main

import (
	"bytes"
	"io"
	"log/slog"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/ember-cluster/ember/core"
	"github.com/ember-cluster/ember/core/command"
)

// driverHarness is a client driver whose loop is the test.
type driverHarness struct {
	clientDriver
	t       *testing.T
	address string
	options driverOptions
}

func newDriverHarness(t *testing.T, loop string) *driverHarness {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	options := driverOptions{
		maxClients: 10, throttle: defaultThrottle,
		class: func(core.ClientID) command.OutputClass { return command.NormalOutput },
		clock: func() time.Duration { return time.Since(began) },
	}
	address := listener.Addr().String()
	d, err := newClientDriver(loopKind(loop), []net.Listener{listener}, options, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.shutdown(0) })
	return &driverHarness{d, t, address, options}
}

// rounds takes rounds until one is as it should be.
func (h *driverHarness) rounds(ready func(*round) bool) {
	for !ready(h.wait(core.Never)) {
		continue
	}
}

// connect opens a connection and returns its two ends.
func (h *driverHarness) connect() (*client, core.ClientID) {
	h.t.Helper()
	c := dial(h.t, h.address)
	var id core.ClientID
	h.rounds(func(r *round) bool {
		for _, opened := range r.opened {
			id = opened.Client
			if opened.Remote.String() != c.socket.LocalAddr().String() || opened.Local.String() != h.address {
				h.t.Errorf("opened from %v to %v", opened.Remote, opened.Local)
			}
		}
		return len(r.opened) > 0
	})
	return c, id
}

// sendLent sends bytes that are overwritten after the flush, as the node's are.
func (h *driverHarness) sendLent(id core.ClientID, parts ...[]byte) {
	var lent [][]byte
	for _, part := range parts {
		lent = append(lent, bytes.Clone(part))
		h.send(id, lent[len(lent)-1], false)
	}
	h.flush()
	for _, part := range lent {
		clear(part)
	}
}

// TestOutputKeepsOrder sends in all ways at once: lent, joined, left to a writer, and queued behind one.
func TestOutputKeepsOrder(t *testing.T) {
	onEveryLoop(t, func(t *testing.T, loop string) {
		h := newDriverHarness(t, loop)
		c, id := h.connect()
		h.sendLent(id, []byte("one,"), []byte("two,"), []byte("three;"))
		large := bytes.Repeat([]byte("0123456789abcdef"), 1<<20)
		h.sendLent(id, large)
		h.send(id, large, true)
		h.sendLent(id, large)
		h.sendLent(id, []byte("more,"), []byte("and more."))
		h.reportDrained(id)
		h.flush()
		want := slices.Concat([]byte("one,two,three;"), large, large, large, []byte("more,and more."))
		read := make(chan []byte)
		go func() {
			got := make([]byte, len(want))
			_, _ = io.ReadFull(c.socket, got) // what is missing shows in the comparison
			read <- got
		}()
		h.rounds(func(r *round) bool { return slices.Contains(r.drained, id) })
		if !bytes.Equal(<-read, want) {
			t.Error("the bytes do not arrive as they were sent")
		}
	})
}

// TestDrainedAtOnce reports a client whose socket takes everything.
func TestDrainedAtOnce(t *testing.T) {
	onEveryLoop(t, func(t *testing.T, loop string) {
		h := newDriverHarness(t, loop)
		_, id := h.connect()
		h.send(id, []byte("short"), false)
		h.reportDrained(id)
		h.flush()
		if r := h.wait(core.Never); !slices.Equal(r.drained, []core.ClientID{id}) {
			t.Errorf("drained: %v", r.drained)
		}
	})
}

// TestHalfClosedClientGetsItsReplies has a client that says that it will send no more, and takes its time to read.
func TestHalfClosedClientGetsItsReplies(t *testing.T) {
	onEveryLoop(t, func(t *testing.T, loop string) {
		h := newDriverHarness(t, loop)
		c, id := h.connect()
		c.send("input")
		if err := c.socket.CloseWrite(); err != nil {
			t.Fatal(err)
		}
		reply := bytes.Repeat([]byte("0123456789abcdef"), 1<<20)
		var input []byte
		h.rounds(func(r *round) bool {
			for _, in := range r.batch.Inputs {
				input = append(input, in.Bytes...)
				h.sendLent(in.Client, reply)
			}
			return slices.Contains(r.closed, core.ClientClosed{Client: id})
		})
		if string(input) != "input" {
			t.Errorf("the input is %q", input)
		}
		read := make(chan []byte)
		go func() {
			got, _ := io.ReadAll(c.socket) // what is missing shows in the comparison
			read <- got
		}()
		var got []byte
		for got == nil {
			h.wait(h.options.clock() + time.Millisecond)
			select {
			case got = <-read:
			default:
			}
		}
		if !bytes.Equal(got, reply) {
			t.Errorf("%d of %d bytes arrive", len(got), len(reply))
		}
	})
}

// TestNumbersAreReusedAfterTheirEnd checks that the number of a client that is going is nobody else's yet.
func TestNumbersAreReusedAfterTheirEnd(t *testing.T) {
	onEveryLoop(t, func(t *testing.T, loop string) {
		h := newDriverHarness(t, loop)
		first, a := h.connect()
		_, b := h.connect()
		if a == b {
			t.Fatalf("two clients are both %d", a)
		}
		first.close()
		h.rounds(func(r *round) bool { return slices.Contains(r.closed, core.ClientClosed{Client: a}) })
		third, c := h.connect()
		if c != a {
			t.Errorf("the third client is %d, not %d", c, a)
		}
		h.send(c, []byte("bye"), false)
		h.finish(c)
		h.flush()
		got, err := io.ReadAll(third.socket)
		if string(got) != "bye" || err != nil {
			t.Errorf("a client that is finished reads %q, %v", got, err)
		}
	})
}
