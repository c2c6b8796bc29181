package cluster

import (
	"strconv"
	"time"

	"github.com/ember-cluster/ember/core/random"
	"github.com/ember-cluster/ember/core/slots"
	"github.com/ember-cluster/ember/sim"
)

// Workload says what clients ask for. The operations are drawn before the run, as inputs of its plan.
type Workload struct {
	// Strings, Counters and Tags are how many keys of a kind there are: few, so that operations meet. A tag stands for
	// three keys that share a hash tag, and so a slot. There is a string of bits for each counter.
	Strings, Counters, Tags int
	// Crowd is how many keys share one slot, for FamilyCrowd: many, so that the slot's table grows and shrinks.
	Crowd int
	// Pause is the mean time between two operations of one client.
	Pause time.Duration
	// Burst is how many operations a client may want at one instant: how many it does is drawn, and Pause is kept on average. 0 and 1: one.
	Burst int
	// Weights are how often each family of commands is drawn, relative to the others, by index of Families.
	Weights [FamilyCount]int
}

// Family is a group of commands that a workload has more or less of.
type Family uint8

const (
	FamilyGet Family = iota
	FamilySet
	FamilySetOptions
	FamilyDelete
	FamilyAppend
	FamilyCounter
	FamilyMulti
	FamilyExpiry
	FamilyInspect
	FamilyRename
	FamilyBits
	FamilyTransaction
	FamilyWatch
	FamilyCrossSlot
	FamilyHalf
	FamilyScan
	FamilyCrowd
	// FamilyCount is the number of families.
	FamilyCount
)

// DefaultWorkload returns some of everything.
func DefaultWorkload() Workload {
	w := Workload{Strings: 8, Counters: 4, Tags: 3, Pause: 40 * time.Millisecond}
	for family := range w.Weights {
		w.Weights[family] = 10
	}
	for family := FamilyRename; family < FamilyCount; family++ {
		w.Weights[family] = 5
	}
	w.Weights[FamilyCrowd] = 0
	w.Weights[FamilyGet], w.Weights[FamilySet] = 40, 30
	w.Weights[FamilyCrossSlot], w.Weights[FamilyHalf], w.Weights[FamilyScan] = 2, 1, 2
	return w
}

// DrawWorkload lets the source decide which families there are, and how many keys.
func DrawWorkload(source *random.Stream) Workload {
	w := Workload{
		Strings:  1 + source.IntN(16),
		Counters: 1 + source.IntN(6),
		Tags:     1 + source.IntN(4),
		Pause:    source.Duration(10*time.Millisecond, 80*time.Millisecond),
	}
	for family := range w.Weights {
		most := 30
		switch {
		case Family(family) == FamilyHalf || Family(family) == FamilyScan: // one of these is worth many of the others
			most = 2
		case Family(family) >= FamilyRename: // one of these is worth several of the others
			most = 8
		}
		if source.Chance(random.Million / 2) {
			w.Weights[family] = 1 + source.IntN(most)
		}
	}
	if w.Weights[FamilyCrowd] > 0 {
		w.Crowd = 10 + source.IntN(1500)
		w.Weights[FamilyCrowd] += source.IntN(200)
	}
	// Without reads nothing is learnt, without writes there is nothing to learn.
	w.Weights[FamilyGet] += 10
	w.Weights[FamilySet] += 5
	return w
}

// Draw returns the operations of so many clients from the start of the run until the given time.
func (w *Workload) Draw(source *random.Stream, clients int, until time.Duration) []sim.Input {
	expected := clients * int(until/max(w.Pause, time.Millisecond))
	inputs := make([]sim.Input, 0, expected+expected/16)
	keys, families := newKeyNames(), w.families()
	for client := range clients {
		d := drawer{workload: w, families: families, source: source, keys: keys, text: strconv.AppendInt(nil, int64(client)+1, 10)}
		d.text = append(d.text, '.')
		d.named = len(d.text)
		host := clientName(client + 1)
		for at := source.Exponential(w.Pause); at < until; {
			d.at = at
			burst := 1
			if w.Burst > 1 {
				burst += source.IntN(w.Burst)
			}
			for range burst {
				inputs = append(inputs, sim.Input{At: at, Host: host, Args: d.operation()})
			}
			at += source.Exponential(w.Pause * time.Duration(burst))
		}
	}
	return inputs
}

// Slots returns the slots that operations may concern: those of strings and counters, and those in which several keys are, by tags.
func (w *Workload) Slots() (single, shared []slots.Slot) {
	keys := newKeyNames()
	for number := range w.Strings {
		single = append(single, slots.Of([]byte(keys.strings.name(number))))
	}
	for number := range w.Counters {
		single = append(single, slots.Of([]byte(keys.counters.name(number))), slots.Of([]byte(keys.bits.name(number))))
	}
	for number := range w.Tags {
		shared = append(shared, slots.Of([]byte(keys.tag(number).key("a"))))
	}
	if w.Crowd > 0 {
		shared = append(shared, slots.Of([]byte(keys.crowd.name(0))))
	}
	return single, shared
}

// drawer draws the operations of one client.
type drawer struct {
	workload *Workload
	families []Family // each as often as it weighs
	source   *random.Stream
	keys     *keyNames
	values   int    // so many unique values drawn
	text     []byte // scratch of value, of which the first named bytes stay: the client's number and a dot
	named    int
	words    []string // scratch of what is put together of several
	memory   []string // for arguments to come
	at       time.Duration
}

// args returns the arguments of an operation. Those of many lie in one piece of memory.
func (d *drawer) args(args ...string) []string {
	if cap(d.memory)-len(d.memory) < len(args) {
		d.memory = make([]string, 0, argumentsAtOnce)
	}
	start := len(d.memory)
	d.memory = append(d.memory, args...)
	return d.memory[start:len(d.memory):len(d.memory)]
}

// argumentsAtOnce is for how many arguments memory is taken at once: far more than any operation has.
const argumentsAtOnce = 512

func (d *drawer) operation() []string {
	switch choose(d.source, d.families) {
	case FamilySet:
		return d.args("SET", d.str(), d.value())
	case FamilySetOptions:
		d.words = append(append(d.words[:0], "SET", d.str(), d.value()), choose(d.source, setOptions)...)
		return d.args(d.words...)
	case FamilyDelete:
		return d.args(choose(d.source, []string{"DEL", "GETDEL"}), d.str())
	case FamilyAppend:
		if d.source.Chance(random.Million / 3) {
			return d.args("STRLEN", d.str())
		}
		return d.args("APPEND", d.str(), d.value())
	case FamilyCounter:
		return d.counterOperation()
	case FamilyMulti:
		return d.multiOperation()
	case FamilyExpiry:
		return d.expiryOperation()
	case FamilyInspect:
		return d.args(choose(d.source, []string{"EXISTS", "TYPE", "STRLEN"}), d.str())
	case FamilyRename:
		return d.renameOperation(d.tag())
	case FamilyBits:
		return d.bitOperation()
	case FamilyTransaction:
		return d.transaction(d.words[:0], d.tag())
	case FamilyWatch:
		return d.watchingTransaction(d.tag())
	case FamilyCrowd:
		return d.crowdOperation()
	case FamilyCrossSlot:
		return d.crossSlotOperation()
	case FamilyHalf:
		return d.args(halfCommand, strconv.Itoa(1+d.source.IntN(20_000)))
	case FamilyScan:
		return d.scan()
	}
	return d.args("GET", d.str())
}

var setOptions = [][]string{{"NX"}, {"XX"}, {"GET"}, {"KEEPTTL"}, {"XX", "GET"}, {"NX", "GET"}}

// families returns the families, each as often as it weighs.
func (w *Workload) families() []Family {
	var all []Family
	for family, weight := range w.Weights {
		for range weight {
			all = append(all, Family(family))
		}
	}
	return all
}

func (d *drawer) counterOperation() []string {
	key := d.keys.counters.name(d.source.IntN(d.workload.Counters))
	switch name := choose(d.source, []string{"INCR", "DECR", "INCRBY", "DECRBY", "GET"}); name {
	case "INCRBY", "DECRBY":
		return d.args(name, key, strconv.Itoa(d.source.IntN(100)-50))
	default:
		return d.args(name, key)
	}
}

// multiOperation draws a command on several keys of one slot.
func (d *drawer) multiOperation() []string {
	key := d.tag().key
	switch choose(d.source, []string{"MSET", "MGET", "MGET", "DEL", "EXISTS", "SET"}) {
	case "MSET":
		return d.args("MSET", key("a"), d.value(), key("b"), d.value())
	case "DEL":
		if d.source.Chance(random.Million / 2) {
			return d.args("DEL", key("a"), key("b"), key("c")) // the slot has nothing left, for whoever is about to look at it
		}
		return d.args("DEL", key("a"), key("b"))
	case "EXISTS":
		return d.args("EXISTS", key("a"), key("b"), key("c"))
	case "SET":
		return d.args("SET", key(choose(d.source, []string{"a", "b", "c"})), d.value())
	}
	return d.args("MGET", key("a"), key("b"), key("c"))
}

// crowdOperation draws a command on one of many keys of a slot.
func (d *drawer) crowdOperation() []string {
	key := d.keys.crowd.name(d.source.IntN(d.workload.Crowd))
	names := []string{"SET", "SET", "SET PX", "SET PX", "DEL", "GET"}
	if d.values/100%2 == 1 { // a time to write, a time to delete
		names = []string{"DEL", "DEL", "DEL", "DEL", "SET", "GET"}
	}
	switch choose(d.source, names) {
	case "SET PX":
		return d.args("SET", key, d.value(), "PX", strconv.FormatInt(d.crowdLife(), 10))
	case "DEL":
		return d.args("DEL", key)
	case "GET":
		return d.args("GET", key)
	}
	return d.args("SET", key, d.value())
}

// crowdLife draws how long a key of the crowd lives, in milliseconds: as long as it happens, or until all go at once, as what is
// cached until the full hour does.
func (d *drawer) crowdLife() int64 {
	const hour = 20 * time.Second
	if d.source.Chance(random.Million / 2) {
		return 1 + int64(d.source.IntN(int(hour/time.Millisecond)))
	}
	return int64((hour-d.at%hour)/time.Millisecond) + 1
}

// scan draws an iteration over the keys of a node.
func (d *drawer) scan() []string {
	near := []string{d.str(), d.tag().key("a"), "n0"}
	if d.workload.Crowd > 0 {
		near = append(near, "{crowd}", "{crowd}", "{crowd}")
	}
	count := 1 + d.workload.Crowd/50 + d.source.IntN(choose(d.source, []int{2, 20, 20 + d.workload.Crowd/8}))
	args := []string{scanInstruction, choose(d.source, near), "COUNT", strconv.Itoa(count)}
	switch d.source.IntN(4) {
	case 0:
		args = append(args, "MATCH", choose(d.source, []string{"s*", "{t*", "{crowd}*"}))
	case 1:
		args = append(args, "TYPE", "string")
	}
	return args
}

// crossSlotOperation draws a command on keys that are most likely in different slots, which a cluster refuses.
func (d *drawer) crossSlotOperation() []string {
	switch choose(d.source, []string{"MSET", "MGET", "DEL"}) {
	case "MSET":
		return d.args("MSET", d.str(), d.value(), d.str(), d.value())
	case "MGET":
		return d.args("MGET", d.str(), d.str())
	}
	return d.args("DEL", d.str(), d.str())
}

func (d *drawer) expiryOperation() []string {
	span := func() string { return strconv.Itoa(1 + d.source.IntN(3000)) }
	switch choose(d.source, []string{"SET", "PEXPIRE", "PERSIST", "PTTL", "TTL"}) {
	case "SET":
		return d.args("SET", d.str(), d.value(), "PX", span())
	case "PEXPIRE":
		return d.args("PEXPIRE", d.str(), span())
	case "PERSIST":
		return d.args("PERSIST", d.str())
	case "PTTL":
		return d.args("PTTL", d.str())
	}
	return d.args("TTL", d.str())
}

func (d *drawer) str() string { return d.keys.strings.name(d.source.IntN(d.workload.Strings)) }

// value returns a value that no other operation of the run writes, so that a read tells which write it saw.
func (d *drawer) value() string {
	d.values++
	d.text = strconv.AppendInt(d.text[:d.named], int64(d.values), 10)
	return string(append(d.text, ','))
}

func choose[T any](source *random.Stream, from []T) T { return from[source.IntN(len(from))] }
