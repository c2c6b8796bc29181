package core

import (
	"bytes"
	"net/netip"
	"strings"
	"testing"

	"github.com/ember-cluster/ember/core/wire"
)

// sealed is a message of node 2, as it comes on a stream.
func sealed(kind wire.Kind, payload []byte) []byte {
	envelope := wire.Envelope{Kind: kind, Cluster: wire.ClusterID{9}, Sender: wire.NodeID{2}, Boot: 1, Payload: payload}
	return envelope.Append(nil)
}

// A message goes to every other node once, and what comes from another node goes to the subscribers here and no further.
func TestPublishedMessagesCrossTheBus(t *testing.T) {
	h := bootTwoNodes(t, testOptions())
	h.open(1)
	h.do(1, "SUBSCRIBE news")
	h.expect(0, "PUBLISH news hello", ":1\r\n")
	if got, want := h.take(1), "*3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$5\r\nhello\r\n"; got != want {
		t.Fatalf("here: %q", got)
	}
	if len(h.streams) != 2 || h.streams[0].Kind != OpenStream || h.streams[0].To != peerAddress || h.streams[1].Kind != SendStream {
		t.Fatalf("effects: %v", h.streams)
	}
	envelope, _, err := wire.Open(h.streams[1].Bytes, wire.MaxFrame)
	if err != nil || envelope.Kind != wire.KindPublish {
		t.Fatalf("sent %v, %v", envelope, err)
	}
	h.streams = nil
	h.step(&StreamOpened{Stream: InboundStream, Peer: netip.MustParseAddrPort("127.0.0.1:40000")})
	data := sealed(wire.KindPublish, envelope.Payload)
	h.step(&StreamData{Stream: InboundStream, Bytes: data[:50]})
	h.step(&StreamData{Stream: InboundStream, Bytes: data[50:]})
	if got, want := h.take(1), "*3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$5\r\nhello\r\n"; got != want {
		t.Fatalf("from there: %q", got)
	}
	if len(h.streams) != 0 {
		t.Fatalf("sent on: %v", h.streams)
	}
}

func TestWhatCannotBePublishedIsDropped(t *testing.T) {
	h := bootTwoNodes(t, testOptions())
	h.expect(0, "PUBLISH news "+strings.Repeat("x", wire.MaxFrame), ":0\r\n")
	if len(h.streams) != 0 || h.node.Counters().Bus.PublishesTooLarge != 1 {
		t.Fatal("a message larger than a frame was sent")
	}
	h.step(&Datagram{From: peerAddress, Bytes: sealed(wire.KindPublish, (&published{channel: []byte("a")}).append(nil))})
	if h.node.Counters().Bus.UnknownKind != 1 {
		t.Error("a datagram was taken for a message")
	}
	h.step(&StreamOpened{Stream: InboundStream, Peer: peerAddress})
	h.step(&StreamData{Stream: InboundStream, Bytes: sealed(wire.KindPublish, []byte{7})})
	if h.node.Counters().Bus.Unreadable != 1 || h.streams[len(h.streams)-1].Kind != CloseStream {
		t.Error("an unreadable message was taken")
	}
}

// A message of SPUBLISH stays within the shard, which is one node here.
func TestShardMessagesStayInTheShard(t *testing.T) {
	options := testOptions()
	options.RequireFullCoverage = false
	h := bootTwoNodes(t, options)
	h.expect(0, "SPUBLISH bar x", ":0\r\n")
	h.expect(0, "SPUBLISH foo x", "-MOVED 12182 127.0.0.1:7002\r\n")
	h.expect(0, "SSUBSCRIBE foo", "-MOVED 12182 127.0.0.1:7002\r\n")
	h.expect(0, "SSUBSCRIBE foo bar", "-CROSSSLOT Keys in request don't hash to the same slot\r\n")
	if len(h.streams) != 0 {
		t.Errorf("sent: %v", h.streams)
	}
}

// Who listens to a channel of a slot that goes to another shard is told so.
func TestShardChannelsEndWithTheirSlot(t *testing.T) {
	h := openHarness(t, testOptions())
	h.open(1)
	h.do(1, "HELLO 3")
	h.do(1, "SSUBSCRIBE bar")
	h.do(1, "SSUBSCRIBE foo")
	h.send(0, request("CLUSTER", "DELSLOTS", "5061"))
	h.persist()
	if got, want := h.take(1), ">3\r\n$12\r\nsunsubscribe\r\n$3\r\nbar\r\n:1\r\n"; got != want {
		t.Fatalf("got %q, want %q", got, want)
	}
}

func FuzzDecodePublished(f *testing.F) {
	f.Add((&published{shard: true, channel: []byte("news"), message: []byte("hello")}).append(nil))
	f.Add([]byte{})
	f.Add([]byte{2, 0})
	f.Fuzz(func(t *testing.T, payload []byte) {
		p, err := decodePublished(payload)
		if err == nil && !bytes.Equal(p.append(nil), payload) {
			t.Fatalf("%x is read as %+v", payload, p)
		}
	})
}

// Before the node's identity is durable it says nothing to its peers, also not what clients publish.
func TestNothingIsPublishedBeforeTheOpeningRecord(t *testing.T) {
	record := twoNodes(t)
	h := bootHarness(t, testOptions(), Recovered{Position: 7, Records: [][]byte{record.Append(nil)}})
	h.open(0)
	h.send(0, request("PUBLISH", "news", "hello"))
	if len(h.streams) != 0 || h.take(0) != "" {
		t.Fatalf("sent %v", h.streams)
	}
	h.persist()
	if got := h.take(0); got != ":0\r\n" {
		t.Fatalf("got %q", got)
	}
}
