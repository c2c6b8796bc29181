package linearizability

import (
	"cmp"
	"maps"
	"slices"
)

// partition is a part of a history that can be judged by itself, since no command has keys both in it and outside. It is
// finer than one part for each hash tag: keys of one tag are apart unless a command names them together.
type partition struct {
	// keys are sorted. A world holds their values in this order.
	keys []string
	// calls are in the order of their operations' Call, then ID.
	calls []*call
}

// split returns the partitions of a history, ordered by their first key. Operations that failed are left out, and those
// that changed nothing and of which nobody has the reply.
func split(history []Operation) ([]*partition, error) {
	var calls []*call
	groups := newGroups()
	for i := range history {
		o := &history[i]
		c, err := newCall(o)
		if err != nil {
			return nil, err
		}
		if o.Outcome == Failed || c.seen == nil && c.command.reads {
			continue
		}
		calls = append(calls, c)
		for _, key := range c.command.keys {
			groups.join(c.command.keys[0], key)
		}
	}
	slices.SortStableFunc(calls, func(a, b *call) int {
		return cmp.Or(cmp.Compare(a.operation.Call, b.operation.Call), cmp.Compare(a.operation.ID, b.operation.ID))
	})
	return assemble(calls, groups), nil
}

// newCall prepares an operation, but for the places of its keys.
func newCall(o *Operation) (*call, error) {
	parsed, err := meaning(o.Args)
	if err != nil {
		return nil, err
	}
	c := &call{operation: o, command: parsed, returns: o.Return}
	switch o.Outcome {
	case OK:
		c.seen = &o.Reply
	case Unknown:
		c.returns = Never
	}
	return c, nil
}

// assemble puts calls into the partition of their keys.
func assemble(calls []*call, groups *groups) []*partition {
	byRoot := map[string]*partition{}
	var all []*partition
	for _, key := range groups.sorted() {
		root := groups.find(key)
		if byRoot[root] == nil {
			byRoot[root] = &partition{}
			all = append(all, byRoot[root])
		}
		byRoot[root].keys = append(byRoot[root].keys, key)
	}
	for _, c := range calls {
		p := byRoot[groups.find(c.command.keys[0])]
		c.findPlaces(p.keys)
		p.calls = append(p.calls, c)
	}
	return all
}

// findPlaces looks the command's keys up among those of its partition.
func (c *call) findPlaces(keys []string) {
	n := len(c.command.keys)
	all := make([]int, 0, 2*n) // both lists
	for _, key := range c.command.keys {
		place, _ := slices.BinarySearch(keys, key)
		all = append(all, place)
	}
	c.places, c.distinct = all, all
	if n > 1 {
		c.places = all[:n:n]
		c.distinct = append(all, all...)[n:]
		slices.Sort(c.distinct)
		c.distinct = slices.Compact(c.distinct)
	}
}

// operationsOf returns copies of the operations of calls, in the same order.
func operationsOf(calls []*call) []Operation {
	all := make([]Operation, len(calls))
	for i, c := range calls {
		all[i] = *c.operation
	}
	return all
}

// groups are disjoint sets of keys (union-find with path halving).
type groups struct{ parent map[string]string }

func newGroups() *groups { return &groups{parent: map[string]string{}} }

// find returns the key that stands for a key's set. A key that is new is a set of its own.
func (g *groups) find(key string) string {
	if _, ok := g.parent[key]; !ok {
		g.parent[key] = key
	}
	for g.parent[key] != key {
		g.parent[key] = g.parent[g.parent[key]]
		key = g.parent[key]
	}
	return key
}

func (g *groups) join(a, b string) { g.parent[g.find(b)] = g.find(a) }

// sorted returns all keys in order.
func (g *groups) sorted() []string {
	return slices.Sorted(maps.Keys(g.parent))
}
