package cluster

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/ember-cluster/ember/core/keyspace"
)

// note is where a life of a node was when it executed a command.
type note struct {
	ordinal uint64
	by      *driver
	// effects is the length of the node's ledger, wall what its wall clock showed.
	effects int
	wall    int64
}

// noteOf returns where the node was at a command.
func (l *connectionLog) noteOf(ordinal uint64) (note, bool) {
	at, found := slices.BinarySearchFunc(l.notes, ordinal, func(n note, ordinal uint64) int { return cmp.Compare(n.ordinal, ordinal) })
	if !found {
		return note{}, false
	}
	return l.notes[at], true
}

// checkScans checks what iterations have returned, by Redis's guarantee: each key that is there from the first call to the last
// is returned, and none that is not there. The node's ledger says which keys there were, so it does not matter whether the clients
// that wrote them know what came of that. Between the first call and the last a key is there if it is at the calls, since only they
// look. A scan that met two lives of a node has seen two sets of keys, and promises nothing.
func (c *Cluster) checkScans() error {
	byNode := map[*driver][]*scanCheck{}
	var drivers []*driver
	for _, s := range c.history.scans {
		check, ok := newScanCheck(s)
		if !ok {
			continue
		}
		d := check.stops[0].by
		if byNode[d] == nil {
			drivers = append(drivers, d)
		}
		byNode[d] = append(byNode[d], check)
	}
	for _, d := range drivers {
		if err := checkScansOf(&d.ledger, byNode[d]); err != nil {
			return fmt.Errorf("%s: %w", d.host.Name(), err)
		}
	}
	return nil
}

// scanCheck is one iteration being checked.
type scanCheck struct {
	*scan
	stops []note // by step
	// lasting are the keys that were there at all steps so far and have not been returned. Of those that end, none does so before
	// soonest.
	lasting map[string]bool
	soonest int64
}

// newScanCheck finds out where the node was at each step. It is false if nothing is promised.
func newScanCheck(s *scan) (*scanCheck, bool) {
	check := &scanCheck{scan: s}
	for i := range s.steps {
		stop, found := s.steps[i].log.noteOf(s.steps[i].ordinal)
		if !found || i > 0 && stop.by != check.stops[0].by {
			return nil, false
		}
		check.stops = append(check.stops, stop)
	}
	return check, len(check.stops) > 0
}

// stop is a step of a scan.
type stop struct {
	check *scanCheck
	step  int
}

func (s stop) note() *note { return &s.check.stops[s.step] }

// checkScansOf goes through the ledger of one life of a node, and looks at the keys wherever a scan did.
func checkScansOf(l *ledger, checks []*scanCheck) error {
	var stops []stop
	for _, check := range checks {
		for step := range check.stops {
			stops = append(stops, stop{check, step})
		}
	}
	slices.SortStableFunc(stops, func(a, b stop) int { return cmp.Compare(a.note().effects, b.note().effects) })
	keys, rest := keyTable{}, l.bytes
	var open []*scanCheck
	for _, s := range stops {
		for len(l.bytes)-len(rest) < s.note().effects {
			effect, size, err := keyspace.DecodeEffect(rest)
			if err != nil {
				return fmt.Errorf("the ledger does not decode: %w", err)
			}
			rest = rest[size:]
			keys.apply(&effect)
			for _, check := range open {
				check.changed(&effect, keys)
			}
		}
		if s.step == 0 {
			s.check.begin(keys)
			open = append(open, s.check)
		}
		if err := s.check.take(s.step, keys); err != nil {
			return err
		}
		if s.step == len(s.check.stops)-1 {
			open = slices.DeleteFunc(open, func(check *scanCheck) bool { return check == s.check })
		}
	}
	return nil
}

// begin notes which keys there are.
func (c *scanCheck) begin(keys keyTable) {
	c.lasting, c.soonest = map[string]bool{}, 0
	//unordered: a set comes of it
	for key := range keys {
		if strings.HasPrefix(key, c.prefix) {
			c.lasting[key] = true
		}
	}
}

// changed takes note of a change between two steps.
func (c *scanCheck) changed(effect *keyspace.Effect, keys keyTable) {
	switch effect.Kind {
	case keyspace.Delete:
		delete(c.lasting, string(effect.Key))
	case keyspace.FlushSlot, keyspace.FlushAll:
		//unordered: what remains does not depend on the order
		maps.DeleteFunc(c.lasting, func(key string, _ bool) bool { return !keys.has(key) })
	}
	if effect.ExpireAt != 0 {
		c.soonest = min(c.soonest, effect.ExpireAt)
	}
}

// take checks what a step has returned, and at the last one what no step has.
func (c *scanCheck) take(step int, keys keyTable) error {
	stop := &c.stops[step]
	for _, key := range c.steps[step].keys {
		if end, there := keys[key]; !there || !strings.HasPrefix(key, c.prefix) || ended(end, stop.wall) {
			return fmt.Errorf("call %d of %q returned %q, which was not there", step+1, c.describe(), key)
		}
		delete(c.lasting, key)
	}
	if stop.wall > c.soonest {
		c.dropEnded(stop.wall, keys)
	}
	if !c.whole || step < len(c.stops)-1 || len(c.lasting) == 0 {
		return nil
	}
	return fmt.Errorf("%q has not returned %q, which was there all the time", c.describe(), slices.Sorted(maps.Keys(c.lasting))[0])
}

// dropEnded lets the keys go that have come to their end, which a scan passes over even if they are there still.
func (c *scanCheck) dropEnded(wall int64, keys keyTable) {
	c.soonest = math.MaxInt64
	//unordered: neither what remains nor the least end depends on the order
	maps.DeleteFunc(c.lasting, func(key string, _ bool) bool {
		end := keys[key]
		if end != 0 && !ended(end, wall) {
			c.soonest = min(c.soonest, end)
		}
		return ended(end, wall)
	})
}
