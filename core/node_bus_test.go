package core

import (
	"net/netip"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/ember-cluster/ember/core/consensus"
	"github.com/ember-cluster/ember/core/gossip"
	"github.com/ember-cluster/ember/core/random"
	"github.com/ember-cluster/ember/core/topology"
	"github.com/ember-cluster/ember/core/wire"
)

var peerAddress = netip.MustParseAddrPort("127.0.0.1:17002")

// peerMessage returns a genuine ping of node 2 to node 1: the first message that is answered.
func peerMessage(t *testing.T) wire.Envelope {
	t.Helper()
	peer := gossip.New(gossip.DefaultConfig(), wire.NodeID{2}, 1<<32, random.New(3))
	peer.SetMembers(0, []wire.NodeID{{1}, {2}})
	for now := time.Duration(0); now < time.Minute; now = peer.NextDeadline() {
		peer.Advance(now)
		sends, _ := peer.Take()
		for _, send := range sends {
			message := wire.Envelope{Kind: wire.KindGossip, Cluster: wire.ClusterID{9}, Sender: wire.NodeID{2}, Boot: 1}
			message.Payload = append(message.Payload, send.Payload...)
			h := bootTwoNodes(t, testOptions())
			if h.step(&Datagram{From: peerAddress, Bytes: message.Append(nil)}); len(h.datagrams) == 1 {
				return message
			}
		}
	}
	t.Fatal("the peer never pinged")
	return wire.Envelope{}
}

func TestForeignMessagesAreCountedAndChangeNothing(t *testing.T) {
	h := bootTwoNodes(t, testOptions())
	good := peerMessage(t)
	spoiled := func(spoil func(*wire.Envelope)) []byte {
		e := good
		spoil(&e)
		return e.Append(nil)
	}
	whole := good.Append(nil)
	bus := &h.node.Counters().Bus
	for name, c := range map[string]struct {
		data    []byte
		counter *uint64
	}{
		"another cluster":   {spoiled(func(e *wire.Envelope) { e.Cluster[0]++ }), &bus.ForeignCluster},
		"not a member":      {spoiled(func(e *wire.Envelope) { e.Sender[0] = 7 }), &bus.Strangers},
		"pretends to be us": {spoiled(func(e *wire.Envelope) { e.Sender[0] = 1 }), &bus.Strangers},
		"unknown kind":      {spoiled(func(e *wire.Envelope) { e.Kind = 200 }), &bus.UnknownKind},
		"no gossip":         {spoiled(func(e *wire.Envelope) { e.Payload = []byte{255} }), &bus.Unreadable},
		"empty":             {nil, &bus.Damaged[wire.Truncated]},
		"cut":               {whole[:len(whole)-1], &bus.Damaged[wire.Truncated]},
		"no magic":          {append([]byte("GET / "), whole[6:]...), &bus.Damaged[wire.BadMagic]},
		"trailing":          {append(append([]byte(nil), whole...), 0), &bus.Damaged[wire.Trailing]},
	} {
		before, dropped := *c.counter, bus.Dropped()
		h.datagrams = nil
		h.step(&Datagram{From: peerAddress, Bytes: c.data})
		if *c.counter != before+1 || bus.Dropped() != dropped+1 {
			t.Errorf("%s: not counted where it belongs", name)
		}
		if len(h.datagrams) != 0 {
			t.Errorf("%s: answered", name)
		}
	}
	h.step(&Datagram{From: peerAddress, Bytes: whole})
	if len(h.datagrams) != 1 || h.datagrams[0].To != peerAddress {
		t.Errorf("a genuine ping was answered with %d datagrams", len(h.datagrams))
	}
}

func TestStreamsFrameMessagesHoweverTheyAreCut(t *testing.T) {
	good := peerMessage(t)
	whole := good.Append(nil)
	rapid.Check(t, func(rt *rapid.T) {
		h := bootTwoNodes(t, testOptions())
		stream := InboundStream | 5
		h.step(&StreamOpened{Stream: stream, Peer: peerAddress})
		var bytes []byte
		messages := rapid.IntRange(1, 4).Draw(rt, "messages")
		for range messages {
			bytes = append(bytes, whole...)
		}
		for len(bytes) > 0 {
			size := rapid.IntRange(1, len(bytes)).Draw(rt, "size")
			h.step(&StreamData{Stream: stream, Bytes: bytes[:size]})
			bytes = bytes[size:]
		}
		answers := 0
		for _, effect := range h.streams {
			if effect.Kind != SendStream || effect.Stream != stream {
				rt.Fatalf("unexpected effect %v on stream %d", effect.Kind, effect.Stream)
			}
			answers++
		}
		if answers != messages {
			rt.Fatalf("%d messages, %d answers", messages, answers)
		}
	})
}

func TestABadMessageEndsItsStream(t *testing.T) {
	good := peerMessage(t)
	other := good
	other.Cluster[3]++
	for name, data := range map[string][]byte{
		"garbage":         []byte("GET / HTTP/1.1\r\n"),
		"another cluster": other.Append(nil),
		"beyond a frame":  append([]byte("EMBR\x01\x01\x00\x00\xff\xff\xff\xff"), make([]byte, 80)...),
	} {
		h := bootTwoNodes(t, testOptions())
		stream := InboundStream | 1
		h.step(&StreamOpened{Stream: stream, Peer: peerAddress})
		h.step(&StreamData{Stream: stream, Bytes: data})
		if len(h.streams) != 1 || h.streams[0].Kind != CloseStream || len(h.node.streams.open) != 0 {
			t.Errorf("%s: the stream stays", name)
		}
		h.step(&StreamData{Stream: stream, Bytes: good.Append(nil)}) // was on its way
	}
}

func TestSilentStreamsAreClosedAndTheirNumberIsBounded(t *testing.T) {
	options := testOptions()
	options.Limits.Streams = 2
	h := bootTwoNodes(t, options)
	for i := range StreamID(3) {
		h.step(&StreamOpened{Stream: InboundStream | (i + 1), Peer: peerAddress})
	}
	if len(h.streams) != 1 || h.streams[0].Stream != InboundStream|3 || h.node.Counters().Bus.StreamsRefused != 1 {
		t.Fatalf("the third of two streams: %v", h.streams)
	}
	h.clock.Now += options.Limits.StreamIdle
	h.step(&DeadlineReached{})
	if len(h.node.streams.open) != 0 {
		t.Errorf("%d silent streams stay", len(h.node.streams.open))
	}
}

// A peer that is silent is suspected, then failed, and the cluster is down while its slots are not served.
func TestASilentPeerFails(t *testing.T) {
	record := twoNodes(t)
	next, result := record.State.Apply(addSlot0(record.State))
	if result.Err != nil {
		t.Fatal(result.Err)
	}
	record.State = next
	h := bootHarness(t, testOptions(), Recovered{Position: 1, Records: [][]byte{record.Append(nil)}})
	h.persist()
	h.open(0)
	h.expect(0, "SET bar 1", "+OK\r\n")
	for h.node.Health(wire.NodeID{2}) != topology.Failed {
		if h.clock.Now > time.Hour {
			t.Fatal("never failed")
		}
		h.clock.Now = h.node.NextDeadline()
		h.step(&DeadlineReached{})
	}
	h.expect(0, "SET bar 2", "-CLUSTERDOWN The cluster is down\r\n")
	opened := 0
	for _, effect := range h.streams {
		if effect.Kind == OpenStream && effect.To == peerAddress {
			opened++
		}
	}
	if opened == 0 {
		t.Error("the peer was failed without a fallback probe over a stream")
	}
}

func addSlot0(state *topology.State) topology.Command {
	shard, _ := state.Shard(topology.ShardID{1})
	add := topology.AddSlots{Shard: shard.ID, Epoch: shard.Epoch}
	add.Slots.Add(0)
	return add
}

func FuzzBus(f *testing.F) {
	f.Add([]byte("EMBR"), true)
	f.Fuzz(func(t *testing.T, data []byte, asStream bool) {
		h := bootTwoNodes(t, testOptions())
		state := string(h.node.State().Append(nil))
		if asStream {
			h.step(&StreamOpened{Stream: InboundStream | 1, Peer: peerAddress})
			h.step(&StreamData{Stream: InboundStream | 1, Bytes: data})
		} else {
			h.step(&Datagram{From: peerAddress, Bytes: data})
		}
		if string(h.node.State().Append(nil)) != state {
			t.Fatal("bytes of a peer changed the configuration")
		}
	})
}

// TestDatagramsFitTheBus has a bus that carries less than others: what is longer goes over a stream.
func TestDatagramsFitTheBus(t *testing.T) {
	for _, room := range []int{minDatagram, 900, wire.MaxDatagram} {
		options := testOptions()
		options.MaxDatagram = room
		h := bootTwoNodes(t, options)
		for _, excess := range []int{-1, 0, 1} {
			h.datagrams, h.streams = nil, nil
			payload := make([]byte, room-wire.Overhead+excess)
			h.node.beginEffects()
			h.node.sendGroup(&consensus.Send{To: wire.NodeID{2}, Payload: payload})
			datagrams := 0
			for _, effect := range h.node.effects {
				if effect.Kind == SendDatagram {
					datagrams++
				}
			}
			if want := map[bool]int{true: 1, false: 0}[excess <= 0]; datagrams != want || len(h.node.effects) == 0 {
				t.Errorf("%d bytes beside an envelope on a bus of %d: %d datagrams of %d effects", len(payload), room, datagrams, len(h.node.effects))
			}
		}
		for range 200 { // pings, rumours and exchanges, judged by the harness
			h.clock.Now = h.node.NextDeadline()
			h.step(&DeadlineReached{})
		}
	}
	for _, room := range []int{0, minDatagram - 1, wire.MaxDatagram + 1} {
		options := testOptions()
		options.MaxDatagram = room
		if _, err := New(options, Recovered{}); err == nil {
			t.Errorf("datagrams of %d bytes are accepted", room)
		}
	}
}
