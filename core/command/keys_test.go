package command

import (
	"strconv"
	"strings"
	"testing"

	"github.com/ember-cluster/ember/core/keyspace"
	"github.com/ember-cluster/ember/core/resp"
)

// Only strings exist yet, so a value of no type stands for what is to come.
func TestOtherTypesAreRefused(t *testing.T) {
	n := newTestNode()
	if n.context.isString(keyspace.Value{}, true) || string(n.writer.Buf) != "-"+string(errWrongType)+"\r\n" {
		t.Errorf("%q", n.writer.Buf)
	}
	n.writer.Buf = n.writer.Buf[:0]
	if !n.context.isString(keyspace.Value{}, false) || len(n.writer.Buf) > 0 {
		t.Errorf("an absent key: %q", n.writer.Buf)
	}
}

func TestMemoryStatistics(t *testing.T) {
	n := newTestNode()
	n.expect(t, "SET a v", replyOK)
	n.expect(t, "SET b v PX 100", replyOK)
	reply, _, err := resp.ReadValue([]byte(n.run("MEMORY STATS")), resp.ReplyLimits{})
	if err != nil || len(reply.Array) != 2*28 {
		t.Fatalf("%v, %v", reply, err)
	}
	memory := n.context.Space.Memory()
	want := map[string]int64{
		"keys.count": 2, "total.allocated": memory.Used(), "peak.allocated": 2 * memory.Used(),
		"dataset.bytes": memory.Live + memory.Outside, "overhead.total": memory.Tables + memory.Expiry,
		"allocator.active": memory.Total(), "fragmentation.bytes": 2*memory.Total() - memory.Used(),
	}
	seen := 0
	for i := 0; i < len(reply.Array); i += 2 {
		name := string(reply.Array[i].Str)
		if number, ok := want[name]; ok {
			seen++
			if got := reply.Array[i+1].Int; got != number || number == 0 {
				t.Errorf("%s is %d, want %d", name, got, number)
			}
		}
	}
	if seen != len(want) {
		t.Errorf("%d of %d fields are there", seen, len(want))
	}
	usage := int64(0)
	for _, key := range []string{"a", "b"} {
		reply, _, _ := resp.ReadValue([]byte(n.run("MEMORY USAGE "+key)), resp.ReplyLimits{})
		usage += reply.Int
	}
	if usage != n.context.Space.Bytes()+memory.Tables {
		t.Errorf("the keys take %d bytes, all of them %d, and their tables %d", usage, n.context.Space.Bytes(), memory.Tables)
	}
}

// A time that is now has passed for the commands that are given it, though a key lives through its last millisecond.
func TestATimeThatIsNowHasPassed(t *testing.T) {
	n := newTestNode()
	now := strconv.FormatInt(startWall, 10)
	n.expect(t, "SET k v", replyOK)
	n.expect(t, "GETEX k PXAT "+now, "$1\r\nv\r\n")
	n.expect(t, "EXISTS k", ":0\r\n")
	payload := appendFooter([]byte("\x00\x03abc"))
	n.do([]byte("RESTORE"), []byte("k"), []byte(now), payload, []byte("ABSTTL"))
	n.expect(t, "EXISTS k", ":0\r\n")
	n.expect(t, "SET k v", replyOK)
	logged := len(n.log)
	n.expect(t, "GETEX k PERSIST", "$1\r\nv\r\n")
	if len(n.log) != logged {
		t.Error("GETEX takes from a key an expiry that it has not")
	}
}

// RANDOMKEY finds every key, in an order that the seed decides.
func TestRandomKey(t *testing.T) {
	draw := func() string {
		n := newTestNode()
		for _, key := range []string{"a", "b", "{c}1", "{c}2", "{c}3"} {
			n.expect(t, "SET "+key+" v", replyOK)
		}
		var drawn strings.Builder
		for range 60 {
			drawn.WriteString(n.run("RANDOMKEY"))
		}
		return drawn.String()
	}
	first := draw()
	for _, key := range []string{"\na\r", "\nb\r", "\n{c}1\r", "\n{c}2\r", "\n{c}3\r"} {
		if count := strings.Count(first, key); count < 4 || count > 25 {
			t.Errorf("%q was drawn %d times of 60", key, count)
		}
	}
	if again := draw(); again != first {
		t.Error("two runs of one seed differ")
	}
}

// What KEYS and RANDOMKEY find past its time: the owner's RANDOMKEY deletes it, a replica returns it if there is no other.
func TestAllKeysPastTheirTime(t *testing.T) {
	n := newTestNode()
	n.expect(t, "SET a v PX 1", replyOK)
	n.expect(t, "SET b v PX 1", replyOK)
	n.context.Wall += 2
	n.context.Replica = true
	n.expect(t, "KEYS *", "*0\r\n")
	if reply := n.run("RANDOMKEY"); reply != "$1\r\na\r\n" && reply != "$1\r\nb\r\n" {
		t.Errorf("a replica draws %q", reply)
	}
	n.context.Replica = false
	n.expect(t, "KEYS *", "*0\r\n")
	if n.context.Space.Len() != 2 {
		t.Error("KEYS deletes")
	}
	n.expect(t, "RANDOMKEY", replyNull)
	n.expect(t, "DBSIZE", ":0\r\n")
	n.check(t)
}
