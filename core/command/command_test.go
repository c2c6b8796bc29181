package command

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/ember-cluster/ember/core/keyspace"
	"github.com/ember-cluster/ember/core/resp"
	"github.com/ember-cluster/ember/core/slots"
	"github.com/ember-cluster/ember/core/topology"
)

// allRows returns the rows and their subcommands.
func allRows() []*Row {
	var all []*Row
	for _, row := range Rows() {
		all = append(append(all, row), row.Subcommands...)
	}
	return all
}

func TestRowsAreWhole(t *testing.T) {
	if !slices.IsSortedFunc(Rows(), compareNames) {
		t.Error("the rows are not in the order of their names")
	}
	for _, row := range allRows() {
		switch {
		case row.Name != strings.ToLower(row.Name):
			t.Errorf("%s: the name is not in lower case", row.Name)
		case row.Run == nil && (len(row.Subcommands) == 0 || row.Arity != -2):
			t.Errorf("%s: neither runs nor demands a subcommand", row.Name)
		case row.Arity == 0 || row.Group == "" || row.Since == "" || row.Complexity == "":
			t.Errorf("%s: lacks its arity or its documentation", row.Name)
		case !strings.HasSuffix(row.Summary, "."):
			t.Errorf("%s: the summary %q is no sentence", row.Name, row.Summary)
		case row.Flags.Has(Write) && row.Flags.Has(ReadOnly):
			t.Errorf("%s: reads only, and writes", row.Name)
		case (row.Keys.Step == 0) != (row.Keys == KeySpec{}):
			t.Errorf("%s: half a key specification", row.Name)
		}
		for _, subcommand := range row.Subcommands {
			if !strings.HasPrefix(subcommand.Name, row.Name+"|") || byFullName([]byte(subcommand.Name)) != subcommand {
				t.Errorf("%s is not a subcommand of %s", subcommand.Name, row.Name)
			}
		}
	}
}

// Key specifications that come in parts lie side by side and are, together, the one that finds the keys.
func TestKeyPartsMakeUpTheKeys(t *testing.T) {
	for _, row := range allRows() {
		for _, argument := range row.Arguments {
			if argument.KeySpec > 0 && argument.KeySpec >= len(row.KeyParts) {
				t.Errorf("%s: the argument %s belongs to no part", row.Name, argument.Name)
			}
		}
		next := row.Keys.First
		for _, part := range row.KeyParts {
			if part.First != next || part.Step != 1 || part.Flags == "" {
				t.Errorf("%s: %+v does not begin at %d", row.Name, part, next)
			}
			next = part.Last + 1
		}
		if len(row.KeyParts) > 0 && next != row.Keys.Last+1 {
			t.Errorf("%s: the parts end before %d, the keys at %d", row.Name, next, row.Keys.Last)
		}
	}
}

// Whenever the arity fits, the keys are there: the number of arguments says it all.
func TestKeysFollowFromTheArity(t *testing.T) {
	for _, row := range allRows() {
		for count := 1; count < 12; count++ {
			args := make([][]byte, count)
			keys, ok := row.KeyPositions(args)
			if !row.ArityFits(count) {
				continue
			}
			if !ok || (keys.Count > 0) != (row.Keys.Step > 0) && !row.Keys.Optional {
				t.Errorf("%s with %d arguments: %+v, %t", row.Name, count, keys, ok)
			}
			if keys.Count == 0 {
				continue
			}
			last := keys.First + (keys.Count-1)*keys.Step
			complete := row.Keys.Last > 0 || last+keys.Step >= count
			if keys.First < 1 || last >= count || !complete {
				t.Errorf("%s with %d arguments: keys from %d to %d", row.Name, count, keys.First, last)
			}
		}
	}
	if _, ok := Lookup([]byte("get")).KeyPositions([][]byte{[]byte("get")}); ok {
		t.Error("GET without a key has one")
	}
}

func TestLookupTakesAnyLetterCase(t *testing.T) {
	for _, name := range []string{"get", "GET", "gEt"} {
		if row := Lookup([]byte(name)); row == nil || row.Name != "get" {
			t.Errorf("Lookup(%s) = %v", name, row)
		}
	}
	// The Kelvin sign folds to k in Unicode; in a protocol of bytes it is no letter.
	for _, name := range []string{"", "ge", "gets", "get ", "g\x00t", "as\u212Aing", strings.Repeat("g", 1000), "cluster|info"} {
		if row := Lookup([]byte(name)); row != nil {
			t.Errorf("Lookup(%q) = %s", name, row.Name)
		}
	}
	args := [][]byte{[]byte("Cluster"), []byte("KeySlot")}
	if row := Resolve(args); row == nil || row.Name != "cluster|keyslot" {
		t.Errorf("Resolve(%q) = %v", args, row)
	}
}

// The hot path: a client's reads and replacements need no memory beyond the stored value.
func TestHotCommandsAllocateNothing(t *testing.T) {
	n := newTestNode()
	n.run("SET key " + strings.Repeat("v", 64))
	n.run("SET number 12345")
	n.run("SET ending v EX 1000")
	for _, line := range []string{
		"GET key", "get number", "GET missing", "MGET {a}1 {a}2", "STRLEN number", "EXISTS key", "TYPE key", "TTL ending", "PTTL key",
		"SET key " + strings.Repeat("w", 64), "SET number 54321", "SET key " + strings.Repeat("w", 64) + " PX 100000 GET",
		"INCR number", "DECRBY number 7", "MSET key 11111 key 22222",
		"EXPIRE ending 1000 GT", "PERSIST key", "PING", "CLUSTER KEYSLOT key",
		"SETNX key v", "GETSET key " + strings.Repeat("w", 64), "GETEX ending EX 1000", "GETRANGE key 1 5", "SETRANGE key 5 xyz",
		"SETBIT key 77 1", "SETBIT key 77 0", "GETBIT key 77", "BITCOUNT key 3 200 BIT", "BITPOS key 1 3", "TOUCH key",
		"EXPIRETIME ending", "OBJECT ENCODING key", "TIME", "UNLINK missing",
	} {
		var args [][]byte
		for _, word := range strings.Fields(line) {
			args = append(args, []byte(word))
		}
		run := func() {
			n.log = n.log[:0]
			n.do(args...)
		}
		run()
		if allocations := testing.AllocsPerRun(50, run); allocations != 0 {
			t.Errorf("%s: %v allocations", line, allocations)
		}
	}
}

func TestAppendHasALimit(t *testing.T) {
	n := newTestNode()
	n.context.MaxStringLength = 10
	tooLong := "-" + string(errStringTooLong) + "\r\n"
	n.expect(t, "APPEND k 12345678901", tooLong)
	n.expect(t, "EXISTS k", ":0\r\n")
	n.expect(t, "APPEND k 1234567890", ":10\r\n")
	n.expect(t, "APPEND k 1", tooLong)
	n.expect(t, "GET k", "$10\r\n1234567890\r\n")
	n.context.MaxStringLength = 0 // Redis's own
	n.expect(t, "APPEND k 1", ":11\r\n")
}

// The same expiry is neither later nor sooner.
func TestEqualExpiries(t *testing.T) {
	n := newTestNode()
	n.expect(t, "SET k v PX 1000", replyOK)
	n.expect(t, "PEXPIRE k 1000 GT", ":0\r\n")
	n.expect(t, "PEXPIRE k 1000 LT", ":0\r\n")
	n.expect(t, "PEXPIRE k 1001 GT", ":1\r\n")
	n.expect(t, "PEXPIRE k 1000 LT", ":1\r\n")
}

// A write over a key that is past its time deletes that first, and counts it, whether it needs the old value or not.
func TestWritesDeleteWhatHasExpired(t *testing.T) {
	for _, words := range []string{"SET k w", "SET k w PX 100", "SET k w NX", "SETEX k 1 w", "APPEND k w", "MSET k w", "GETSET k w", "BITOP NOT k {k}2"} {
		n := newTestNode()
		n.expect(t, "SET {k}2 v", replyOK)
		n.expect(t, "SET k v PX 1", replyOK)
		n.context.Wall += 2
		logged := len(n.log)
		n.run(words)
		e, _, err := keyspace.DecodeEffect(n.log[logged:])
		if err != nil || e.Kind != keyspace.Delete || n.context.Counts.Expired != 1 {
			t.Errorf("%s: the first effect is %v, %v; %d expired", words, e.Kind, err, n.context.Counts.Expired)
		}
		n.check(t)
	}
}

// What SCAN finds past its time it deletes, in whichever slot that is.
func TestScanDeletesWhatHasExpired(t *testing.T) {
	n := newTestNode()
	for _, key := range []string{"a", "b", "c"} {
		n.expect(t, "SET "+key+" v PX 1", replyOK)
	}
	n.expect(t, "SET d v", replyOK)
	n.context.Wall += 2
	n.expect(t, "SCAN 0 MATCH [b-d]", "*2\r\n$1\r\n0\r\n*1\r\n$1\r\nd\r\n")
	n.expect(t, "DBSIZE", ":2\r\n") // a does not match, so SCAN did not look at its time
	n.check(t)
}

func TestSessionsRememberWhatTheClientSaid(t *testing.T) {
	n := newTestNode()
	for _, line := range []string{
		"ASKING", "READONLY", "CLIENT SETNAME me", "CLIENT SETINFO lib-name lib", "CLIENT SETINFO lib-ver 1",
	} {
		n.expect(t, line, replyOK)
	}
	n.run("HELLO 3")
	s := &n.session
	if !s.Asking || !s.ReadOnly || s.Name != "me" || s.LibraryName != "lib" || s.LibraryVersion != "1" || s.Protocol != 3 {
		t.Errorf("%+v", *s)
	}
	n.expect(t, "READWRITE", replyOK)
	if s.ReadOnly {
		t.Error("READWRITE left READONLY on")
	}
	n.run("READONLY")
	n.expect(t, "RESET", "+RESET\r\n")
	if s.Asking || s.ReadOnly || s.Name != "" || s.LibraryName != "lib" || s.LibraryVersion != "1" || s.Protocol != 2 {
		t.Errorf("after RESET %+v", *s)
	}
	n.expect(t, "QUIT", replyOK)
	if !s.CloseAfterReply {
		t.Error("QUIT does not close")
	}
}

func TestRoleOfAReplica(t *testing.T) {
	n := newTestNode()
	primary, _ := n.view.State.Node(n.view.Self)
	replica := primary
	replica.ID[0]++
	replica.ClientPort, replica.BusPort = 7001, 17001
	var set slots.Set
	set.Add(1)
	state, err := topology.Build(n.view.State.Cluster, topology.ShardSpec{
		ID: primary.Shard, Nodes: []topology.Node{primary, replica}, Slots: set,
	})
	if err != nil {
		t.Fatal(err)
	}
	n.view.State, n.view.Self = state, replica.ID
	if reply := n.run("HELLO"); !strings.Contains(reply, "replica") {
		t.Errorf("HELLO says %q", reply)
	}
	if reply := n.run("INFO replication"); !strings.Contains(reply, "role:slave") {
		t.Errorf("INFO says %q", reply)
	}
}

// Slots may be taken from other shards than the node's own, and from several at once.
func TestDeletingSlotsOfSeveralShards(t *testing.T) {
	n := newTestNode()
	mine, _ := n.view.State.Node(n.view.Self)
	other := mine
	other.ID[0]++
	other.ClientPort, other.BusPort = 7001, 17001
	var low, high slots.Set
	low.AddRange(slots.Range{First: 0, Last: 99})
	high.AddRange(slots.Range{First: 100, Last: 199})
	state, err := topology.Build(n.view.State.Cluster,
		topology.ShardSpec{ID: topology.ShardID{1}, Nodes: []topology.Node{mine}, Slots: low},
		topology.ShardSpec{ID: topology.ShardID{2}, Nodes: []topology.Node{other}, Slots: high})
	if err != nil {
		t.Fatal(err)
	}
	n.view.State = state
	n.expect(t, "CLUSTER DELSLOTS 150", replyOK)
	n.expect(t, "CLUSTER DELSLOTS 99 100", replyOK)
	n.expect(t, "CLUSTER DELSLOTSRANGE 0 100", "-ERR Slot 99 is already unassigned\r\n")
	n.expect(t, "CLUSTER DELSLOTSRANGE 0 98", replyOK)
	if got := n.view.State.AssignedSlots(); got != 98 {
		t.Errorf("%d slots are assigned, want 98", got)
	}
}

func TestRefusalOfUnfindableKeys(t *testing.T) {
	if err := Refusal([][]byte{[]byte("get"), []byte("k")}, Lookup([]byte("get"))); err != errSyntax {
		t.Errorf("%v", err)
	}
}

// FuzzCommands runs lines of NUL-separated arguments on one node, in the protocol that the first byte chooses. Each
// command writes exactly one reply, and the data stays whole.
func FuzzCommands(f *testing.F) {
	seeds := []string{
		"SET k v EX 10 NX GET", "SET k v PXAT 1 KEEPTTL", "INCRBY k -9223372036854775808", "APPEND k v", "MSET {a}1 1 {a}2 2",
		"EXPIRE k 5 XX GT",
		"SCAN 0 MATCH [^a-c]* COUNT 1 TYPE string", "HELLO 3 AUTH default x SETNAME y", "CLIENT SETINFO lib-name x", "COMMAND DOCS set",
		"COMMAND INFO cluster|info get", "COMMAND GETKEYS MSET a 1 b", "COMMAND LIST FILTERBY PATTERN c*", "INFO all", "CONFIG GET *",
		"CLUSTER ADDSLOTSRANGE 1 5 7 9", "CLUSTER DELSLOTS 1 2", "CLUSTER GETKEYSINSLOT 1 2", "CLUSTER SHARDS", "CLUSTER HELP",
		"FLUSHALL ASYNC",
		"RESET", "QUIT", "SELECT 1", "nothing a b", "CLUSTER nothing", "GETDEL k", "MGET {a}1 {a}2", "DEL k k",
		"TTL k", "PERSIST k", "TYPE k",
		"SETNX k v", "SETEX k 10 v", "PSETEX k 1 v", "GETSET k v", "GETEX k PXAT 1", "MSETNX {a}1 1 {a}2 2", "INCRBYFLOAT k 0x1.8p-3",
		"INCRBYFLOAT k -1e4900", "GETRANGE k -3 -1", "SUBSTR k 0 1", "SETRANGE k 7 v", "LCS {a}1 {a}2 IDX MINMATCHLEN 1 WITHMATCHLEN",
		"SETBIT k 99 1", "GETBIT k 7", "BITCOUNT k 1 -2 BIT", "BITPOS k 0 3 9 BIT", "BITOP XOR {a}3 {a}1 {a}2", "BITOP NOT {a}3 {a}1",
		"BITFIELD k OVERFLOW SAT INCRBY i5 #3 9 OVERFLOW FAIL SET u63 7 -1 GET i64 #0", "BITFIELD_RO k GET u1 0", "UNLINK k", "TOUCH k",
		"EXPIREAT k 1 NX", "PEXPIREAT k 1700000000001 LT", "EXPIRETIME k", "PEXPIRETIME k", "RENAME {a}1 {a}2", "RENAMENX {a}2 {a}1",
		"COPY {a}1 {a}2 DB 0 REPLACE", "KEYS [a-z]*", "RANDOMKEY", "OBJECT ENCODING k", "OBJECT FREQ k", "MEMORY USAGE k SAMPLES 1",
		"MEMORY STATS", "MEMORY DOCTOR", "DUMP k", "RESTORE k 5 \x00\xc0\x01 REPLACE ABSTTL IDLETIME 1", "RESTORE-ASKING k 0 x FREQ 1",
		"MOVE k 1", "SWAPDB 0 1", "TIME", "LASTSAVE", "FLUSHDB SYNC", "WAIT 0 1", "FUNCTION LIST WITHCODE LIBRARYNAME x",
		"FUNCTION RESTORE x FLUSH", "FUNCTION STATS", "FUNCTION DUMP", "SCRIPT EXISTS a", "SCRIPT FLUSH ASYNC", "OBJECT HELP", "DUMP \x00",
	}
	separate := func(line string) []byte { return []byte(strings.ReplaceAll(line, " ", "\x00")) }
	for i, seed := range seeds {
		f.Add(append([]byte{byte(i)}, separate(seed)...))
	}
	f.Add(append([]byte{0}, separate(strings.Join(seeds, "\n"))...))
	node := newTestNode()
	node.context.MaxStringLength = 1 << 16 // SETBIT can make half a gigabyte out of a few bytes
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) == 0 {
			return
		}
		node.restart(2 + int(data[0]%2))
		for line := range bytes.SplitSeq(data[1:], []byte("\n")) {
			reply := node.do(bytes.Split(line, []byte{0})...)
			if _, n, err := resp.ReadValue(reply, resp.ReplyLimits{}); err != nil || n != len(reply) {
				t.Fatalf("%q is answered by %q: one reply of %d bytes, %v", line, reply, n, err)
			}
			node.context.Wall++
		}
		node.check(t)
	})
}

// restart empties the node and begins a new connection. It keeps the Space, which takes long to make.
func (n *testNode) restart(protocol int) {
	n.context.Space.Apply(keyspace.Effect{Kind: keyspace.FlushAll})
	n.log = n.log[:0]
	n.context.Wall = startWall
	n.view.State = n.initial
	n.connect(protocol)
}
