package linearizability

import (
	"cmp"
	"slices"
)

// partition is a part of a history that can be judged by itself, since no command has keys both in it and outside. It is
// finer than one part for each hash tag: keys of one tag are apart unless a command names them together.
type partition struct {
	// keys are sorted. A world holds their values in this order.
	keys []string
	// calls are in the order of their beginning, then of their operations' ID.
	calls []*call
}

// split returns the partitions of a history, ordered by their first key. Operations that failed are left out, and those
// that changed nothing and of which nobody has the reply. Calls take effect when the witness says, if there is one.
func split(history []Operation, witness Log) ([]*partition, error) {
	calls := make([]*call, 0, len(history))
	memory := make([]call, len(history))
	keys := newKeyNumbers()
	for i := range history {
		o, c := &history[i], &memory[i]
		if err := c.prepare(o); err != nil {
			return nil, err
		}
		if o.Outcome == Failed || c.seen == nil && c.command.reads {
			continue
		}
		calls = append(calls, c)
		c.places = keys.join(c.command.keys)
		if witness != nil {
			c.narrow(witness)
		}
	}
	return keys.assemble(calls), nil
}

// prepare reads an operation, but for the places of its keys.
func (c *call) prepare(o *Operation) error {
	parsed, err := o.meaning()
	if err != nil {
		return err
	}
	*c = call{operation: o, command: parsed}
	c.widen()
	if o.Outcome == OK {
		c.seen = &o.Reply
	}
	return nil
}

// widen lets a call take effect at any time at which it can have.
func (c *call) widen() {
	c.begins, c.returns = c.operation.Call, c.operation.Return
	if c.operation.Outcome == Unknown {
		c.returns = Never
	}
}

// narrow lets a call take effect when a witness says that it did, if it can have.
func (c *call) narrow(witness Log) {
	if at, ok := witness(c.operation.ID); ok && c.begins <= at && at <= c.returns {
		c.begins, c.returns = at, at
	}
}

// keyNumbers are the keys of a history, numbered in the order in which they appear, and which of them commands have joined.
type keyNumbers struct {
	names   []string
	numbers map[string]int
	groups  groups
	memory  []int // of the lists that join returns
}

func newKeyNumbers() *keyNumbers { return &keyNumbers{numbers: map[string]int{}} }

// join notes that the keys of a command belong together, and returns their numbers.
func (k *keyNumbers) join(names []string) []int {
	from := len(k.memory)
	for _, name := range names {
		number := k.number(name)
		k.memory = append(k.memory, number)
		k.groups.join(k.memory[from], number)
	}
	return k.memory[from:len(k.memory):len(k.memory)]
}

// number returns the number of a key, which may be new.
func (k *keyNumbers) number(name string) int {
	number, ok := k.numbers[name]
	if !ok {
		number = len(k.names)
		k.numbers[name] = number
		k.names = append(k.names, name)
		k.groups = append(k.groups, number)
	}
	return number
}

// assemble puts calls, whose places are still the numbers of their keys, into the partition of these keys.
func (k *keyNumbers) assemble(calls []*call) []*partition {
	sorted := make([]int, len(k.names))
	for number := range sorted {
		sorted[number] = number
	}
	slices.SortFunc(sorted, func(a, b int) int { return cmp.Compare(k.names[a], k.names[b]) })
	places := make([]int, len(k.names))
	byRoot := make([]*partition, len(k.names))
	var all []*partition
	for _, number := range sorted {
		root := k.groups.find(number)
		p := byRoot[root]
		if p == nil {
			p = &partition{}
			byRoot[root] = p
			all = append(all, p)
		}
		places[number] = len(p.keys)
		p.keys = append(p.keys, k.names[number])
	}
	counts := make([]int, len(k.names)) // of the calls, by root
	for _, c := range calls {
		counts[k.groups.find(c.places[0])]++
	}
	for root, p := range byRoot {
		if p != nil {
			p.calls = make([]*call, 0, counts[root])
		}
	}
	for _, c := range calls {
		p := byRoot[k.groups.find(c.places[0])]
		for i, number := range c.places {
			c.places[i] = places[number]
		}
		c.distinct = distinct(c.places)
		p.calls = append(p.calls, c)
	}
	for _, p := range all {
		p.sort()
	}
	return all
}

func (p *partition) sort() {
	slices.SortFunc(p.calls, func(a, b *call) int {
		if a.begins != b.begins {
			return cmp.Compare(a.begins, b.begins)
		}
		return cmp.Compare(a.operation.ID, b.operation.ID)
	})
}

// widen lets the calls take effect at any time at which they can have.
func (p *partition) widen() {
	for _, c := range p.calls {
		c.widen()
	}
	p.sort()
}

// distinct returns places in order, without repetitions.
func distinct(places []int) []int {
	if ascending(places) {
		return places
	}
	sorted := slices.Clone(places)
	slices.Sort(sorted)
	return slices.Compact(sorted)
}

// ascending reports whether each place comes after the one before it.
func ascending(places []int) bool {
	for i := 1; i < len(places); i++ {
		if places[i-1] >= places[i] {
			return false
		}
	}
	return true
}

// operationsOf returns copies of the operations of calls, in the same order.
func operationsOf(calls []*call) []Operation {
	all := make([]Operation, len(calls))
	for i, c := range calls {
		all[i] = *c.operation
	}
	return all
}

// groups are disjoint sets of numbers (union-find with path halving). It holds for each number another one of its set, or itself.
type groups []int

// newGroups returns the sets in which each of so many numbers is alone.
func newGroups(count int) groups {
	g := make(groups, count)
	for number := range g {
		g[number] = number
	}
	return g
}

// find returns the number that stands for a number's set.
func (g groups) find(number int) int {
	for g[number] != number {
		g[number] = g[g[number]]
		number = g[number]
	}
	return number
}

func (g groups) join(a, b int) { g[g.find(b)] = g.find(a) }
