package command

import (
	"bytes"
	"math"
	"math/big"
	"strconv"
	"strings"
	"testing"

	"github.com/ember-cluster/ember/core/keyspace"
	"github.com/ember-cluster/ember/core/resp"
	"pgregory.net/rapid"
)

// The check value that catalogues of checksums give for this polynomial.
func TestPayloadChecksum(t *testing.T) {
	if got := payloadChecksum([]byte("123456789")); got != 0xe9c6d914c4b8d9ca {
		t.Errorf("%#x", got)
	}
}

// compressible draws texts with repetitions, near and far.
func compressible(t *rapid.T) []byte {
	parts := rapid.SliceOfN(rapid.SliceOfN(rapid.ByteRange('a', 'd'), 1, 40), 1, 6).Draw(t, "parts")
	var text []byte
	for _, i := range rapid.SliceOfN(rapid.IntRange(0, len(parts)-1), 1, 60).Draw(t, "order") {
		text = append(text, parts[i]...)
		if rapid.IntRange(0, 30).Draw(t, "far") == 0 {
			text = append(text, make([]byte, rapid.IntRange(0, 9000).Draw(t, "distance"))...)
		}
	}
	return text
}

func TestCompressedTextsComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		z := &lzfCompressor{}
		z.base = rapid.SampledFrom([]uint32{0, 1, math.MaxUint32 - 100}).Draw(t, "base")
		for range 3 { // what one text leaves behind must not disturb the next
			text := compressible(t)
			compressed, ok := z.compress(text, 2*len(text)+8)
			if !ok {
				t.Fatalf("%d bytes do not fit into twice the room", len(text))
			}
			fresh, _ := (&lzfCompressor{}).compress(text, 2*len(text)+8)
			if !bytes.Equal(compressed, fresh) {
				t.Fatalf("a used compressor makes %q, a fresh one %q", compressed, fresh)
			}
			if again, ok := decompressLZF(compressed, len(text)); !ok || !bytes.Equal(again, text) {
				t.Fatalf("%q came back as %q, %t", text, again, ok)
			}
			if _, ok := decompressLZF(compressed, len(text)+1); ok {
				t.Fatal("a length too great was taken")
			}
			if _, ok := decompressLZF(compressed, len(text)-1); ok {
				t.Fatal("a length too small was taken")
			}
		}
	})
}

// A few bytes that claim to stand for many make nobody reserve room for those.
func TestRestoreReservesNoMoreThanThePayloadCanHold(t *testing.T) {
	payload := appendFooter([]byte("\x00\xc3\x03\x80\x20\x00\x00\x00\xe0\xff\x00")) // LZF: 3 bytes that stand for 512 MiB
	allocations := testing.AllocsPerRun(10, func() {
		if _, err := parsePayload(payload); err != errDataFormat {
			t.Error(err)
		}
	})
	if allocations > 0 {
		t.Errorf("%v allocations", allocations)
	}
}

// A newer Redis than 7.0 writes this version, and the same strings.
func TestRestoreTakesTheVersionOfRedis72(t *testing.T) {
	n := newTestNode()
	payload := []byte("\x00\x03abc\x0b\x00")
	checksum := payloadChecksum(payload)
	for range 8 {
		payload = append(payload, byte(checksum))
		checksum >>= 8
	}
	if reply := string(n.do([]byte("RESTORE"), []byte("k"), []byte("0"), payload)); reply != replyOK {
		t.Errorf("%q", reply)
	}
	n.expect(t, "GET k", "$3\r\nabc\r\n")
}

// FuzzRestore restores any bytes with a right footer. What is taken comes back from DUMP as the same value.
func FuzzRestore(f *testing.F) {
	for _, seed := range []string{
		"", "\x00", "\x00\x03abc", "\x00\xc0\x7f", "\x00\xc1\x00\x80", "\x00\xc2\x00\x00\x00\x80", "\x00\x40\x03abc",
		"\x00\x80\x00\x00\x00\x03abc", "\x00\x81\x00\x00\x00\x00\x00\x00\x00\x03abc", "\x00\xc3\x09\x15\x01aa\xe0\x08\x00\x01aa",
		"\x00\xc3\x02\x03\x20\x05", "\x00\xc3\x03\x80\x20\x00\x00\x00\xe0\xff\x00", "\x05\x00",
	} {
		f.Add([]byte(seed))
	}
	node := newTestNode()
	f.Fuzz(func(t *testing.T, body []byte) {
		node.restart(2)
		reply := string(node.do([]byte("RESTORE"), []byte("{k}1"), []byte("0"), appendFooter(bytes.Clone(body))))
		if reply == "-"+string(errDataFormat)+"\r\n" {
			node.expect(t, "EXISTS {k}1", ":0\r\n")
			return
		}
		if reply != replyOK {
			t.Fatalf("%q: %q", body, reply)
		}
		value := node.run("GET {k}1")
		dumped, _, err := resp.ReadValue(node.do([]byte("DUMP"), []byte("{k}1")), resp.ReplyLimits{})
		if err != nil {
			t.Fatal(err)
		}
		payload := bytes.Clone(dumped.Str)
		if reply := string(node.do([]byte("RESTORE"), []byte("{k}2"), []byte("0"), payload)); reply != replyOK {
			t.Fatalf("the payload %q of %q: %q", payload, value, reply)
		}
		if again := node.run("GET {k}2"); again != value {
			t.Fatalf("%q came back as %q", value, again)
		}
		node.check(t)
	})
}

// The effects of commands on bits carry what has changed, not the string.
func TestBitsAreLoggedAlone(t *testing.T) {
	n := newTestNode()
	n.expect(t, "SETRANGE k 100000 x", ":100001\r\n")
	for _, c := range []struct {
		line    string
		effects int
	}{
		{"SETBIT k 5 1", 1}, {"SETBIT k 5 1", 0}, {"SETBIT k 6 0", 0}, {"SETBIT new 6 0", 1}, {"GETBIT k 5", 0},
		{"SETRANGE k 50 xyz", 1}, {"SETRANGE k 50", 0},
		{"BITFIELD k SET u8 0 1 INCRBY i64 8 -1 SET u8 80 7 GET u8 0", 1},
		{"BITFIELD k SET u8 0 1 GET u8 0", 0}, {"BITFIELD k GET u8 0", 0}, {"BITFIELD k OVERFLOW FAIL SET u8 0 256", 0},
		{"BITFIELD new2 OVERFLOW FAIL SET u8 0 256", 1},
	} {
		start, effects := len(n.log), 0
		n.run(c.line)
		for rest := n.log[start:]; len(rest) > 0; effects++ {
			e, size, err := keyspace.DecodeEffect(rest)
			if err != nil || e.Kind != keyspace.Overwrite || size > 30 {
				t.Errorf("%s: %v of %d bytes, %v", c.line, e, size, err)
			}
			rest = rest[size:]
		}
		if effects != c.effects {
			t.Errorf("%s: %d effects, want %d", c.line, effects, c.effects)
		}
	}
	n.check(t)
}

func TestStringsHaveALimit(t *testing.T) {
	n := newTestNode()
	n.context.MaxStringLength = 10
	tooLong, badOffset := "-"+string(errStringTooLong)+"\r\n", "-"+string(errBitOffset)+"\r\n"
	n.expect(t, "SETRANGE k 8 abc", tooLong)
	n.expect(t, "SETRANGE k 11 a", tooLong)
	n.expect(t, "SETRANGE k 7 abc", ":10\r\n")
	n.expect(t, "SETBIT k 80 1", badOffset)
	n.expect(t, "SETBIT k 79 1", ":1\r\n")
	n.expect(t, "GETBIT k 80", badOffset)
	n.expect(t, "BITFIELD k GET u8 80", badOffset)
	n.expect(t, "BITFIELD k GET u8 #10", badOffset)
	n.expect(t, "BITFIELD k GET u8 #9223372036854775807", badOffset)
	n.expect(t, "BITFIELD k GET u8 #9", "*1\r\n:99\r\n")
	n.expect(t, "LCS k k", "-"+string(errLCSMemory)+"\r\n")
	n.context.MaxStringLength = math.MaxInt // more than an effect can carry
	n.expect(t, "SETRANGE k 536870912 a", tooLong)
	n.check(t)
}

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
	one := n.context.Space.Bytes()
	n.expect(t, "SET b v", replyOK)
	reply, _, err := resp.ReadValue([]byte(n.run("MEMORY STATS")), resp.ReplyLimits{})
	if err != nil || len(reply.Array) != 6 {
		t.Fatalf("%v, %v", reply, err)
	}
	for i, want := range []int64{2, one, 2 * one} {
		if got := reply.Array[2*i+1].Int; got != want {
			t.Errorf("%s is %d, want %d", reply.Array[2*i].Str, got, want)
		}
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

// At the limits of every type, with operands at the limits of 64 bits.
func TestFieldOverflowsAgreeWithBigIntegers(t *testing.T) {
	rules := map[overflowRule]string{overflowWraps: "WRAP", overflowSaturates: "SAT", overflowFails: "FAIL"}
	check := func(kind fieldType, exact *big.Int, rule overflowRule, got int64, ok bool) {
		bits, fits := fieldBits(exact, kind.signed, kind.bits, rules[rule])
		if ok != fits || ok && fieldValue(bits, kind.signed).Int64() != got {
			t.Errorf("%+v, %s: %v becomes %d, %t", kind, rules[rule], exact, got, ok)
		}
	}
	operands := []int64{math.MinInt64, math.MinInt64 + 1, -256, -2, -1, 0, 1, 2, 255, math.MaxInt64 - 1, math.MaxInt64}
	for width := 1; width <= 64; width++ {
		for _, kind := range []fieldType{{signed: true, bits: width}, {bits: min(width, 63)}} {
			least, greatest := kind.limits()
			for rule := overflowWraps; rule <= overflowFails; rule++ {
				for _, operand := range operands {
					for _, value := range []int64{least, least + 1, 0, greatest - 1, greatest} {
						got, ok := kind.add(value, operand, rule)
						check(kind, new(big.Int).Add(big.NewInt(value), big.NewInt(operand)), rule, got, ok)
					}
					exact := big.NewInt(operand)
					if !kind.signed {
						exact.SetUint64(uint64(operand))
					}
					got, ok := kind.fit(operand, rule)
					check(kind, exact, rule, got, ok)
				}
			}
		}
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
