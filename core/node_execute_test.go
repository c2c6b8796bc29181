package core

import (
	"testing"

	"github.com/ember-cluster/ember/core/slots"
	"github.com/ember-cluster/ember/core/topology"
	"github.com/ember-cluster/ember/core/wire"
)

// twoNodes returns a record of a cluster in which node 1 serves the lower half of the slots but for slot 0, which nobody
// does, and node 2 the upper half. It is node 1's.
func twoNodes(t testing.TB) Record {
	t.Helper()
	spec := func(n byte, ranges slots.Range) topology.ShardSpec {
		spec := topology.ShardSpec{ID: topology.ShardID{n}, Epoch: 1, Nodes: []topology.Node{{
			ID: wire.NodeID{n}, Host: "127.0.0.1", ClientPort: 7000 + uint16(n), BusPort: 17000 + uint16(n),
		}}}
		spec.Slots.AddRange(ranges)
		return spec
	}
	state, err := topology.Build(wire.ClusterID{9}, spec(1, slots.Range{First: 1, Last: 8191}), spec(2, slots.Range{First: 8192, Last: 16383}))
	if err != nil {
		t.Fatal(err)
	}
	return Record{Node: wire.NodeID{1}, State: state}
}

func bootTwoNodes(t *testing.T, options Options) *harness {
	t.Helper()
	record := twoNodes(t)
	h := bootHarness(t, options, Recovered{Position: 7, Records: [][]byte{record.Append(nil)}})
	h.persist()
	h.open(0)
	return h
}

// Keys by where they are in twoNodes: "foo" is in slot 12182, "bar" in 5061, and this one in slot 0.
const keyOfSlot0 = "{3560}"

// The order of the checks is Redis's: the command itself, the first key's slot, whether all keys are in it, the state of the
// cluster, the owner.
func TestOrderOfChecks(t *testing.T) {
	if got := slots.Of([]byte(keyOfSlot0)); got != 0 {
		t.Fatalf("%s is in slot %d", keyOfSlot0, got)
	}
	options := testOptions()
	options.RequireFullCoverage = false
	partial := bootTwoNodes(t, options)
	for _, c := range []struct{ words, want string }{
		{"NOSUCH foo", "-ERR unknown command 'NOSUCH', with args beginning with: 'foo' \r\n"},
		{"GET", "-ERR wrong number of arguments for 'get' command\r\n"},
		{"GET bar", "$-1\r\n"},
		{"GET foo", "-MOVED 12182 127.0.0.1:7002\r\n"},
		{"SET foo 1", "-MOVED 12182 127.0.0.1:7002\r\n"},
		{"MGET foo bar", "-CROSSSLOT Keys in request don't hash to the same slot\r\n"},
		{"MGET bar foo", "-CROSSSLOT Keys in request don't hash to the same slot\r\n"},
		{"GET " + keyOfSlot0, "-CLUSTERDOWN Hash slot not served\r\n"},
		{"MGET " + keyOfSlot0 + " foo", "-CLUSTERDOWN Hash slot not served\r\n"},
		{"MGET foo " + keyOfSlot0, "-CROSSSLOT Keys in request don't hash to the same slot\r\n"},
		{"PING", "+PONG\r\n"},
		{"DBSIZE", ":0\r\n"},
	} {
		partial.expect(0, c.words, c.want)
	}
	full := bootTwoNodes(t, testOptions()) // slot 0 is not served, so nothing is
	for _, c := range []struct{ words, want string }{
		{"GET bar", "-CLUSTERDOWN The cluster is down\r\n"},
		{"GET foo", "-CLUSTERDOWN The cluster is down\r\n"},
		{"MGET foo bar", "-CROSSSLOT Keys in request don't hash to the same slot\r\n"},
		{"GET " + keyOfSlot0, "-CLUSTERDOWN Hash slot not served\r\n"},
		{"DBSIZE", ":0\r\n"},
	} {
		full.expect(0, c.words, c.want)
	}
	options = testOptions()
	options.AllowReadsWhenDown = true
	reading := bootTwoNodes(t, options)
	reading.expect(0, "GET bar", "$-1\r\n")
	reading.expect(0, "GET foo", "-MOVED 12182 127.0.0.1:7002\r\n")
	reading.expect(0, "SET bar 1", "-CLUSTERDOWN The cluster is down and only accepts read commands\r\n")
}

func TestRedirectedCommandsHaveNoEffect(t *testing.T) {
	options := testOptions()
	options.RequireFullCoverage = false
	h := bootTwoNodes(t, options)
	for _, words := range []string{"SET foo 1", "MSET bar 1 foo 1", "APPEND " + keyOfSlot0 + " 1", "SET bar"} {
		h.do(0, words)
	}
	if got := h.node.Space().Len(); got != 0 {
		t.Errorf("%d keys", got)
	}
	if got := *h.node.Counters(); got.Redirects != 1 || got.Unserved != 1 {
		t.Errorf("counted %d redirects and %d refusals", got.Redirects, got.Unserved)
	}
}

// A command on keys that exist allocates nothing: the reply, the effects and the parsed arguments reuse their memory.
func TestHotPathDoesNotAllocate(t *testing.T) {
	h := openHarness(t, testOptions())
	h.expect(0, "SET key value", "+OK\r\n")
	h.expect(0, "SET number 1", "+OK\r\n")
	batch := &ClientBatch{Inputs: []ClientInput{{Client: 0}}}
	for _, c := range []struct {
		words []string
		limit float64
	}{
		{[]string{"GET", "key"}, 0},
		{[]string{"EXISTS", "key"}, 0},
		{[]string{"SET", "key", "other"}, 1}, // the stored value
		{[]string{"INCR", "number"}, 0},
	} {
		batch.Inputs[0].Bytes = []byte(request(c.words...))
		if got := testing.AllocsPerRun(200, func() { h.node.Step(h.clock, batch) }); got > c.limit {
			t.Errorf("%v allocates %v times", c.words, got)
		}
	}
}
