package linearizability

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Separator stands between the commands of a transaction, in the arguments of the operation that is the transaction:
//
//	MULTI ; SET k 1 ; INCR n ; EXEC             the reply is that of EXEC
//	MULTI ; SET k 1 ; DISCARD                   the reply is that of DISCARD
//	WATCH k ; GET k ; MULTI ; SET k 2 ; EXEC    the reply is an array of two: that of GET, and that of EXEC
//
// So none of their arguments can be a separator.
const Separator = ";"

// Transaction is what such arguments say.
type Transaction struct {
	// Watch is the WATCH command, and Read the command that follows it: it reads watched keys and nothing else. Both are nil
	// for a transaction that watches nothing.
	Watch, Read []string
	// Commands are those between MULTI and its end.
	Commands [][]string
	// Discarded says that the end is DISCARD, not EXEC.
	Discarded bool
}

// IsTransaction reports whether an operation is a transaction.
func IsTransaction(args []string) bool {
	return len(args) > 1 && len(args[0]) == len("multi") && (is(args[:1], "multi") || is(args[:1], "watch"))
}

// is reports whether a command has this name and no arguments.
func is(args []string, name string) bool {
	return len(args) == 1 && len(args[0]) == len(name) && strings.EqualFold(args[0], name)
}

var errTransaction = errors.New(
	"linearizability: a transaction is [WATCH key ... ; command ;] MULTI ; command ; ... EXEC or DISCARD")

// SplitTransaction returns the commands of a transaction. What it returns shares args.
func SplitTransaction(args []string) (Transaction, error) {
	var t Transaction
	parts := splitCommands(args)
	if strings.EqualFold(args[0], "watch") {
		if len(parts) < 2 || len(parts[0]) < 2 || len(parts[1]) == 0 {
			return t, errTransaction
		}
		t.Watch, t.Read, parts = parts[0], parts[1], parts[2:]
	}
	last := len(parts) - 1
	if last < 2 || !is(parts[0], "multi") || slices.ContainsFunc(parts, func(p []string) bool { return len(p) == 0 }) {
		return t, errTransaction
	}
	t.Discarded = is(parts[last], "discard")
	if !t.Discarded && !is(parts[last], "exec") {
		return t, errTransaction
	}
	t.Commands = parts[1:last]
	return t, nil
}

func splitCommands(args []string) [][]string {
	count := 1
	for _, arg := range args {
		if arg == Separator {
			count++
		}
	}
	parts := make([][]string, 0, count)
	for {
		end := slices.Index(args, Separator)
		if end < 0 {
			return append(parts, args)
		}
		parts = append(parts, args[:end:end])
		args = args[end+1:]
	}
}

// errExecAbort is what EXEC answers if a command was refused when it was to be queued.
const errExecAbort = "EXECABORT Transaction discarded because of previous errors."

// transaction is the meaning of a transaction.
type transaction struct {
	// read is the command behind WATCH, nil if nothing is watched.
	read *part
	// queue are the commands that EXEC runs.
	queue []part
	// refused says that a command had the wrong number of arguments: EXEC does nothing.
	refused, discarded bool
}

// part is one command of a transaction, whose keys are at places[from:to] of the whole.
type part struct {
	command  command
	from, to int
}

// parseTransaction returns the meaning of a transaction as one command on all its keys.
func parseTransaction(args []string) (command, error) {
	split, err := SplitTransaction(args)
	if err != nil {
		return command{}, err
	}
	t := &transaction{discarded: split.Discarded, queue: make([]part, 0, len(split.Commands))}
	whole := command{run: t.run, changed: t.changed, keys: make([]string, 0, len(args))}
	add := func(args []string) (part, error) {
		c, err := parse(args)
		p := part{command: c, from: len(whole.keys), to: len(whole.keys) + len(c.keys)}
		whole.keys = append(whole.keys, c.keys...)
		return p, err
	}
	if split.Read != nil {
		p, err := add(split.Read)
		if err != nil {
			return command{}, err
		}
		unwatched := func(key string) bool { return !slices.Contains(split.Watch[1:], key) }
		if !p.command.reads || slices.ContainsFunc(p.command.keys, unwatched) {
			return command{}, fmt.Errorf("linearizability: %q is no read of keys that are watched by %q", split.Read, split.Watch)
		}
		t.read = &p
	}
	whole.reads = true
	for _, args := range split.Commands {
		p, err := add(args)
		if _, refused := err.(arityError); refused {
			t.refused = true
			continue
		}
		if err != nil {
			return command{}, err
		}
		t.queue = append(t.queue, p)
		whole.reads = whole.reads && p.command.reads
	}
	whole.reads = whole.reads || t.refused || t.discarded
	if len(whole.keys) == 0 {
		return command{}, fmt.Errorf("linearizability: no command of %q has keys", args)
	}
	return whole, nil
}

// run emits what a transaction makes of a world: time stands still in it.
func (t *transaction) run(x *step, w world) {
	if t.read == nil {
		t.end(x, w, x.seen, false)
		return
	}
	var seen, end *Reply
	if x.seen != nil {
		if x.seen.Kind != Array || len(x.seen.Items) != 2 {
			return
		}
		seen, end = &x.seen.Items[0], &x.seen.Items[1]
	}
	for _, w := range x.through([]world{w}, t.read, seen) {
		t.end(x, w, end, true)
	}
}

// end emits what EXEC or DISCARD makes of a world, in which what the client has read is true. If EXEC has run the commands,
// that was still so: no watched key had changed. If it has not, it was so at some time before.
func (t *transaction) end(x *step, w world, seen *Reply, watching bool) {
	idle := func(reply Reply) {
		if seen == nil || seen.same(&reply) {
			x.next = addWorld(x.next, w)
		}
	}
	switch {
	case t.discarded:
		idle(okReply)
		return
	case t.refused:
		idle(errorReply(errExecAbort))
		return
	case watching && x.call.operation.Outcome != Applied: // of what took effect it is known that EXEC ran it
		idle(Reply{Kind: Nil})
	}
	if seen == nil || seen.Kind == Array && len(seen.Items) == len(t.queue) {
		t.exec(x, w, seen)
	}
}

// exec emits what the commands, one after the other, make of a world.
func (t *transaction) exec(x *step, w world, seen *Reply) {
	worlds := []world{w}
	for i := range t.queue {
		var item *Reply
		if seen != nil {
			item = &seen.Items[i]
		}
		worlds = x.through(worlds, &t.queue[i], item)
	}
	for _, w := range worlds {
		x.next = addWorld(x.next, w)
	}
}

// through returns the worlds after one command of a transaction; none if its reply has no explanation in the worlds before it.
func (x *step) through(worlds []world, p *part, seen *Reply) []world {
	inner := struct {
		step
		call
	}{
		step{clock: x.clock, seen: seen, memory: x.memory},
		call{operation: x.call.operation, command: &p.command, places: x.call.places[p.from:p.to]},
	}
	inner.step.call = &inner.call
	for _, w := range worlds {
		p.command.run(&inner.step, w)
	}
	return inner.next
}

// changed reports whether the reply proves that one of the commands changed something.
func (t *transaction) changed(r Reply) bool {
	if t.read != nil {
		if r.Kind != Array || len(r.Items) != 2 {
			return false
		}
		r = r.Items[1]
	}
	if r.Kind != Array || len(r.Items) != len(t.queue) {
		return false
	}
	for i, item := range r.Items {
		if c := &t.queue[i].command; !c.reads && item.Kind != Error && c.changed(item) {
			return true
		}
	}
	return false
}
