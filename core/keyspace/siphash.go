package keyspace

import (
	"encoding/binary"
	"math/bits"
)

// hashKey is the secret of a keyed hash.
type hashKey struct{ first, second uint64 }

// sum returns SipHash-1-3 of data: one round per eight bytes, three to finish. It is the variant that hash tables
// use (Rust, Ruby, Python); SipHash-2-4 has the greater margin that a message authentication code needs.
func (k hashKey) sum(data []byte) uint64 {
	// The secret is mixed into the constant "somepseudorandomlygeneratedbytes".
	v0, v1 := k.first^0x736f6d6570736575, k.second^0x646f72616e646f6d
	v2, v3 := k.first^0x6c7967656e657261, k.second^0x7465646279746573
	last := lastWord(data)
	for ; len(data) >= 8; data = data[8:] {
		word := binary.LittleEndian.Uint64(data)
		v3 ^= word
		v0, v1, v2, v3 = sipRound(v0, v1, v2, v3)
		v0 ^= word
	}
	v3 ^= last
	v0, v1, v2, v3 = sipRound(v0, v1, v2, v3)
	v0 ^= last
	v2 ^= 0xff
	v0, v1, v2, v3 = sipRound(v0, v1, v2, v3)
	v0, v1, v2, v3 = sipRound(v0, v1, v2, v3)
	v0, v1, v2, v3 = sipRound(v0, v1, v2, v3)
	return v0 ^ v1 ^ v2 ^ v3
}

// lastWord returns the bytes behind the last whole word, and the length in the highest byte.
func lastWord(data []byte) uint64 {
	last := uint64(len(data)) << 56
	rest := uint(len(data) & 7)
	if rest == 0 {
		return last
	}
	if len(data) >= 8 { // from a word that overlaps the one before
		return last | binary.LittleEndian.Uint64(data[len(data)-8:])>>(64-8*rest)
	}
	for i, b := range data[len(data)-int(rest):] {
		last |= uint64(b) << (8 * i)
	}
	return last
}

// sipRound stirs the four words of SipHash's state. It is small enough to be inlined, so that they stay in registers.
func sipRound(v0, v1, v2, v3 uint64) (uint64, uint64, uint64, uint64) {
	v0 += v1
	v1 = bits.RotateLeft64(v1, 13) ^ v0
	v0 = bits.RotateLeft64(v0, 32)
	v2 += v3
	v3 = bits.RotateLeft64(v3, 16) ^ v2
	v0 += v3
	v3 = bits.RotateLeft64(v3, 21) ^ v0
	v2 += v1
	v1 = bits.RotateLeft64(v1, 17) ^ v2
	v2 = bits.RotateLeft64(v2, 32)
	return v0, v1, v2, v3
}
