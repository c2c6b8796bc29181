package marks

// Set counts the hits of each mark. A nil Set counts nothing.
type Set struct{ hits [Count]uint64 }

// Hit counts that a path was taken.
func (s *Set) Hit(m Mark) {
	if s != nil {
		s.hits[m]++
	}
}

// HitIf counts that a path was taken, if it was.
func (s *Set) HitIf(taken bool, m Mark) {
	if taken {
		s.Hit(m)
	}
}

// Hits returns how often a path was taken.
func (s *Set) Hits(m Mark) uint64 {
	if s == nil {
		return 0
	}
	return s.hits[m]
}

// Names returns the names of all marks, in their order.
func Names() []string { return append([]string(nil), names[:]...) }

// ByName returns the hits of those marks that were hit.
func (s *Set) ByName() map[string]uint64 {
	byName := map[string]uint64{}
	for m := range Count {
		if hits := s.Hits(m); hits > 0 {
			byName[m.String()] = hits
		}
	}
	return byName
}
