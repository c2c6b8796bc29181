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
	s := newSipState(k)
	length := len(data)
	for ; len(data) >= 8; data = data[8:] {
		s.compress(binary.LittleEndian.Uint64(data))
	}
	last := uint64(length) << 56
	for i, b := range data {
		last |= uint64(b) << (8 * i)
	}
	s.compress(last)
	return s.finish()
}

// sipState is the four words that SipHash stirs.
type sipState struct{ v0, v1, v2, v3 uint64 }

// newSipState mixes the key into the constant "somepseudorandomlygeneratedbytes".
func newSipState(k hashKey) sipState {
	return sipState{
		v0: k.first ^ 0x736f6d6570736575,
		v1: k.second ^ 0x646f72616e646f6d,
		v2: k.first ^ 0x6c7967656e657261,
		v3: k.second ^ 0x7465646279746573,
	}
}

func (s *sipState) compress(word uint64) {
	s.v3 ^= word
	s.round()
	s.v0 ^= word
}

func (s *sipState) finish() uint64 {
	s.v2 ^= 0xff
	s.round()
	s.round()
	s.round()
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3
}

func (s *sipState) round() {
	v0, v1, v2, v3 := s.v0, s.v1, s.v2, s.v3
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
	s.v0, s.v1, s.v2, s.v3 = v0, v1, v2, v3
}
