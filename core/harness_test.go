package core

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/ember-cluster/ember/core/command"
	"github.com/ember-cluster/ember/core/random"
	"github.com/ember-cluster/ember/core/resp"
)

// harness drives one node by hand: a test decides when records become durable.
type harness struct {
	t       testing.TB
	node    *Node
	clock   Clock
	records []string // by position, from 1
	base    uint64   // position before the first of records
	// replies are what each client was sent; closed are the clients that were closed.
	replies   map[ClientID]string
	closed    map[ClientID]bool
	drains    []ClientID
	datagrams []Effect
	streams   []Effect
	// released is the position before which the log is not needed.
	released uint64
	// stopped is told of a Stop.
	stopped func(command.StopOptions)
}

const wallStart = 1_767_225_600_000 // 2026-01-01

func testOptions() Options {
	options := DefaultOptions()
	options.Announce = Announce{Host: "127.0.0.1", ClientPort: 7000, BusPort: 17000}
	options.Random = random.New(1)
	return options
}

// newHarness returns a new node whose opening record is not durable yet.
func newHarness(t testing.TB, options Options) *harness {
	return bootHarness(t, options, Recovered{})
}

func bootHarness(t testing.TB, options Options, log Recovered) *harness {
	t.Helper()
	node, err := New(options, log)
	if err != nil {
		t.Fatal(err)
	}
	h := &harness{
		t: t, node: node, clock: Clock{Now: time.Second, Wall: wallStart}, base: log.Position,
		replies: map[ClientID]string{}, closed: map[ClientID]bool{},
	}
	h.step(&Start{})
	return h
}

// openHarness returns a node that is ready for clients and owns all slots.
func openHarness(t testing.TB, options Options) *harness {
	t.Helper()
	h := newHarness(t, options)
	h.persist()
	h.open(0)
	h.send(0, "CLUSTER ADDSLOTSRANGE 0 16383\r\n")
	h.persist()
	if got := h.take(0); got != "+OK\r\n" {
		t.Fatalf("adding all slots: %q", got)
	}
	return h
}

func (h *harness) step(event Event) {
	h.t.Helper()
	for _, effect := range h.node.Step(h.clock, event) {
		switch effect.Kind {
		case Reply, ReplyAndDrain:
			if h.closed[effect.Client] {
				h.t.Errorf("a reply for client %d, which is closed", effect.Client)
			}
			h.replies[effect.Client] += string(effect.Bytes)
			if effect.Kind == ReplyAndDrain {
				h.drains = append(h.drains, effect.Client)
			}
		case CloseClient:
			h.closed[effect.Client] = true
		case Stop:
			h.stopped(effect.Stop)
		case Append:
			if want := h.base + uint64(len(h.records)) + 1; effect.Position != want {
				h.t.Errorf("record at %d, want %d", effect.Position, want)
			}
			h.records = append(h.records, string(effect.Bytes))
		case Release:
			h.released = effect.Position
		case SendDatagram:
			if most := h.node.options.MaxDatagram; len(effect.Bytes) > most {
				h.t.Errorf("a datagram of %d bytes, at most %d are carried", len(effect.Bytes), most)
			}
			effect.Bytes = append([]byte(nil), effect.Bytes...)
			h.datagrams = append(h.datagrams, effect)
		case OpenStream, SendStream, CloseStream:
			effect.Bytes = append([]byte(nil), effect.Bytes...)
			h.streams = append(h.streams, effect)
		}
	}
	if err := h.node.Check(); err != nil {
		h.t.Errorf("after %T: %v", event, err)
	}
}

// persist makes everything durable, and what is appended thereupon.
func (h *harness) persist() {
	h.t.Helper()
	for durable := -1; durable < len(h.records); {
		durable = len(h.records)
		h.step(&Persisted{Position: h.base + uint64(durable)})
	}
}

func (h *harness) open(client ClientID) {
	h.t.Helper()
	h.step(&ClientOpened{Client: client, Remote: netip.MustParseAddrPort("127.0.0.1:50000"), Local: netip.MustParseAddrPort("127.0.0.1:7000")})
}

func (h *harness) send(client ClientID, bytes string) {
	h.t.Helper()
	h.step(&ClientBatch{Inputs: []ClientInput{{Client: client, Bytes: []byte(bytes)}}})
}

// take returns what a client was sent since the last take.
func (h *harness) take(client ClientID) string {
	reply := h.replies[client]
	delete(h.replies, client)
	return reply
}

// do sends one command, words separated by blanks, and returns its reply.
func (h *harness) do(client ClientID, words string) string {
	h.t.Helper()
	h.send(client, request(strings.Fields(words)...))
	return h.take(client)
}

// expect sends one command and compares its reply.
func (h *harness) expect(client ClientID, words, want string) {
	h.t.Helper()
	if got := h.do(client, words); got != want {
		h.t.Errorf("%s: got %q, want %q", words, got, want)
	}
}

func request(words ...string) string {
	args := make([][]byte, len(words))
	for i, word := range words {
		args[i] = []byte(word)
	}
	return string(resp.AppendCommand(nil, args...))
}

// restart boots a node again from what its log holds.
func (h *harness) restart(options Options) *harness {
	h.t.Helper()
	var records [][]byte
	for _, record := range h.records {
		records = append(records, []byte(record))
	}
	return bootHarness(h.t, options, Recovered{Position: h.base + uint64(len(records)), Records: records})
}
