package marks

import (
	"maps"
	"regexp"
	"testing"
)

func TestEveryMarkHasANameOfItsOwn(t *testing.T) {
	form, seen := regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`), map[string]bool{}
	for _, name := range Names() {
		if !form.MatchString(name) || seen[name] {
			t.Errorf("%q is no name, or that of another mark too", name)
		}
		seen[name] = true
	}
	if len(seen) < 30 {
		t.Errorf("there are %d marks", len(seen))
	}
}

func TestHitsAreCounted(t *testing.T) {
	var s Set
	s.Hit(Refuted)
	s.HitIf(true, Refuted)
	s.HitIf(false, Refuted)
	s.Hit(LogFailed)
	if s.Hits(Refuted) != 2 || s.Hits(Reconnect) != 0 {
		t.Errorf("%d and %d hits", s.Hits(Refuted), s.Hits(Reconnect))
	}
	if want := map[string]uint64{"refuted": 2, "log-failed": 1}; !maps.Equal(s.ByName(), want) {
		t.Errorf("got %v", s.ByName())
	}
}

func TestNoSetCountsNothing(t *testing.T) {
	var s *Set
	s.Hit(Refuted)
	if s.Hits(Refuted) != 0 || len(s.ByName()) != 0 {
		t.Error("a nil set has hits")
	}
}

func TestAHitAllocatesNothing(t *testing.T) {
	var s Set
	if n := testing.AllocsPerRun(100, func() { s.Hit(Refuted) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
