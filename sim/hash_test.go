package sim

import (
	"net/netip"
	"testing"
)

// A change of this number changes the hash of every recorded run. It must be the same on every architecture.
func TestHashIsPinned(t *testing.T) {
	h := rollingHash(hashSeed)
	h.word(42)
	h.bytes([]byte("seventeen bytes!!"))
	h.text("and some text")
	h.address(netip.MustParseAddrPort("10.0.0.1:7000"))
	h.address(netip.MustParseAddrPort("[2001:db8::1]:7000"))
	if want := rollingHash(0xb5227b8af2cc684d); h != want {
		t.Errorf("hash %#x, want %#x", uint64(h), uint64(want))
	}
}

func TestHashSeesEveryBitAndBoundary(t *testing.T) {
	seen := map[rollingHash]string{}
	add := func(name string, fold func(h *rollingHash)) {
		h := rollingHash(hashSeed)
		fold(&h)
		if other, ok := seen[h]; ok {
			t.Errorf("%s has the hash of %s", name, other)
		}
		seen[h] = name
	}
	payload := make([]byte, 30)
	for length := range len(payload) {
		add("zeros", func(h *rollingHash) { h.bytes(payload[:length]) })
		for bit := range 8 * length {
			payload[bit/8] ^= 1 << (bit % 8)
			add("a bit", func(h *rollingHash) { h.bytes(payload[:length]) })
			payload[bit/8] = 0
		}
	}
	add("ab|c", func(h *rollingHash) { h.text("ab"); h.text("c") })
	add("a|bc", func(h *rollingHash) { h.text("a"); h.text("bc") })
	add("abc|", func(h *rollingHash) { h.text("abc"); h.text("") })
	for _, address := range []string{
		"10.0.0.1:1", "10.0.0.2:1", "10.0.0.1:2", "[::ffff:10.0.0.1]:1", "[2001:db8::1]:1", "[2001:db8:1::1]:1",
	} {
		add(address, func(h *rollingHash) { h.address(netip.MustParseAddrPort(address)) })
	}
}

func TestBytesAndTextAgree(t *testing.T) {
	for _, s := range []string{"", "x", "12345678", "123456789", "a longer text than two words"} {
		a, b := rollingHash(1), rollingHash(1)
		a.bytes([]byte(s))
		b.text(s)
		if a != b {
			t.Errorf("%q: %#x as bytes, %#x as text", s, uint64(a), uint64(b))
		}
	}
}
