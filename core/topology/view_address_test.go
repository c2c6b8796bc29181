package topology

import (
	"strings"
	"testing"

	"github.com/ember-cluster/ember/core/resp"
)

// A client that uses TLS is given the ports for that, and an IPv6 address stands bare, as Redis has it.
func TestViewsOfTLSAndIPv6(t *testing.T) {
	a, b := testNode("a"), testNode("b")
	a.Host, a.TLSPort, a.Hostname = "::1", 6390, "a.example"
	b.Host = "2001:db8::2"
	state, err := Build(testCluster,
		ShardSpec{ID: shardNamed("1"), Nodes: []Node{a}, Slots: slotSet(t, "0-9")}, ShardSpec{ID: shardNamed("2"), Nodes: []Node{b}, Slots: slotSet(t, "10")})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		tls                 bool
		nodes, slots, ports string
	}{
		{false, " ::1:7010@17010,a.example myself", "\r\n$3\r\n::1\r\n:7010\r\n", "port\r\n:7010\r\n$8\r\ntls-port\r\n:6390\r\n$2\r\nip\r\n$3\r\n::1\r\n"},
		{true, " ::1:6390@17010,a.example myself", "\r\n$3\r\n::1\r\n:6390\r\n", "port\r\n:7010\r\n$8\r\ntls-port\r\n:6390\r\n$2\r\nip\r\n$3\r\n::1\r\n"},
	} {
		v := View{State: state, Self: a.ID, TLS: test.tls}
		if got := string(v.AppendNodes(nil)); !strings.Contains(got, test.nodes) || !strings.Contains(got, " 2001:db8::2:") {
			t.Errorf("nodes: %s", got)
		}
		w := &resp.Writer{Protocol: 2}
		v.WriteSlots(w)
		if !strings.Contains(string(w.Buf), test.slots) {
			t.Errorf("slots: %q", w.Buf)
		}
		w = &resp.Writer{Protocol: 2}
		v.WriteShards(w)
		if got := string(w.Buf); !strings.Contains(got, test.ports) || strings.Count(got, "tls-port") != 1 {
			t.Errorf("shards: %q", got)
		}
	}
}

func TestLinks(t *testing.T) {
	v := View{Links: func() []Link {
		return []Link{{Node: nodeNamed("a"), CreatedWall: 5}, {Node: nodeNamed("b"), Inbound: true, CreatedWall: 7}}
	}}
	w := &resp.Writer{Protocol: 3}
	v.WriteLinks(w)
	id := func(digit string) string { return "$40\r\n" + strings.Repeat(digit, 40) + "\r\n" }
	rest := "$6\r\nevents\r\n$1\r\nr\r\n$21\r\nsend-buffer-allocated\r\n:0\r\n$16\r\nsend-buffer-used\r\n:0\r\n"
	want := "*2\r\n%6\r\n$9\r\ndirection\r\n$2\r\nto\r\n$4\r\nnode\r\n" + id("a") + "$11\r\ncreate-time\r\n:5\r\n" + rest +
		"%6\r\n$9\r\ndirection\r\n$4\r\nfrom\r\n$4\r\nnode\r\n" + id("b") + "$11\r\ncreate-time\r\n:7\r\n" + rest
	if got := string(w.Buf); got != want {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

// What a node's shard means to take stands among the slots that are on their way, on its own line only.
func TestIntents(t *testing.T) {
	state := testState(t)
	state, result := state.Apply(MarkMigrating{Source: shardNamed("1"), Target: shardNamed("2"), Epoch: 3, Slots: slotSet(t, "5")})
	if result.Err != nil {
		t.Fatal(result.Err)
	}
	v := View{State: state, Self: nodeNamed("b"), Intents: []Mark{
		{Slot: 4, Source: shardNamed("1"), Target: shardNamed("2")}, {Slot: 6, Source: shardNamed("9"), Target: shardNamed("2")},
		{Slot: 7, Source: shardNamed("1"), Target: shardNamed("2")},
	}}
	d := strings.Repeat("d", 40)
	if got, want := string(v.AppendNodeLine(nil, v.Self)), " connected 50-99 [4-<-"+d+"] [5-<-"+d+"] [7-<-"+d+"]\n"; !strings.HasSuffix(got, want) {
		t.Errorf("got %q", got)
	}
	if got := string(v.AppendNodes(nil)); strings.Count(got, "[") != 3 {
		t.Errorf("got %s", got)
	}
}
