package sim

import (
	"encoding/binary"
	"math/bits"
	"net/netip"
)

// rollingHash folds every event and every effect of a run into 64 bits, eight bytes at a time, by the folded
// 64×64→128-bit product that the wyhash and rapidhash families use. It tells runs apart; it does not resist an
// adversary.
type rollingHash uint64

const (
	hashSeed = 0x9e3779b97f4a7c15 // 2⁶⁴ / golden ratio
	hashOdd  = 0xd6e8feb86659fd93 // an odd constant with even bit balance
)

func (h *rollingHash) word(w uint64) { *h = h.with(w) }

// with returns the hash with a word more. Who folds many words keeps it in a register meanwhile.
func (h rollingHash) with(w uint64) rollingHash {
	high, low := bits.Mul64(uint64(h)^w, hashOdd)
	return rollingHash(high ^ low)
}

// bytes folds the length and the bytes of p, so that neighbouring fields cannot run into each other. The last word is what
// is left, as a little-endian number.
func (h *rollingHash) bytes(p []byte) {
	hash := h.with(uint64(len(p)) ^ hashSeed)
	rest := p
	for len(rest) >= 32 {
		four := rest[:32]
		hash = hash.with(binary.LittleEndian.Uint64(four)).with(binary.LittleEndian.Uint64(four[8:]))
		hash = hash.with(binary.LittleEndian.Uint64(four[16:])).with(binary.LittleEndian.Uint64(four[24:]))
		rest = rest[32:]
	}
	for len(rest) >= 8 {
		hash = hash.with(binary.LittleEndian.Uint64(rest))
		rest = rest[8:]
	}
	switch {
	case len(rest) == 0:
	case len(p) >= 8: // the last eight bytes without those that were folded already
		hash = hash.with(binary.LittleEndian.Uint64(p[len(p)-8:]) >> (64 - 8*len(rest)))
	default:
		var tail uint64
		for i := len(rest) - 1; i >= 0; i-- {
			tail = tail<<8 | uint64(rest[i])
		}
		hash = hash.with(tail)
	}
	*h = hash
}

// address folds an IP address and a port.
func (h *rollingHash) address(a netip.AddrPort) {
	ip := a.Addr().As16()
	if !a.Addr().Is4() {
		h.word(binary.LittleEndian.Uint64(ip[:8]))
	}
	h.word(binary.LittleEndian.Uint64(ip[8:]) ^ uint64(a.Port()))
}

// text folds a string as bytes would.
func (h *rollingHash) text(s string) {
	hash := h.with(uint64(len(s)) ^ hashSeed)
	rest := s
	for len(rest) >= 8 {
		hash = hash.with(firstWord(rest))
		rest = rest[8:]
	}
	switch {
	case len(rest) == 0:
	case len(s) >= 8:
		hash = hash.with(firstWord(s[len(s)-8:]) >> (64 - 8*len(rest)))
	default:
		var tail uint64
		for i := len(rest) - 1; i >= 0; i-- {
			tail = tail<<8 | uint64(rest[i])
		}
		hash = hash.with(tail)
	}
	*h = hash
}

// firstWord returns the first eight bytes of a string as a little-endian number.
func firstWord(s string) uint64 {
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}
