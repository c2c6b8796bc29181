package command

import (
	"bytes"
	"math"
	"testing"

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
