package cluster

import (
	"strings"
	"testing"

	"github.com/ember-cluster/ember/core/keyspace"
	"github.com/ember-cluster/ember/core/slots"
)

// scanHistory is what a node did while clients went over its keys.
type scanHistory struct {
	node *driver
	log  *connectionLog
	scan *scan
	wall int64
}

func newScanHistory(options ...string) *scanHistory {
	s, err := parseScan(append([]string{"s1"}, options...))
	if err != nil {
		panic(err)
	}
	return &scanHistory{node: &driver{}, log: &connectionLog{noting: true}, scan: s, wall: 1000}
}

// effect lets the node change a key.
func (h *scanHistory) effect(kind keyspace.EffectKind, key string, expireAt int64) *scanHistory {
	e := keyspace.Effect{Kind: kind, Key: []byte(key), ExpireAt: expireAt}
	if kind != keyspace.FlushAll {
		e.Slot = slots.Of(e.Key)
	}
	if kind == keyspace.Set {
		e.Value = []byte("v")
	}
	if kind == keyspace.FlushSlot {
		e.Key = nil
	}
	h.node.ledger.add(&e)
	return h
}

func (h *scanHistory) set(key string) *scanHistory    { return h.effect(keyspace.Set, key, 0) }
func (h *scanHistory) delete(key string) *scanHistory { return h.effect(keyspace.Delete, key, 0) }

// returns lets a call of SCAN return keys.
func (h *scanHistory) returns(keys ...string) *scanHistory {
	ordinal := uint64(len(h.log.notes) + 1)
	h.log.notes = append(h.log.notes, note{ordinal: ordinal, by: h.node, effects: len(h.node.ledger.bytes), wall: h.wall})
	h.scan.steps = append(h.scan.steps, scanStep{log: h.log, ordinal: ordinal, keys: keys})
	return h
}

func (h *scanHistory) at(wall int64) *scanHistory {
	h.wall = wall
	return h
}

// reborn lets the node start anew, with nothing.
func (h *scanHistory) reborn() *scanHistory {
	h.node = &driver{}
	return h
}

// end says that the last cursor was 0, or that the client gave up.
func (h *scanHistory) end(whole bool) *scanHistory {
	h.scan.whole = whole
	return h
}

func (h *scanHistory) check() error {
	check, ok := newScanCheck(h.scan)
	if !ok {
		return nil
	}
	return checkScansOf(&check.stops[0].by.ledger, []*scanCheck{check})
}

func TestScansAreChecked(t *testing.T) {
	const missing, surplus = "has not returned", "which was not there"
	for _, test := range []struct {
		name    string
		history *scanHistory
		want    string // in the error, empty if all is well
	}{
		{"all keys", newScanHistory().set("a").set("b").returns("a").returns("b").end(true), ""},
		{"no keys", newScanHistory().returns().end(true), ""},
		{"a key twice", newScanHistory().set("a").returns("a").returns("a").end(true), ""},
		{"a key is left out", newScanHistory().set("a").set("b").returns("a").returns().end(true), missing},
		{"a key is left out of a scan that gives up", newScanHistory().set("a").set("b").returns("a").end(false), ""},
		{"a key that goes meanwhile", newScanHistory().set("a").set("b").returns("a").delete("b").returns().end(true), ""},
		{"a key that goes before it is returned", newScanHistory().set("a").set("b").returns("a").delete("b").returns("b").end(true), surplus},
		{"a key that comes meanwhile, returned", newScanHistory().set("a").returns("a").set("b").returns("b").end(true), ""},
		{"a key that comes meanwhile, left out", newScanHistory().set("a").returns("a").set("b").returns().end(true), ""},
		{"a key that comes after it is returned", newScanHistory().set("a").returns("a", "b").set("b").returns().end(true), surplus},
		{"a key that goes and comes back", newScanHistory().set("a").set("b").returns("a").delete("b").set("b").returns().end(true), ""},
		{"a key that nobody wrote", newScanHistory().set("a").returns("a", "c").end(true), surplus},
		{"everything goes", newScanHistory().set("a").set("b").returns("a").effect(keyspace.FlushAll, "", 0).returns().end(true), ""},
		{"a slot goes", newScanHistory().set("a").set("b").returns("a").effect(keyspace.FlushSlot, "b", 0).returns().end(true), ""},
		{"another slot goes", newScanHistory().set("a").set("b").returns("a").effect(keyspace.FlushSlot, "c", 0).returns().end(true), missing},
		{"a key comes to its end", newScanHistory().set("a").effect(keyspace.Set, "b", 1500).returns("a").at(1501).returns().end(true), ""},
		{"a key is at its end to the millisecond",
			newScanHistory().set("a").effect(keyspace.Set, "b", 1500).returns("a").at(1500).returns().end(true), missing},
		{"a key is returned past its end",
			newScanHistory().set("a").effect(keyspace.Set, "b", 1500).returns("a").at(1501).returns("b").end(true), surplus},
		{"an end is put off", newScanHistory().effect(keyspace.Set, "b", 1500).returns().effect(keyspace.ExpireAt, "b", 3000).
			at(1600).returns().end(true), missing},
		{"an end is taken away", newScanHistory().effect(keyspace.Set, "b", 1500).returns().effect(keyspace.Persist, "b", 0).
			at(1600).returns().end(true), missing},
		{"an end is given", newScanHistory().set("b").returns().effect(keyspace.ExpireAt, "b", 1500).at(1600).returns().end(true), ""},
		{"the clock jumps ahead and back", newScanHistory().effect(keyspace.Set, "b", 1500).returns().at(2000).returns().at(1001).returns().end(true), ""},
		{"other keys than asked for are left out", newScanHistory("MATCH", "s*").set("s1").set("t1").returns("s1").end(true), ""},
		{"other keys than asked for are returned", newScanHistory("MATCH", "s*").set("s1").set("t1").returns("s1", "t1").end(true), surplus},
		{"a key that was asked for is left out", newScanHistory("COUNT", "5", "MATCH", "s*").set("s1").set("t1").returns().end(true), missing},
		{"two lives of a node", newScanHistory().set("a").returns().reborn().set("b").returns().end(true), ""},
	} {
		err := test.history.check()
		if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%s: got %v, want %q", test.name, err, test.want)
		}
	}
}

func TestScansThatOverlapAreCheckedTogether(t *testing.T) {
	first := newScanHistory().set("a").set("b").returns("a")
	second := &scanHistory{node: first.node, log: &connectionLog{noting: true}, scan: &scan{near: "s1"}, wall: 1000}
	second.set("c").returns("a")
	first.delete("b").returns("c").end(true)
	second.returns().end(true) // without c
	var checks []*scanCheck
	for _, h := range []*scanHistory{first, second} {
		check, ok := newScanCheck(h.scan)
		if !ok {
			t.Fatal("a scan is not checked")
		}
		checks = append(checks, check)
	}
	if err := checkScansOf(&first.node.ledger, checks); err == nil || !strings.Contains(err.Error(), `has not returned "c"`) {
		t.Errorf("got %v", err)
	}
}

// The table of keys, which judges the keyspace, agrees with it where the keyspace is right.
func TestTheKeyTableFollowsTheEffects(t *testing.T) {
	config, plan := small(5)
	c, err := New(config, plan)
	if err != nil {
		t.Fatal(err)
	}
	c.chaos()
	total := 0
	for _, d := range c.nodes {
		keys := keyTable{}
		for rest := d.ledger.bytes; len(rest) > 0; {
			effect, size, err := keyspace.DecodeEffect(rest)
			if err != nil {
				t.Fatal(err)
			}
			keys.apply(&effect)
			rest = rest[size:]
		}
		if total += len(keys); len(keys) != d.node.Space().Len() {
			t.Errorf("%s: %d keys, the node has %d", d.host.Name(), len(keys), d.node.Space().Len())
		}
		d.node.Space().Scan(0, 1<<20, func(key []byte, value keyspace.Value) {
			if end, there := keys[string(key)]; !there || end != value.ExpireAt() {
				t.Errorf("%s: %q is there %v and ends at %d, the node says %d", d.host.Name(), key, there, end, value.ExpireAt())
			}
		})
	}
	if total == 0 {
		t.Error("no node has a key")
	}
}

func TestInstructionsThatMeanNothingAreRefused(t *testing.T) {
	for _, args := range [][]string{
		{"scan"}, {"scan", "a", "COUNT"}, {"scan", "a", "COUNT", "0"}, {"scan", "a", "COUNT", "x"}, {"scan", "a", "MATCH", "a"},
		{"scan", "a", "MATCH", "[a]*"}, {"scan", "a", "TYPE", "hash"}, {"scan", "a", "LIMIT", "1"},
		{"half-command"}, {"half-command", "0"}, {"half-command", "x"}, {"half-command", "1", "2"}, {"half-command", "2000000"},
	} {
		if validateInstruction(args) == nil {
			t.Errorf("%q is taken", args)
		}
	}
	for _, args := range [][]string{{"scan", "a"}, {"scan", "a", "COUNT", "3", "MATCH", "{t*", "TYPE", "string"}, {"half-command", "1"}, {"GET", "a"}} {
		if err := validateInstruction(args); err != nil {
			t.Error(err)
		}
	}
}
