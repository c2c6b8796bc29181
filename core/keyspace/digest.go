package keyspace

import "github.com/ember-cluster/ember/core/slots"

// digestKey is public and the same everywhere, so that two nodes can compare: a digest guards against mistakes, not
// against an adversary.
var digestKey = hashKey{first: 0x656d6265722d6b65, second: 0x7973706163652d31}

// Digest returns a hash of all keys with their values and expiry times. Equal content has an equal digest, however it
// came about and whatever the seed of the Space. It visits every key.
func (s *Space) Digest() uint64 {
	var sum uint64
	for slot, ok := s.occupied.Next(0); ok; slot, ok = s.occupied.Next(slot + 1) {
		sum += s.DigestSlot(slot)
	}
	return sum
}

// DigestSlot returns the digest of the keys of one slot. The digests of all slots add up to that of the Space.
func (s *Space) DigestSlot(slot slots.Slot) uint64 {
	t := s.tables[slot]
	if t == nil {
		return 0
	}
	// A sum does not depend on the order of its terms.
	var sum uint64
	t.each(func(ref reference) { sum += s.store.digest(ref) })
	return sum
}

// digest chains the hash of the key into that of the value, so that swapped values do not cancel out.
func (s *store) digest(ref reference) uint64 {
	var scratch [MaxIntegerLength]byte
	value := s.value(ref)
	key := hashKey{first: digestKey.sum(s.key(ref)), second: digestKey.second ^ uint64(value.ExpireAt())}
	return key.sum(value.Bytes(&scratch))
}
