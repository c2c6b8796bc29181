package topology

import "hash/fnv"

// Hash returns a hash of the state's binary form: two configurations of one cluster, generation and version that differ in
// it have broken the promise that a version has one content. The first call costs time in proportion to the state, and the state
// remembers the answer.
func (s *State) Hash() uint64 {
	if !s.hashed {
		h := fnv.New64a()
		_, _ = h.Write(s.Append(nil)) // a hash takes all bytes
		s.hash, s.hashed = h.Sum64(), true
	}
	return s.hash
}
