package sim

import (
	"cmp"
	"fmt"
	"slices"
)

// planned is an input of the plan. There are many, and long before their time: so of those of one host that were loaded
// together only the next is in the queue, which stays as small as what is under way.
type planned struct {
	at      int64
	order   uint64 // as if all had been pushed when they were loaded
	host    int32
	follows bool // it comes after the one before it, and is not in the queue until that one is taken from it
	args    []string
}

// resolveInputs finds the hosts of inputs.
func (w *World) resolveInputs(inputs []Input) ([]planned, error) {
	loaded := make([]planned, len(inputs), len(inputs)+len(inputs)/8) // a few more may be loaded later
	var h *Host
	for i, in := range inputs {
		if h == nil || h.name != in.Host {
			if h = w.Host(in.Host); h == nil {
				return nil, fmt.Errorf("sim: there is no host %q", in.Host)
			}
		}
		loaded[i] = planned{at: max(int64(in.At), w.now), host: h.index, args: in.Args}
	}
	return loaded, nil
}

// plan adds inputs to the world's, whose memory they may become.
func (w *World) plan(loaded []planned) {
	for i := range loaded {
		loaded[i].order = w.queue.number(itemInput)
	}
	slices.SortFunc(loaded, func(a, b planned) int {
		switch {
		case a.host != b.host:
			return cmp.Compare(a.host, b.host)
		case a.at != b.at:
			return cmp.Compare(a.at, b.at)
		}
		return cmp.Compare(a.order, b.order)
	})
	first := len(w.inputs)
	if first == 0 {
		w.inputs = loaded
	} else {
		w.inputs = append(w.inputs, loaded...)
	}
	for i := range loaded {
		w.inputs[first+i].follows = i > 0 && loaded[i].host == loaded[i-1].host
		if !w.inputs[first+i].follows {
			w.queueInput(first + i)
		}
	}
}

func (w *World) queueInput(number int) {
	in := &w.inputs[number]
	w.queue.insert(item{at: in.at, order: in.order, host: in.host, token: uint64(number)})
}

// inputReached takes an input from the queue.
func (w *World) inputReached(it item) {
	if next := int(it.token) + 1; next < len(w.inputs) && w.inputs[next].follows {
		w.queueInput(next)
	}
	w.hosts[it.host].take(it)
}
