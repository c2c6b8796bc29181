package keyspace

import (
	"encoding/binary"
	"math/bits"
	"testing"

	"pgregory.net/rapid"
)

// naiveSipHash follows the paper word for word, for any number of rounds.
func naiveSipHash(compression, finalization int, k hashKey, data []byte) uint64 {
	v := [4]uint64{
		k.first ^ 0x736f6d6570736575, k.second ^ 0x646f72616e646f6d,
		k.first ^ 0x6c7967656e657261, k.second ^ 0x7465646279746573,
	}
	rounds := func(n int) {
		for range n {
			v[0] += v[1]
			v[2] += v[3]
			v[1] = bits.RotateLeft64(v[1], 13)
			v[3] = bits.RotateLeft64(v[3], 16)
			v[1] ^= v[0]
			v[3] ^= v[2]
			v[0] = bits.RotateLeft64(v[0], 32)
			v[2] += v[1]
			v[0] += v[3]
			v[1] = bits.RotateLeft64(v[1], 17)
			v[3] = bits.RotateLeft64(v[3], 21)
			v[1] ^= v[2]
			v[3] ^= v[0]
			v[2] = bits.RotateLeft64(v[2], 32)
		}
	}
	padded := append([]byte(nil), data...)
	for len(padded)%8 != 7 {
		padded = append(padded, 0)
	}
	padded = append(padded, byte(len(data)))
	for ; len(padded) > 0; padded = padded[8:] {
		word := binary.LittleEndian.Uint64(padded)
		v[3] ^= word
		rounds(compression)
		v[0] ^= word
	}
	v[2] ^= 0xff
	rounds(finalization)
	return v[0] ^ v[1] ^ v[2] ^ v[3]
}

func TestSipHashVectors(t *testing.T) {
	k := hashKey{first: 0x0706050403020100, second: 0x0f0e0d0c0b0a0908}
	message := []byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14}
	// The example of the paper's appendix shows that the twin is right.
	if got := naiveSipHash(2, 4, k, message); got != 0xa129ca6149be45e5 {
		t.Fatalf("the twin's SipHash-2-4 of the paper's message is %#x", got)
	}
	// A change of these numbers changes the order of keys in every recorded history.
	if got := k.sum(nil); got != 0xabac0158050fc4dc {
		t.Errorf("SipHash-1-3 of nothing is %#x", got)
	}
	if got, want := k.sum(message), naiveSipHash(1, 3, k, message); got != want {
		t.Errorf("SipHash-1-3 of the paper's message is %#x, want %#x", got, want)
	}
}

func TestSipHashAgreesWithThePaper(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k := hashKey{first: rapid.Uint64().Draw(t, "first"), second: rapid.Uint64().Draw(t, "second")}
		data := rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, "data")
		if got, want := k.sum(data), naiveSipHash(1, 3, k, data); got != want {
			t.Fatalf("%#x, want %#x", got, want)
		}
	})
}

func BenchmarkSipHash(b *testing.B) {
	k, key := hashKey{first: 1, second: 2}, []byte("key:000000000000")
	for b.Loop() {
		k.sum(key)
	}
}
