package topology

import "hash/fnv"

// Hash returns a hash of the state's binary form: two configurations of one cluster, generation and version that differ in
// it have broken the promise that a version has one content. It costs time in proportion to the state.
func (s *State) Hash() uint64 {
	h := fnv.New64a()
	_, _ = h.Write(s.Append(nil)) // a hash takes all bytes
	return h.Sum64()
}
