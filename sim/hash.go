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

func (h *rollingHash) word(w uint64) {
	high, low := bits.Mul64(uint64(*h)^w, hashOdd)
	*h = rollingHash(high ^ low)
}

// bytes folds the length and the bytes of p, so that neighbouring fields cannot run into each other.
func (h *rollingHash) bytes(p []byte) {
	h.word(uint64(len(p)) ^ hashSeed)
	for len(p) >= 8 {
		h.word(binary.LittleEndian.Uint64(p))
		p = p[8:]
	}
	if len(p) == 0 {
		return
	}
	var tail uint64
	for i := len(p) - 1; i >= 0; i-- {
		tail = tail<<8 | uint64(p[i])
	}
	h.word(tail)
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
	h.word(uint64(len(s)) ^ hashSeed)
	for len(s) >= 8 {
		h.word(uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
			uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56)
		s = s[8:]
	}
	if len(s) == 0 {
		return
	}
	var tail uint64
	for i := len(s) - 1; i >= 0; i-- {
		tail = tail<<8 | uint64(s[i])
	}
	h.word(tail)
}
