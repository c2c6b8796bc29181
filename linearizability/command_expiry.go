package linearizability

import (
	"strings"
	"time"
)

// What TTL and PTTL answer of a key that has no deadline, and of one that does not exist.
const (
	noDeadline = -1
	noKey      = -2
)

func pttl(x *step, w world, place int) {
	x.remaining(w, place, func(n int64) interval {
		return interval{milliseconds(n), milliseconds(n)}
	})
}

// ttl answers in seconds, rounded to the nearest.
func ttl(x *step, w world, place int) {
	x.remaining(w, place, func(n int64) interval {
		second := milliseconds(n) * 1000
		return interval{second - 500*time.Millisecond, second + 499*time.Millisecond}
	})
}

// remaining runs TTL and PTTL. The reply fits if the deadline may be as far away as it says, given the width of its unit;
// then it narrows what is known of the deadline.
func (x *step) remaining(w world, place int, width func(int64) interval) {
	e := w[place]
	switch {
	case e == nil:
		x.emit(integerReply(noKey), w)
	case !e.expires:
		x.emit(integerReply(noDeadline), w)
	case x.seen == nil:
		x.next = addWorld(x.next, w)
	case x.seen.Kind == Integer && x.seen.Int >= 0:
		away := width(x.seen.Int)
		said := interval{saturatingAdd(x.clock.low, away.low), saturatingAdd(x.clock.high, away.high)}
		if deadline, ok := said.intersect(interval{e.low, e.high}); ok {
			x.emit(*x.seen, x.memory.with(w, place, x.memory.until(e, deadline)))
		}
	}
}

func persist(x *step, w world, place int) {
	if e := w[place]; e != nil && e.expires {
		x.emit(integerReply(1), x.memory.with(w, place, x.memory.forever(e)))
	} else {
		x.emit(integerReply(0), w)
	}
}

// expireOptions are those of EXPIRE: on which old deadlines the new one may be set.
type expireOptions struct{ onlyNone, onlySome, onlyLater, onlyEarlier bool }

func parseExpireOptions(args []string) (o expireOptions, text string) {
	for _, arg := range args {
		switch strings.ToLower(arg) {
		case "nx":
			o.onlyNone = true
		case "xx":
			o.onlySome = true
		case "gt":
			o.onlyLater = true
		case "lt":
			o.onlyEarlier = true
		default:
			return o, "ERR Unsupported option " + arg
		}
	}
	switch {
	case o.onlyNone && (o.onlySome || o.onlyLater || o.onlyEarlier):
		return o, "ERR NX and XX, GT or LT options at the same time are not compatible"
	case o.onlyLater && o.onlyEarlier:
		return o, "ERR GT and LT options at the same time are not compatible"
	}
	return o, ""
}

func parseExpire(unit int64) func([]string) command {
	return func(args []string) command {
		keys := args[:1]
		options, text := parseExpireOptions(args[2:])
		if text != "" {
			return refused(keys, text)
		}
		life, text := parseTimeToLive(args[1], unit)
		if text != "" {
			return refused(keys, text)
		}
		return command{keys: keys, changed: positiveReply, run: func(x *step, w world) { x.expire(w, options, life) }}
	}
}

// expire sets a deadline. One that has passed already deletes the key.
func (x *step) expire(w world, options expireOptions, life time.Duration) {
	place := x.call.places[0]
	e := w[place]
	if e == nil {
		x.emit(integerReply(0), w)
		return
	}
	deadline := x.clock.plus(life)
	may, mayNot := options.allow(e, deadline)
	if mayNot {
		x.emit(integerReply(0), w)
	}
	if !may {
		return
	}
	if life <= 0 {
		x.emit(integerReply(1), x.memory.with(w, place, nil))
	} else {
		x.emit(integerReply(1), x.memory.with(w, place, x.memory.until(e, deadline)))
	}
}

// allow reports whether the options may let a deadline replace that of e, and whether they may not. Both can be, since
// both deadlines are intervals. No deadline counts as one after all others.
func (o expireOptions) allow(e *entry, deadline interval) (may, mayNot bool) {
	if o.onlyNone && e.expires || o.onlySome && !e.expires || o.onlyLater && !e.expires {
		return false, true
	}
	switch {
	case o.onlyLater:
		return deadline.high > e.low, deadline.low <= e.high
	case o.onlyEarlier && e.expires:
		return deadline.low < e.high, deadline.high >= e.low
	}
	return true, false
}
