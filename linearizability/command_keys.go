package linearizability

import "strings"

const (
	errNoSuchKey  = "ERR no such key"
	errSameObject = "ERR source and destination objects are the same"
)

// parseMSetNX sets all of the keys or none.
func parseMSetNX(args []string) command {
	keys, values := pairs(args)
	return command{keys: keys, changed: positiveReply, run: func(x *step, w world) {
		for _, place := range x.call.places {
			if w[place] != nil {
				x.emit(integerReply(0), w)
				return
			}
		}
		for i, place := range x.call.places {
			w = x.memory.with(w, place, x.memory.entry(values[i]))
		}
		x.emit(integerReply(1), w)
	}}
}

func parseSetNX(args []string) command {
	return command{keys: args[:1], changed: positiveReply, run: func(x *step, w world) {
		if place := x.call.places[0]; w[place] != nil {
			x.emit(integerReply(0), w)
		} else {
			x.emit(integerReply(1), x.memory.with(w, place, x.memory.entry(args[1])))
		}
	}}
}

func parseGetSet(args []string) command {
	return command{keys: args[:1], changed: anyReply, run: func(x *step, w world) {
		place := x.call.places[0]
		x.emit(valueReply(w[place]), x.memory.with(w, place, x.memory.entry(args[1])))
	}}
}

// parseRename returns the parser of RENAME, which replaces what has the new name, and of RENAMENX, which does not. The time at
// which the key ends goes with it.
func parseRename(replace bool) func([]string) command {
	return func(args []string) command {
		c := command{keys: args, changed: anyReply}
		switch {
		case args[0] == args[1]:
			c.changed = noReply
		case !replace:
			c.changed = positiveReply
		}
		c.run = func(x *step, w world) { x.rename(w, replace) }
		return c
	}
}

func (x *step) rename(w world, replace bool) {
	from, to := x.call.places[0], x.call.places[1]
	done := integerReply(1)
	if replace {
		done = okReply
	}
	switch {
	case w[from] == nil:
		x.emit(errorReply(errNoSuchKey), w)
	case from == to && replace:
		x.emit(done, w)
	case w[to] != nil && !replace:
		x.emit(integerReply(0), w)
	default:
		x.emit(done, x.memory.with(x.memory.with(w, to, w[from]), from, nil))
	}
}

// parseCopy takes REPLACE and no other option: there is only one database.
func parseCopy(args []string) command {
	keys, replace := args[:2], false
	for _, option := range args[2:] {
		if !strings.EqualFold(option, "replace") {
			return refused(keys, errSyntax)
		}
		replace = true
	}
	if keys[0] == keys[1] {
		return refused(keys, errSameObject)
	}
	return command{keys: keys, changed: positiveReply, run: func(x *step, w world) {
		from, to := x.call.places[0], x.call.places[1]
		if w[from] == nil || w[to] != nil && !replace {
			x.emit(integerReply(0), w)
		} else {
			x.emit(integerReply(1), x.memory.with(w, to, w[from]))
		}
	}}
}
