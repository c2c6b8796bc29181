package core

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/ember-cluster/ember/core/slots"
	"github.com/ember-cluster/ember/core/topology"
	"github.com/ember-cluster/ember/core/wire"
)

// openSlot boots a node of twoNodes in which the slot of "foo" is on its way from node 2, which owns it, to node 1, if it is
// migrating.
func openSlot(t testing.TB, self byte, migrating bool, boot uint64) *harness {
	t.Helper()
	record := twoNodes(t)
	record.Node = wire.NodeID{self}
	var set slots.Set
	set.Add(slots.Of([]byte("foo")))
	commands := []topology.Command{
		topology.AddSlots{Shard: topology.ShardID{1}, Epoch: 1, Slots: set0()},
		topology.SetBoot{Node: record.Node, Epoch: 1, Boot: boot},
	}
	if migrating {
		commands = append(commands, topology.MarkMigrating{Source: topology.ShardID{2}, Target: topology.ShardID{1}, Epoch: 1, Slots: set})
	}
	for _, change := range commands {
		next, result := record.State.Apply(change)
		if result.Err != nil {
			t.Fatal(result.Err)
		}
		record.State = next
	}
	h := bootHarness(t, testOptions(), Recovered{Position: 7, Records: [][]byte{record.Append(nil)}})
	h.persist()
	h.open(0)
	h.open(1)
	return h
}

func set0() (set slots.Set) {
	set.Add(0)
	return set
}

const (
	moved1   = "-MOVED 12182 127.0.0.1:7001\r\n"
	moved2   = "-MOVED 12182 127.0.0.1:7002\r\n"
	ask1     = "-ASK 12182 127.0.0.1:7001\r\n"
	tryAgain = "-TRYAGAIN Multiple keys request during rehashing of slot\r\n"
	aborted  = "-EXECABORT Transaction discarded because of previous errors.\r\n"
)

func expectAll(t *testing.T, h *harness, script string) {
	t.Helper()
	for _, line := range strings.Split(strings.TrimSpace(script), "\n") {
		words, want, _ := strings.Cut(strings.TrimSpace(line), " => ")
		want = strings.NewReplacer("MOVED2", moved2, "ASK1", ask1, "TRYAGAIN", tryAgain, "ABORTED", aborted, "OK", "+OK\r\n",
			"QUEUED", "+QUEUED\r\n", "NIL", "$-1\r\n", ";", "\r\n").Replace(want)
		h.expect(0, words, want)
	}
}

func TestASlotThatLeaves(t *testing.T) {
	h := openSlot(t, 2, true, 1)
	expectAll(t, h, `
		GET foo => ASK1
		SET foo 1 => ASK1
		DEL {foo}1 {foo}2 => ASK1
		ASKING => OK
		SET foo 1 => ASK1
		MGET foo bar => -CROSSSLOT Keys in request don't hash to the same slot;
		SSUBSCRIBE foo => *3;$10;ssubscribe;$3;foo;:1;
		SUNSUBSCRIBE foo => *3;$12;sunsubscribe;$3;foo;:0;
		SPUBLISH foo x => :0;
		PING => +PONG;`)
	// What was there before goes on being served.
	intent := openSlot(t, 2, false, 1)
	expectAll(t, intent, `
		SET foo 1 => OK
		SET {foo}gone 1 PX 10 => OK
		GET {foo}2 => NIL`)
	var set slots.Set
	set.Add(12182)
	state, result := intent.node.state.Apply(topology.MarkMigrating{Source: topology.ShardID{2}, Target: topology.ShardID{1}, Epoch: 1, Slots: set})
	if result.Err != nil {
		t.Fatal(result.Err)
	}
	intent.node.install(state)
	expectAll(t, intent, `
		GET foo => $1;1;
		INCR foo => :2;
		GET {foo}2 => ASK1
		SET {foo}2 1 => ASK1
		MGET foo {foo}2 => TRYAGAIN
		MGET foo foo => *2;$1;2;$1;2;
		MSET {foo}2 1 {foo}3 1 => ASK1
		MULTI => OK
		GET foo => QUEUED
		INCR foo => QUEUED
		EXEC => *2;$1;2;:3;
		MULTI => OK
		GET foo => QUEUED
		GET {foo}2 => ASK1
		EXEC => ABORTED
		WATCH {foo}2 => ASK1`)
	// A key that is past its time is not here, and will not be here again if the clock goes back.
	intent.clock.Wall += 20
	intent.expect(0, "SET {foo}gone 2", ask1)
	intent.clock.Wall -= 20
	intent.expect(0, "GET {foo}gone", ask1)
	expectAll(t, intent, `
		DEL foo => :1;
		GET foo => ASK1
		SET foo 1 => ASK1
		CLUSTER COUNTKEYSINSLOT 12182 => :0;`)
}

func TestASlotThatComes(t *testing.T) {
	h := openSlot(t, 1, true, 1)
	expectAll(t, h, `
		GET foo => MOVED2
		ASKING => OK
		GET foo => NIL
		GET foo => MOVED2
		ASKING => OK
		SET foo 1 => OK
		ASKING => OK
		MGET foo {foo}2 => TRYAGAIN
		ASKING => OK
		MGET foo foo => *2;$1;1;$1;1;
		ASKING => OK
		MSET {foo}2 1 {foo}3 1 => TRYAGAIN
		ASKING => OK
		MULTI => OK
		GET foo => QUEUED
		SET foo 2 => QUEUED
		EXEC => *2;$1;1;OK
		MULTI => OK
		ASKING => QUEUED
		GET foo => MOVED2
		EXEC => ABORTED
		ASKING => OK
		MULTI => OK
		SET {foo}2 1 => QUEUED
		SET {foo}3 1 => QUEUED
		EXEC => TRYAGAIN
		ASKING => OK
		PING => +PONG;
		GET foo => MOVED2
		RESTORE-ASKING {foo}9 0 x => -ERR DUMP payload version or checksum are wrong;
		RESTORE {foo}9 0 x => MOVED2
		SSUBSCRIBE foo => MOVED2
		CLUSTER COUNTKEYSINSLOT 12182 => :1;`)
}

// An intent alone changes nothing; and a node whose start is not known yet takes nothing.
func TestASlotThatIsNotOpenYet(t *testing.T) {
	target := openSlot(t, 1, false, 1)
	target.expect(0, "CLUSTER SETSLOT 12182 IMPORTING 0200000000000000000000000000000000000000", "+OK\r\n")
	target.expect(0, "ASKING", "+OK\r\n")
	target.expect(0, "SET foo 1", "") // whoever has sent the client here may know more
	target.clock.Now += newsPatience
	target.step(&DeadlineReached{})
	if got := target.take(0); got != moved2 {
		t.Errorf("got %q", got)
	}
	if got := target.do(0, "CLUSTER NODES"); !strings.Contains(got, " 0-8191 [12182-<-0200000000000000000000000000000000000000]\n") {
		t.Errorf("CLUSTER NODES: %q", got)
	}
	target.expect(0, "CLUSTER SETSLOT 12182 STABLE", "+OK\r\n")
	if got := target.do(0, "CLUSTER NODES"); strings.Contains(got, "[") {
		t.Errorf("CLUSTER NODES: %q", got)
	}
	source := openSlot(t, 2, false, 1)
	source.expect(0, "SET foo 1", "+OK\r\n")
	source.expect(0, "GET {foo}2", "$-1\r\n")
	again := openSlot(t, 1, true, 0)
	again.expect(0, "ASKING", "+OK\r\n")
	again.expect(0, "SET foo 1", moved2)
}

// followRedirects sends a command as a client does that follows ASK and MOVED, and repeats it after TRYAGAIN never.
func followRedirects(nodes map[string]*harness, first string, words string) string {
	at, asking := first, false
	for range 4 {
		h := nodes[at]
		if asking {
			h.do(1, "ASKING")
		}
		reply := h.do(1, words)
		if reply == "" { // it waits for a mark
			h.clock.Now += newsPatience
			h.step(&DeadlineReached{})
			reply = h.take(1)
		}
		fields := strings.Fields(reply)
		switch {
		case strings.HasPrefix(reply, "-ASK "):
			at, asking = fields[2], true
		case strings.HasPrefix(reply, "-MOVED "):
			at, asking = fields[2], false
		default:
			return reply
		}
	}
	return "redirected for ever"
}

// Wherever a client asks first, a slot on its way looks like one whole slot to commands with one key.
func TestAnOpenSlotLooksWhole(test *testing.T) {
	rapid.Check(test, func(t *rapid.T) {
		alone := openHarness(test, testOptions())
		nodes := map[string]*harness{"127.0.0.1:7001": openSlot(test, 1, true, 1), "127.0.0.1:7002": openSlot(test, 2, false, 1)}
		opened := false
		for range rapid.IntRange(1, 30).Draw(t, "commands") {
			if !opened && rapid.IntRange(0, 5).Draw(t, "open") == 0 {
				opened = true
				h := openSlot(test, 2, true, 1)
				nodes["127.0.0.1:7002"].node.install(h.node.State())
			}
			key := fmt.Sprintf("{foo}%d", rapid.IntRange(0, 3).Draw(t, "key"))
			words := fmt.Sprintf(rapid.SampledFrom([]string{"GET %s", "INCR %s", "DEL %s", "SET %s 1", "EXISTS %s", "APPEND %s 1"}).Draw(t, "command"), key)
			first := rapid.SampledFrom([]string{"127.0.0.1:7001", "127.0.0.1:7002"}).Draw(t, "first")
			if !opened {
				first = "127.0.0.1:7002" // the target knows already that the slot is open
			}
			if got, want := followRedirects(nodes, first, words), alone.do(0, words); got != want {
				t.Fatalf("%s: %q, want %q", words, got, want)
			}
		}
	})
}

// Clients are told of nodes by what cluster-preferred-endpoint-type says.
func TestPreferredEndpoint(t *testing.T) {
	h := openSlot(t, 1, false, 1)
	for _, test := range []struct{ kind, moved, slots string }{
		{"hostname", "?", "$1\r\n?\r\n"}, {"unknown-endpoint", "", "$-1\r\n"}, {"ip", "127.0.0.1", "$9\r\n127.0.0.1\r\n"},
	} {
		h.expect(0, "CONFIG SET cluster-preferred-endpoint-type "+test.kind, "+OK\r\n")
		h.expect(0, "GET foo", "-MOVED 12182 "+test.moved+":7002\r\n")
		if got := h.do(0, "CLUSTER SLOTS"); !strings.Contains(got, ":16383\r\n*4\r\n"+test.slots+":7002\r\n") {
			t.Errorf("%s: CLUSTER SLOTS: %q", test.kind, got)
		}
	}
	h.expect(0, "CONFIG SET cluster-preferred-endpoint-type name",
		"-ERR CONFIG SET failed (possibly related to argument 'cluster-preferred-endpoint-type') - argument(s) must be one of the following: ip, hostname, unknown-endpoint\r\n")
}

// Any node timeout gives failure detection a usable configuration, of the same proportions, also while it runs.
func TestNodeTimeoutScalesFailureDetection(t *testing.T) {
	h := bootTwoNodes(t, testOptions())
	for _, timeout := range []time.Duration{60, 300, 6000, 15000, 3_600_000} {
		h.expect(0, fmt.Sprintf("CONFIG SET cluster-node-timeout %d", timeout), "+OK\r\n")
		config := h.node.gossipConfig()
		if want := timeout * time.Millisecond / 6; config.Validate() != nil || config.ProbeInterval != want || config.ProbeTimeout != want/2 {
			t.Errorf("%d ms: %+v", timeout, config)
		}
		before := len(h.datagrams)
		for range 10 {
			h.clock.Now = max(h.clock.Now, h.node.NextDeadline())
			h.step(&DeadlineReached{})
		}
		if len(h.datagrams) == before {
			t.Errorf("%d ms: no probe", timeout)
		}
	}
	h.expect(0, "CONFIG SET cluster-node-timeout 59",
		"-ERR CONFIG SET failed (possibly related to argument 'cluster-node-timeout') - argument must be between 60 and 3600000 inclusive\r\n")
}

// What the node announces of itself changes at run time, for all nodes.
func TestAnnouncedAddressesChange(t *testing.T) {
	g := newTestGroup(t, 3)
	for _, set := range []string{"ip 10.0.0.9", "hostname one.example", "port 80", "bus-port 17001", "tls-port 443", "human-nodename one"} {
		g.expect(0, "CONFIG SET cluster-announce-"+set, replyOK)
	}
	g.advance(time.Second)
	for i := range g.nodes {
		if got := g.do(i, "CLUSTER NODES"); !strings.Contains(got, nodeName(0)+" 10.0.0.9:80@17001,one.example ") {
			t.Errorf("node %d: %s", i, got)
		}
		if got := g.do(i, "CLUSTER SHARDS"); !strings.Contains(got, "tls-port\r\n:443\r\n") {
			t.Errorf("node %d: %s", i, got)
		}
	}
	g.nodes[0].node.options.Announce.Host = "127.0.0.1"
	for _, name := range []string{"ip", "hostname", "human-nodename"} {
		g.nodes[0].send(0, request("CONFIG", "SET", "cluster-announce-"+name, ""))
		g.settle()
		if got := g.nodes[0].take(0); got != replyOK {
			t.Errorf("%s: %q", name, got)
		}
	}
	g.expect(0, "CONFIG SET cluster-announce-port 0", replyOK)
	g.advance(time.Second)
	if got := g.do(2, "CLUSTER NODES"); !strings.Contains(got, nodeName(0)+" 127.0.0.1:7001@17001 ") {
		t.Errorf("taken back: %s", got)
	}
	const failed = "-ERR CONFIG SET failed (possibly related to argument 'cluster-announce-"
	g.expect(0, "CONFIG SET cluster-announce-hostname a_b", failed+"hostname') - Hostnames may only contain alphanumeric characters, hyphens or dots\r\n")
	g.expect(0, "CONFIG SET cluster-announce-human-nodename a@b", failed+"human-nodename') - Announced human node name contained invalid character\r\n")
	g.expect(0, "CONFIG SET cluster-announce-port 65536", failed+"port') - argument must be between 0 and 65535 inclusive\r\n")
	g.expect(0, "CONFIG SET cluster-announce-ip here", failed+"ip') - argument must be an IP address at which others reach this node, not \"here\"\r\n")
}
