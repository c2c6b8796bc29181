package linearizability

import (
	"math"
	"strconv"
	"strings"
	"time"
)

const (
	errNotInteger       = "ERR value is not an integer or out of range"
	errOverflow         = "ERR increment or decrement would overflow"
	errDecrementMinimum = "ERR decrement would overflow"
	errSyntax           = "ERR syntax error"
)

func get(x *step, w world, place int) { x.emit(valueReply(w[place]), w) }

// valueReply is what GET answers.
func valueReply(e *entry) Reply {
	if e == nil {
		return Reply{Kind: Nil}
	}
	return bulkReply(e.value)
}

func strlen(x *step, w world, place int) {
	length := 0
	if e := w[place]; e != nil {
		length = len(e.value)
	}
	x.emit(integerReply(int64(length)), w)
}

func typeOf(x *step, w world, place int) {
	if w[place] == nil {
		x.emit(statusReply("none"), w)
	} else {
		x.emit(statusReply("string"), w)
	}
}

func getDel(x *step, w world, place int) { x.emit(valueReply(w[place]), x.memory.with(w, place, nil)) }

func parseMGet(args []string) command {
	return command{keys: args, reads: true, run: func(x *step, w world) {
		if x.seen == nil || x.seen.lists(w, x.call.places) {
			x.next = addWorld(x.next, w)
		}
	}}
}

// lists reports whether a reply is the array of what is at some places of a world.
func (r *Reply) lists(w world, places []int) bool {
	if r.Kind != Array || r.Text != "" || r.Int != 0 || len(r.Items) != len(places) {
		return false
	}
	for i, place := range places {
		if !r.Items[i].Equal(valueReply(w[place])) {
			return false
		}
	}
	return true
}

// parseExists counts a key as often as it is named.
func parseExists(args []string) command {
	return command{keys: args, reads: true, run: func(x *step, w world) {
		count := int64(0)
		for _, place := range x.call.places {
			if w[place] != nil {
				count++
			}
		}
		x.emit(integerReply(count), w)
	}}
}

// pairs returns the arguments at even and at odd places.
func pairs(args []string) (keys, values []string) {
	both := make([]string, len(args))
	keys, values = both[:0:len(args)/2], both[len(args)/2:][:0]
	for i := 0; i < len(args); i += 2 {
		keys = append(keys, args[i])
		values = append(values, args[i+1])
	}
	return keys, values
}

func parseMSet(args []string) command {
	keys, values := pairs(args)
	return command{keys: keys, changed: anyReply, run: func(x *step, w world) {
		for i, place := range x.call.places {
			w = x.memory.with(w, place, x.memory.entry(values[i]))
		}
		x.emit(okReply, w)
	}}
}

func parseDel(args []string) command {
	return command{keys: args, changed: positiveReply, run: func(x *step, w world) {
		count := int64(0)
		for _, place := range x.call.places {
			if w[place] != nil {
				w = x.memory.with(w, place, nil)
				count++
			}
		}
		x.emit(integerReply(count), w)
	}}
}

func parseAppend(args []string) command {
	changed := anyReply
	if args[1] == "" {
		changed = noReply
	}
	return command{keys: args[:1], changed: changed, run: func(x *step, w world) {
		place := x.call.places[0]
		next := x.memory.longer(w[place], args[1])
		x.emit(integerReply(int64(len(next.value))), x.memory.with(w, place, next))
	}}
}

func parseIncrement(by int64) func([]string) command {
	return func(args []string) command { return increment(args[:1], by) }
}

func parseIncrementBy(sign int64) func([]string) command {
	return func(args []string) command {
		by, ok := parseInteger(args[1])
		switch {
		case !ok:
			return refused(args[:1], errNotInteger)
		case sign < 0 && by == math.MinInt64:
			return refused(args[:1], errDecrementMinimum)
		}
		return increment(args[:1], sign*by)
	}
}

// increment adds to a number; a key that does not exist counts as 0.
func increment(keys []string, by int64) command {
	changed := anyReply
	if by == 0 {
		changed = noReply
	}
	return command{keys: keys, changed: changed, run: func(x *step, w world) {
		place := x.call.places[0]
		number, ok := int64(0), true
		if e := w[place]; e != nil {
			number, ok = parseInteger(e.value)
		}
		sum := number + by
		switch {
		case !ok:
			x.emit(errorReply(errNotInteger), w)
		case by > 0 && sum < number || by < 0 && sum > number:
			x.emit(errorReply(errOverflow), w)
		default:
			x.emit(integerReply(sum), x.memory.with(w, place, x.memory.withValue(w[place], strconv.FormatInt(sum, 10))))
		}
	}}
}

// parseInteger reads what Redis takes for a number: the one spelling that it writes itself.
func parseInteger(text string) (int64, bool) {
	n, err := strconv.ParseInt(text, 10, 64)
	digits := strings.TrimPrefix(text, "-")
	return n, err == nil && (text == "0" || '1' <= digits[0] && digits[0] <= '9')
}

// setOptions are those of SET.
type setOptions struct {
	onlyNew, onlyOld, get, keepTTL bool
	// expiry is the time to live, 0 if there is none.
	expiry time.Duration
}

// changed returns the proof that SET has set.
func (o setOptions) changed() func(Reply) bool {
	switch {
	case !o.onlyNew && !o.onlyOld:
		return anyReply
	case o.onlyNew && o.get: // nil is the proof: there was no old value
		return func(r Reply) bool { return r.Kind == Nil }
	}
	return someReply // OK, or the old value that XX asks for
}

func parseSet(args []string) command {
	keys, value := args[:1], args[1]
	if len(args) == 2 {
		return command{keys: keys, changed: anyReply, run: func(x *step, w world) {
			x.emit(okReply, x.memory.with(w, x.call.places[0], x.memory.entry(value)))
		}}
	}
	options, text := parseSetOptions(args[2:])
	if text != "" {
		return refused(keys, text)
	}
	return command{keys: keys, changed: options.changed(), run: func(x *step, w world) {
		place := x.call.places[0]
		old := w[place]
		if options.onlyNew && old != nil || options.onlyOld && old == nil {
			reply := Reply{Kind: Nil}
			if options.get {
				reply = valueReply(old)
			}
			x.emit(reply, w)
			return
		}
		next := x.memory.entry(value)
		if options.keepTTL {
			next = x.memory.withValue(old, value)
		}
		if options.expiry != 0 {
			next = x.memory.until(next, x.clock.plus(options.expiry))
		}
		reply := okReply
		if options.get {
			reply = valueReply(old)
		}
		x.emit(reply, x.memory.with(w, place, next))
	}}
}

// parseSetOptions returns the options, or the error that Redis gives for them.
func parseSetOptions(args []string) (o setOptions, text string) {
	for i := 0; i < len(args); i++ {
		unit := int64(0) // of an expiry option, in milliseconds
		switch option := args[i]; {
		case strings.EqualFold(option, "nx") && !o.onlyOld:
			o.onlyNew = true
		case strings.EqualFold(option, "xx") && !o.onlyNew:
			o.onlyOld = true
		case strings.EqualFold(option, "get"):
			o.get = true
		case strings.EqualFold(option, "keepttl") && o.expiry == 0:
			o.keepTTL = true
		case strings.EqualFold(option, "ex") && i+1 < len(args):
			unit = 1000
		case strings.EqualFold(option, "px") && i+1 < len(args):
			unit = 1
		default:
			return o, errSyntax
		}
		if unit == 0 {
			continue
		}
		if o.keepTTL || o.expiry != 0 {
			return o, errSyntax
		}
		i++
		if o.expiry, text = parseTimeToLive(args[i], unit); text != "" {
			return o, text
		}
		if o.expiry <= 0 {
			return o, "ERR invalid expire time in 'set' command"
		}
	}
	return o, ""
}

// parseTimeToLive reads a number of units of so many milliseconds.
func parseTimeToLive(text string, unit int64) (time.Duration, string) {
	n, ok := parseInteger(text)
	if !ok {
		return 0, errNotInteger
	}
	const limit = math.MaxInt64 / 1000
	return milliseconds(min(max(n, -limit), limit) * unit), ""
}
